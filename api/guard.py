"""What stands before the routes: size, media type, well-formed JSON, timing.

Plain ASGI, because the body is read once here and handed on as it was.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

LIMIT_BYTES = 1_000_000
DEEPEST = 64
"""Levels of nesting in a body; deeper ones are an attack on somebody's parser."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _RefusedError(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


class Guard:
    """Leaves `request_sha256` in the request's state: equal for equal requests,
    whatever the white space and the order of keys.
    """

    def __init__(
        self, app: ASGIApp, observe: Callable[[str, int, float], None]
    ) -> None:
        self._app, self._observe = app, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._guarded(scope, receive, counting)
        finally:
            route = scope.get("route")
            operation = getattr(route, "name", None) or "none"
            self._observe(operation, status, time.perf_counter() - began)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(scope, receive)
            _check_media_type(scope, body)
            digest = _digest(scope, body)
        except _RefusedError as refused:
            await refused.response(scope, receive, send)
            return
        scope.setdefault("state", {})["request_sha256"] = digest
        await self._app(scope, _again(body, receive), send)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever else comes (a disconnect)."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _body(scope: Scope, receive: Receive) -> bytes:
    declared = _header(scope, b"content-length")
    if declared.isdigit() and int(declared) > LIMIT_BYTES:
        raise _RefusedError(_too_large())
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size > LIMIT_BYTES:
            raise _RefusedError(_too_large())
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large() -> Response:
    detail = f"a request body may have {LIMIT_BYTES:,} bytes"
    return problem(413, "body_too_large", detail, headers={"Connection": "close"})


def _check_media_type(scope: Scope, body: bytes) -> None:
    given = _header(scope, b"content-type").decode("latin-1").partition(";")[0].strip()
    if body and not (given == "application/json" or given.endswith("+json")):
        detail = "send the body as application/json"
        raise _RefusedError(problem(415, "unsupported_media_type", detail))


def _digest(scope: Scope, body: bytes) -> str:
    try:
        parsed = json.loads(body, parse_constant=_no_constant) if body else None
        if _depth(parsed) > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST} levels")  # noqa: TRY301
        canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        why = str(error) or "nested too deeply"
        detail = f"the body is not well-formed JSON: {why}"
        raise _RefusedError(problem(400, "malformed_json", detail)) from error
    request = f"{scope['method']} {scope['path']}\n{canonical}"
    return hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    """Level by level, so that the question itself cannot overflow the stack."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
    return depth


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
