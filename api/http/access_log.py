"""One line in the log for each request: what was asked by which key, and how it went.

The route's template stands for the path, so that neither ids of people nor values of
queries get into the log; the key is named by its id.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("pledge.access")
PROBES = frozenset({"/healthz", "/healthz/parts", "/readyz", "/metrics"})
"""Asked every few seconds by machines: told only to who wants it all."""
FAULT = 500


class AccessLog:
    """The outermost layer, so that refusals are seen too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), FAULT, ""

        async def seen(message: Message) -> None:
            nonlocal status, request_id
            if message["type"] == "http.response.start":
                status = message["status"]
                request_id = _header(message, b"x-request-id")
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            _tell(scope, status, time.perf_counter() - began, request_id)


def _tell(scope: Scope, status: int, seconds: float, request_id: str) -> None:
    level = logging.WARNING if status >= FAULT else logging.INFO
    if scope["path"] in PROBES:
        level = logging.DEBUG
    if not LOG.isEnabledFor(level):
        return
    route = getattr(scope.get("route"), "path", "none")
    key = scope.get("state", {}).get("key")
    told = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "key": getattr(key, "id", None),
        "role": getattr(key, "role", None),
        "request_id": request_id,
    }
    known = {name: value for name, value in told.items() if value not in (None, "")}
    LOG.log(level, "request", extra={"fields": known})


def _header(message: Message, name: bytes) -> str:
    found = (value for key, value in message["headers"] if key.lower() == name)
    return str(next(found, b"").decode("latin-1"))
