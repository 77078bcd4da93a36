"""HEAD as GET without a body, and 304 for who has the answer already (RFC 9110)."""

import hashlib
import re
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_OF_THE_BODY = ("Content-Length", "Content-Type", "Content-Encoding")


class Head:
    """Asks for what GET would answer, and keeps the body back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, headless)


class NotModified:
    """By the ETag that the answer has; a list has none, so its bytes give it one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, Headers(scope=scope).getlist("If-None-Match"))
        await self._app(scope, receive, answer.send)


class _Answer:
    """Held back until its only piece of body is here; what comes in several pieces is
    handed on as it comes.
    """

    def __init__(self, send: Send, known: list[str]) -> None:
        self._send, self._known = send, known
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == HTTPStatus.OK:
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body", False):
                start, message = self._compared(start, message)
            await self._send(start)
        await self._send(message)

    def _compared(self, start: Message, body: Message) -> tuple[Message, Message]:
        headers = MutableHeaders(raw=start["headers"])
        tag = headers.get("ETag")
        if tag is None and headers.get("Content-Type") == "application/json":
            digest = hashlib.blake2b(body.get("body", b""), digest_size=16)
            tag = headers["ETag"] = f'W/"{digest.hexdigest()}"'
        if tag is None or not _among(tag, self._known):
            return start, body
        for name in _OF_THE_BODY:
            del headers[name]
        return {**start, "status": 304}, {**body, "body": b""}


def _among(tag: str, known: list[str]) -> bool:
    """The weak comparison: it is the same content that counts."""
    if not known:
        return False
    text = ",".join(known)
    return text.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(text)
