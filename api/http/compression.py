"""Answers packed for who can unpack them."""

import re

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

SMALLEST_BYTES = 1_000
"""Smaller answers gain nothing; those that hold a secret are all smaller."""
LEVEL = 4
_REFUSED = re.compile(
    rb"(?:^|,)\s*gzip\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$)", re.IGNORECASE
)


class Gzip(GZipMiddleware):
    """Starlette's own overlooks `gzip;q=0`, by which a client says no."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=SMALLEST_BYTES, compresslevel=LEVEL)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = [value for key, value in scope["headers"] if key == b"accept-encoding"]
        if not wanted and scope["method"] != "GET":
            # No cache keeps such an answer, so nothing has to be said about it either.
            await self.app(scope, receive, send)
            return
        if any(_REFUSED.search(value) for value in wanted):
            without = [h for h in scope["headers"] if h[0] != b"accept-encoding"]
            scope = {**scope, "headers": without}
        await super().__call__(scope, receive, send)
