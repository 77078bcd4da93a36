"""Authentication, permission and rate limit, decided by the request headers alone.

A request without a valid key costs only a look at the key: nothing of a body is read
before the key is known, has the permission, and is within its rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.ports import StoreUnavailableError
from api.http.auth import ANYBODY, refusal, unauthenticated
from api.http.credentials import UnbelievedError, bearer, holder_of
from api.http.limits import Limits
from api.http.problems import problem, unavailable
from api.http.rate_limits import RateLimiter, Standing, network_of
from api.http.reader import begin_reading
from api.http.request_id import current_request_id
from api.http.route_table import RouteTable
from api.ports import Services
from domain.access import PERMISSIONS, Holder
from domain.audit.denials import Denial
from domain.audit.facts import DenialReason

UNLIMITED = frozenset({"/healthz", "/healthz/parts", "/readyz", "/metrics"})
"""What watches the process must see it also when others ask too much."""


_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ASKED = "pledge.asked"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What a presented key was presented for; `key`: None, if it is nobody's."""

    key: Holder | None
    route: str
    permission: str | None


class Gate:
    """Leaves the caller's key in the request's state."""

    def __init__(
        self, app: ASGIApp, routes: Sequence[BaseRoute], limits: Limits
    ) -> None:
        self._app, self._table = app, RouteTable(routes)
        self._keys = RateLimiter("key", limits.per_key)
        self._addresses = RateLimiter("address", limits.per_address)
        self._wrong = RateLimiter("wrong-keys", limits.wrong_keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            refused, standing = await self._judged(scope)
        except StoreUnavailableError as error:
            refused, standing = unavailable(error), None
        if standing is not None:
            send = _telling(send, scope, standing.headers())
        await (refused or self._app)(scope, receive, send)

    async def _judged(self, scope: Scope) -> tuple[Response | None, Standing | None]:
        path, method = scope["path"], scope["method"]
        if path in UNLIMITED and method == "GET":
            return None, None
        routes = self._table.at(path)
        wanted = next((r for r in routes if method in (r.methods or ())), None)
        if wanted is None:
            standing = self._addresses.take(_address(scope))
            return _over(standing) or _without_route(routes, path, method), standing
        permission = (wanted.openapi_extra or {}).get("x-permission")
        refused: Response | None = None
        try:
            key = known = await holder_of(scope)
        except UnbelievedError as unbelieved:
            key, known, refused = None, unbelieved.holder, unbelieved.response
        if known or bearer(scope):
            scope[_ASKED] = _Asked(key=known, route=wanted.path, permission=permission)
        if key is None:
            return self._stranger(scope, permission, refused or unauthenticated())
        standing = self._keys.take(key.id)
        return _over(standing) or await _admitted(scope, key, permission), standing

    def _stranger(
        self, scope: Scope, permission: str | None, refusal: Response
    ) -> tuple[Response | None, Standing]:
        address, presented = _address(scope), bearer(scope)
        standing = self._addresses.take(address)
        if permission == "public":
            return _over(standing), standing
        if presented and standing.allowed:
            guessed = self._wrong.take(address, different=presented)
            standing = standing if guessed.allowed else guessed
        return _over(standing) or refusal, standing


def _telling(send: Send, scope: Scope, headers: Mapping[str, str]) -> Send:
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"].extend(told)
            if message["status"] in _DENIED and _ASKED in scope:
                _note(scope, scope[_ASKED], message["status"])
        await send(message)

    return tell


def _note(scope: Scope, asked: _Asked, status: int) -> None:
    """For the log: by the route's template, so that no id of a person gets there."""
    key: Holder | None = asked.key
    reason: DenialReason = "forbidden"
    if status == HTTPStatus.UNAUTHORIZED:
        reason = "refused_key" if key else "unknown_key"
    denial = Denial(
        key_id=key.id if key else None,
        actor=key.own if key else None,
        method=scope["method"],
        route=asked.route,
        permission=asked.permission or "",
        reason=reason,
        request_id=current_request_id(),
    )
    scope["app"].state.services.denials.denied(denial)


def _over(standing: Standing) -> Response | None:
    if standing.allowed:
        return None
    rate, whose = standing.rate, standing.policy.replace("-", " ")
    detail = (
        f"more than {rate.quota:,} requests in {rate.window_s} s ({whose}):"
        f" go on in {standing.reset_s} s"
    )
    return problem(429, "rate_limited", detail)


async def _admitted(
    scope: Scope, key: Holder, permission: str | None
) -> Response | None:
    """None if it may come in."""
    known: Services = scope["app"].state.services
    for wanted in (*PERMISSIONS, ANYBODY):
        if wanted == permission and (no := await refusal(known, key, wanted)):
            return no
    known.key_uses.used(key.id)
    scope.setdefault("state", {})["key"] = key
    begin_reading(key)
    return None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return network_of(client[0]) if client else ""


def _without_route(
    routes: Sequence[APIRoute], path: str, method: str
) -> Response | None:
    """None where it is not one of ours: the documents answer for themselves."""
    if not routes:
        return None
    methods = {m for route in routes for m in route.methods or ()}
    others = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    allow = {"Allow": ", ".join(sorted(methods | others))}
    if method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=allow)
    allowed = ", ".join(sorted(methods))
    detail = f"{method} is not allowed for {path}; allowed: {allowed}"
    return problem(405, "method_not_allowed", detail, headers=allow)
