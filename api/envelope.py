"""What every answer has around it: its request id, and what browsers must not do.

The outermost layer, so that also refusals and failures have it.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.request_id import HEADER, begin_request

NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"


class Envelope:
    """`hsts_s`: how long browsers shall insist on TLS; told over TLS only."""

    def __init__(self, app: ASGIApp, hsts_s: int = 0) -> None:
        self._app, self._hsts_s = app, hsts_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = begin_request(scope, scope["app"].state.services.new_id)
        asked = not any(key == b"expect" for key, _ in scope["headers"])

        async def asking() -> Message:
            nonlocal asked
            asked = True
            return await receive()

        async def enveloped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                self._add(scope, headers, request_id)
                if not asked:
                    # It waits for 100 Continue: whether its body still comes, nobody
                    # knows, so the next request could not be told from it.
                    headers["Connection"] = "close"
            await send(message)

        await self._app(scope, receive if asked else asking, enveloped)

    def _add(self, scope: Scope, headers: MutableHeaders, request_id: str) -> None:
        headers[HEADER] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Content-Security-Policy", NOTHING_RUNS)
        # Names, texts, secrets: none of it belongs into anybody's cache.
        headers.setdefault("Cache-Control", "no-store")
        if self._hsts_s and scope["scheme"] == "https":
            headers["Strict-Transport-Security"] = f"max-age={self._hsts_s}"
