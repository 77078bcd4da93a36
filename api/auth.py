"""Who is calling, whether they may, and under which idempotency key."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from activities.ports import Caller
from api.model_fields import aliases
from api.ports import BehindError, Services
from api.problems import responses
from api.validation import no_such
from domain.access import ApiKey, Permission
from domain.assignment import absent
from domain.errors import CommandRunningError, InvalidError, UnknownFieldError

BEARER = HTTPBearer(auto_error=False, description="An API key of Pledge")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def services(request: Request) -> Services:
    """Async, because FastAPI sends a plain function through a thread."""
    return _services(request)


Known = Annotated[Services, Depends(services)]


def permit(permission: Permission) -> Callable[..., Awaitable[None]]:
    # Services are not asked for as a dependency here: each costs every request.
    async def check(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> None:
        known = _services(request)
        key = await _key(known, given)
        if key is None:
            raise _unauthenticated("a valid API key is needed")
        if key.expired(known.now()):
            raise _unauthenticated(f"the key {key.name!r} expired at {key.expires_at}")
        if not key.may(permission):
            raise HTTPException(403, f"the role {key.role} lacks {permission}")
        await _refuse_who_left(known, key)
        known.key_uses.used(key.id)
        request.state.key = key
        if (refused := getattr(request.state, "refused", None)) is not None:
            raise refused
        _refuse_unknown_query(request)

    return check


def _unauthenticated(detail: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def _refuse_who_left(known: Services, key: ApiKey) -> None:
    """The key of an agent who is retired or not active opens nothing any more."""
    if key.agent is None:
        return
    if fault := absent((await known.registry.config()).directory, key.agent):
        raise HTTPException(403, f"the key {key.name!r} is of {key.agent!r}: {fault}")


def _refuse_unknown_query(request: Request) -> None:
    """`?as_off=` must not be answered as if nothing had been asked."""
    if not request.query_params:
        return
    known = list(_query_names(request.scope["route"].dependant))
    unknown = request.query_params.keys() - known
    if unknown:
        raise InvalidError(
            UnknownFieldError(f"?{name}", no_such("parameter", name, known))
            for name in sorted(unknown)
        )


def _query_names(dependant: Dependant) -> Iterator[str]:
    """Also those that a route shares with others by depending on the same thing."""
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):  # the whole query
            yield from aliases(kind)
        else:
            yield parameter.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


async def _key(
    known: Services, given: HTTPAuthorizationCredentials | None
) -> ApiKey | None:
    if given is None:
        return None
    sha256 = hashlib.sha256(given.credentials.encode("utf-8", "replace")).hexdigest()
    return (await known.registry.keys()).find(sha256)


def guarded(permission: Permission, *statuses: int) -> dict[str, Any]:
    """What every route declares: its permission, and the problems it may answer.
    Who may answer 409 takes commands, and so the headers of commands.
    """
    headers = {"parameters": HEADERS} if HTTPStatus.CONFLICT in statuses else {}
    return {
        "dependencies": [Depends(permit(permission))],
        "openapi_extra": {"x-permission": permission, **headers},
        "responses": responses(401, 403, 503, *statuses),
    }


async def seen(
    known: Known,
    wait_for: Annotated[
        int | None,
        Query(
            ge=0,
            le=2**62,
            description="A `Pledge-Position`: the answer shows at least what it wrote",
        ),
    ] = None,
) -> None:
    """Tickets are read from the log itself; the rest is followed from it by each
    process, a moment behind the others.
    """
    if wait_for is None:
        return
    if wait_for > await known.feed.head():
        raise BehindError(wait_for)
    await known.registry.refresh()


def reads(permission: Permission, *statuses: int) -> dict[str, Any]:
    """A route that reads, but for those whose lists catch up by themselves."""
    declared = guarded(permission, *statuses)
    return declared | {"dependencies": [*declared["dependencies"], Depends(seen)]}


def public() -> dict[str, Any]:
    return {"openapi_extra": {"x-permission": "public"}}


async def caller(request: Request) -> Caller:
    """Headers are read here and not declared to FastAPI one by one, because every
    declared parameter costs each write; `HEADERS` tells OpenAPI of them.
    """
    known, key = _services(request), request.state.key
    idempotency_key = _token(request, "Idempotency-Key")
    request_id = _token(request, "X-Request-Id")
    if_match = request.headers.get("If-Match")
    version = _version(if_match)
    attempt = known.new_id()
    command_id = f"{key.id}:{idempotency_key}" if idempotency_key else attempt
    if command_id in known.running:
        raise CommandRunningError
    known.running.add(command_id)
    request.state.command_id = command_id  # the guard takes it off again
    return Caller(
        command_id=command_id,
        request_sha256=getattr(request.state, "request_sha256", ""),
        attempt=attempt,
        actor=key.own,
        key_id=key.id,
        correlation_id=request_id or attempt,
        channel="api",
        if_match=version,
        if_exists=if_match is not None,
    )


def _token(request: Request, name: str) -> str | None:
    value = request.headers.get(name)
    if value is not None and not _TOKEN.fullmatch(value):
        raise InvalidError.at(name, "must be 1 to 200 printable ASCII characters")
    return value


HEADERS = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }
    for name, description in (
        ("Idempotency-Key", "The same key and body get the same answer, applied once"),
        ("If-Match", 'The ETag that must be current, as `"7"`'),
        ("X-Request-Id", "Your correlation id, kept in the log"),
    )
]
Calling = Annotated[Caller, Depends(caller)]


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidError.at("If-Match", 'must be one ETag like "7", or *')
    return int(found[1])
