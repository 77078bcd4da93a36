"""What stands before the routes: size, media type, well-formed JSON, timing.

Plain ASGI, because the body is read once here and handed on as it was. What is wrong
with a body is answered only after the route knows that the caller may send one:
`permit` raises the refusal that is left in the request's state.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.json_text import UnreadableTextError, read_json
from api.problems import RefusedError, problem
from api.words import DEEPEST
from api.yaml_text import is_yaml

LIMIT_BYTES = 1_000_000
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TAKE_YAML = frozenset({"/v1/config/plan", "/v1/config/apply"})
_JSON = re.compile(r"application/([\w.!#$&^-]+\+)?json", re.ASCII | re.IGNORECASE)


class Guard:
    """Leaves in the request's state `request_sha256`, equal for equal requests,
    whatever the white space and the order of keys; or `refused`.
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
            _release(scope)
            route = scope.get("route")
            self._observe(_operation(route), status, time.perf_counter() - began)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        state, body = scope.setdefault("state", {}), b""
        try:
            body = await _body(scope, receive)
            _check_media_type(scope, body)
            state["request_sha256"] = _digest(scope, body)
        except RefusedError as refused:
            state["refused"], body = refused, b""
        await self._app(scope, _again(body, receive), send)


def _release(scope: Scope) -> None:
    """The command of this request, if it came to one, runs no longer."""
    command_id = scope.get("state", {}).get("command_id")
    if command_id is not None:
        scope["app"].state.services.running.discard(command_id)


def _operation(route: object) -> str:
    """As OpenAPI names it; `none` where no route took the request."""
    found = getattr(route, "operation_id", None) or getattr(route, "name", None)
    return str(found or "none")


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
        raise _too_large()
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size > LIMIT_BYTES:
            raise _too_large()
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large() -> RefusedError:
    detail = f"a request body may have {LIMIT_BYTES:,} bytes"
    closing = {"Connection": "close"}
    return RefusedError(problem(413, "body_too_large", detail, headers=closing))


def _media_type(scope: Scope) -> str:
    given = _header(scope, b"content-type").decode("latin-1")
    return given.partition(";")[0].strip()


def _check_media_type(scope: Scope, body: bytes) -> None:
    if body and not (_JSON.fullmatch(_media_type(scope)) or _takes_yaml(scope)):
        detail = "send the body as application/json"
        raise RefusedError(problem(415, "unsupported_media_type", detail))


def _takes_yaml(scope: Scope) -> bool:
    return scope["path"] in TAKE_YAML and is_yaml(_media_type(scope))


def _digest(scope: Scope, body: bytes) -> str:
    if _takes_yaml(scope):  # read by its route, when the caller is known
        told = f"{scope['method']} {scope['path']}\n".encode() + body
        return hashlib.sha256(told).hexdigest()
    try:
        parsed = read_json(body) if body else None
        if _depth(parsed) > DEEPEST:
            message = f"nested deeper than {DEEPEST} levels"
            raise UnreadableTextError(message)  # noqa: TRY301
        canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":"))
    except UnreadableTextError as error:
        detail = f"the body is not well-formed JSON: {error}"
        refusal = problem(400, "malformed_json", detail, error.errors)
        raise RefusedError(refusal) from error
    request = f"{scope['method']} {scope['path']}\n{canonical}"
    return hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()


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
