"""Who is calling, whether they may, and under which idempotency key."""

import re
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import override

from activities.ports import Caller
from api.http.if_match import versions
from api.http.model_fields import aliases
from api.http.problems import problem, responses
from api.http.request_id import current_request_id
from api.ports import Services
from domain.access import Holder, Permission
from domain.errors import (
    CommandRunningError,
    InvalidError,
    PreconditionError,
    UnknownFieldError,
)
from domain.people.directory import absent

ANYBODY: Literal["any"] = "any"
"""The permission of what every valid key opens."""
_NEEDED = "a valid API key is needed"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def services(request: Request) -> Services:
    """Async, because FastAPI sends a plain function through a thread."""
    return _services(request)


ServicesDep = Annotated[Services, Depends(services)]


Needed: TypeAlias = Permission | Literal["any"]


class KeyScheme(HTTPBearer):
    """Declares the key in OpenAPI; the gate has checked it before the body is read."""

    @override
    async def __call__(self, request: Request) -> Holder:  # type: ignore[override]
        key: Holder | None = getattr(request.state, "key", None)
        if key is None:
            raise HTTPException(401, _NEEDED, _CHALLENGE)
        return key


BEARER = KeyScheme(
    auto_error=False,
    scheme_name="HTTPBearer",
    description="An API key of Pledge, or a token of the identity provider (a JWT)",
)


def permit(permission: Needed) -> Callable[..., Awaitable[None]]:
    # Services are not asked for as a dependency here: each costs every request.
    async def check(request: Request, key: Annotated[Holder, Security(BEARER)]) -> None:
        if permission != ANYBODY and not key.may(permission):
            raise HTTPException(403, key.lacks(permission))
        _refuse_unknown_query(request)

    return check


def unauthenticated(detail: str = _NEEDED, error: str = "") -> Response:
    """`error`: what is wrong with a token, by RFC 6750."""
    challenge = {"WWW-Authenticate": f'Bearer error="{error}"'} if error else _CHALLENGE
    return problem(401, "unauthenticated", detail, headers=challenge)


async def refusal(known: Services, key: Holder, permission: Needed) -> Response | None:
    """Why this key does not open that."""
    if key.expired(known.now()):
        return unauthenticated(f"{key.called} expired at {key.expires_at}")
    if permission != ANYBODY and not key.may(permission):
        return problem(403, "forbidden", key.lacks(permission))
    return await _who_left(known, key)


async def _who_left(known: Services, key: Holder) -> Response | None:
    """The key of an agent who is retired or not active opens nothing any more."""
    if key.agent is None:
        return None
    if fault := absent((await known.registry.config()).directory, key.agent):
        detail = f"{key.called} acts as {key.agent!r}: {fault}"
        return problem(403, "forbidden", detail)
    return None


def _refuse_unknown_query(request: Request) -> None:
    """`?as_off=` must not be answered as if nothing had been asked."""
    if not request.query_params:
        return
    known = list(_query_names(request.scope["route"].dependant))
    unknown = request.query_params.keys() - known
    if unknown:
        raise InvalidError(
            UnknownFieldError.of(f"?{name}", name, known, "parameter")
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


def guarded(permission: Needed, *statuses: int) -> dict[str, Any]:
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
    known: ServicesDep,
    wait_for: Annotated[
        int | None,
        Query(
            ge=0,
            le=2**62,
            description="A `Pledge-Position`: the answer is at least as new",
        ),
    ] = None,
) -> None:
    """Tickets are read from the log itself; the rest is followed from it by each
    process, a moment behind the others.
    """
    if wait_for is None:
        return
    await check_position(known, "?wait_for", wait_for)
    await known.registry.refresh()


async def check_position(known: Services, pointer: str, position: int) -> None:
    """A position is returned after its commit, so every process sees it in the shared
    log. A position beyond the end is an error, and waiting would not help.
    """
    head = await known.feed.head()
    if position > head:
        beyond = f"there is no position {position} yet: the log ends at {head}"
        raise InvalidError.at(pointer, beyond)


async def listed(known: Services, position: int | None, *, texts: bool = False) -> None:
    """Until the lists of tickets show at least what was written there."""
    if position is not None:
        await check_position(known, "?wait_for", position)
        await known.tickets.wait_for(position, texts=texts)


def reads(permission: Needed, *statuses: int) -> dict[str, Any]:
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
    if_match = request.headers.getlist("If-Match")
    wanted = versions(if_match) if if_match else None
    if wanted is not None and not _has_versions(request):
        raise PreconditionError(None)
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
        holder=key,
        correlation_id=current_request_id() or attempt,
        channel="api",
        if_match=wanted,
        if_exists=bool(if_match),
    )


def _has_versions(request: Request) -> bool:
    """Who may answer 412 compares; the others have nothing to compare with."""
    return HTTPStatus.PRECONDITION_FAILED in request.scope["route"].responses


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
        ("If-Match", 'ETags, one of which must be current, as in `"7"`; or `*`'),
        ("X-Request-Id", "Your id for this request; also in the answer and the log"),
    )
]
CallerDep = Annotated[Caller, Depends(caller)]
