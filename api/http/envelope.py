"""What every answer has around it: its request id, and what browsers must not do.

The outermost layer, so that also refusals and failures have it.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.request_id import begin_request

Headers = list[tuple[bytes, bytes]]
NOTHING_RUNS = b"default-src 'none'; frame-ancestors 'none'"
ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", NOTHING_RUNS),
    # Names, texts, secrets: none of it belongs into anybody's cache.
    (b"cache-control", b"no-store"),
]


class Envelope:
    """`hsts_s`: how long browsers must use TLS; sent over TLS only."""

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
                told = self._told(scope, request_id)
                if not asked:
                    # It waits for 100 Continue: whether its body still comes, nobody
                    # knows, so the next request could not be told from it.
                    told.append((b"connection", b"close"))
                _add(message["headers"], told)
            await send(message)

        await self._app(scope, receive if asked else asking, enveloped)

    def _told(self, scope: Scope, request_id: str) -> Headers:
        told = [*ALWAYS, (b"x-request-id", request_id.encode())]
        if self._hsts_s and scope["scheme"] == "https":
            lasting = f"max-age={self._hsts_s}"
            told.append((b"strict-transport-security", lasting.encode()))
        return told


def _add(headers: Headers, told: Headers) -> None:
    """Those that the answer does not say otherwise itself."""
    given = {name for name, _ in headers}
    headers += [one for one in told if one[0] not in given]
