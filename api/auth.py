"""Who is calling, whether they may, and under which idempotency key."""

import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from activities.ports import Caller
from api.ports import Services
from api.problems import responses
from domain.access import ApiKey, Permission
from domain.errors import CommandRunningError, FieldError, InvalidError
from domain.event import Actor

BEARER = HTTPBearer(auto_error=False, description="An API key of Pledge")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')


async def services(request: Request) -> Services:
    """Async, because FastAPI sends a plain function through a thread."""
    found: Services = request.app.state.services
    return found


Known = Annotated[Services, Depends(services)]


def permit(permission: Permission) -> Callable[..., Awaitable[None]]:
    async def check(
        request: Request,
        known: Known,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> None:
        key = await _key(known, given)
        if key is None:
            raise HTTPException(
                401, "a valid API key is needed", {"WWW-Authenticate": "Bearer"}
            )
        if not key.may(permission):
            raise HTTPException(403, f"the role {key.role} lacks {permission}")
        request.state.key = key
        if (refused := getattr(request.state, "refused", None)) is not None:
            raise refused
        _refuse_unknown_query(request)

    return check


def _refuse_unknown_query(request: Request) -> None:
    """`?as_off=` must not be answered as if nothing had been asked."""
    known = {p.alias for p in request.scope["route"].dependant.query_params}
    unknown = request.query_params.keys() - known
    if unknown and known != {"query"}:  # a model of the whole query refuses by itself
        raise InvalidError(
            FieldError(f"?{name}", "there is no such parameter")
            for name in sorted(unknown)
        )


async def _key(
    known: Services, given: HTTPAuthorizationCredentials | None
) -> ApiKey | None:
    if given is None:
        return None
    sha256 = hashlib.sha256(given.credentials.encode("utf-8", "replace")).hexdigest()
    return (await known.registry.keys()).find(sha256)


def guarded(permission: Permission, *statuses: int) -> dict[str, Any]:
    """What every route declares: its permission, and the problems it may answer."""
    return {
        "dependencies": [Depends(permit(permission))],
        "openapi_extra": {"x-permission": permission},
        "responses": responses(401, 403, 503, *statuses),
    }


def public() -> dict[str, Any]:
    return {"openapi_extra": {"x-permission": "public"}}


async def caller(
    request: Request,
    known: Known,
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key and body get the same answer, applied once"),
    ] = None,
    if_match: Annotated[
        str | None, Header(description='The ETag that must be current, as `"7"`')
    ] = None,
    x_request_id: Annotated[
        str | None, Header(description="Your correlation id, kept in the log")
    ] = None,
) -> AsyncIterator[Caller]:
    key: ApiKey = request.state.key
    for name, value in (
        ("Idempotency-Key", idempotency_key),
        ("X-Request-Id", x_request_id),
    ):
        if value is not None and not _TOKEN.fullmatch(value):
            raise InvalidError.at(name, "must be 1 to 200 printable ASCII characters")
    attempt = known.new_id()
    command_id = f"{key.id}:{idempotency_key}" if idempotency_key else attempt
    if command_id in known.running:
        raise CommandRunningError
    known.running.add(command_id)
    try:
        yield Caller(
            command_id=command_id,
            request_sha256=getattr(request.state, "request_sha256", ""),
            attempt=attempt,
            actor=Actor(id=key.name, kind="user"),
            correlation_id=x_request_id or attempt,
            channel="api",
            if_match=_version(if_match),
            if_exists=if_match is not None,
        )
    finally:
        known.running.discard(command_id)


Calling = Annotated[Caller, Depends(caller)]


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidError.at("If-Match", 'must be one ETag like "7", or *')
    return int(found[1])
