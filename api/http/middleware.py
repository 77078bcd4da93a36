"""Middleware before the routes: size, media type, well-formed JSON, timing.

Plain ASGI, because the body is read once here and passed on unchanged. Errors in a body
are reported only to clients that may send one: the gate runs before this.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.bodies import Bodies, header
from api.http.fields import DEEPEST
from api.http.json_text import UnreadableTextError, read_json
from api.http.limits import Limits
from api.http.problems import RefusedError, problem
from api.http.yaml_text import is_yaml

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TAKE_YAML = frozenset({"/v1/config/plan", "/v1/config/apply"})
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)
_JSON = re.compile(r"application/([\w.!#$&^-]+\+)?json", re.ASCII | re.IGNORECASE)


class Guard:
    """Leaves in the request's state `request_sha256`, equal for equal requests,
    whatever the white space and the order of keys.
    """

    def __init__(
        self, app: ASGIApp, observe: Callable[[str, int, float], None], limits: Limits
    ) -> None:
        self._app, self._observe, self._bodies = app, observe, Bodies(limits)

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
        with self._bodies.holding() as held:
            try:
                body = await self._bodies.read(scope, receive, held)
                if body is None:
                    return  # who sent it is gone
                _check_media_type(scope, body)
                scope.setdefault("state", {})["request_sha256"] = _digest(scope, body)
            except RefusedError as refused:
                await refused.response(scope, receive, send)
                return
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


def _media_type(scope: Scope) -> str:
    given = header(scope, b"content-type").decode("latin-1")
    return given.partition(";")[0].strip()


def _charset(scope: Scope) -> str:
    given = header(scope, b"content-type").decode("latin-1")
    found = _CHARSET.search(given)
    return found[1].lower().replace("utf8", "utf-8") if found else ""


def _check_media_type(scope: Scope, body: bytes) -> None:
    if not body:
        return
    charset = _charset(scope)
    if charset not in ("", "utf-8", "us-ascii"):
        detail = f"send the body in UTF-8, not in charset {charset[:40]!r}"
        raise RefusedError(problem(415, "unsupported_media_type", detail))
    if not (_JSON.fullmatch(_media_type(scope)) or _takes_yaml(scope)):
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
