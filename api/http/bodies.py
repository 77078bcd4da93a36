"""Bodies read within limits: of size, of time, and of the total of all requests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import Receive, Scope

from api.http.limits import Limits
from api.http.problems import RefusedError, problem


@dataclass
class Held:
    size: int = 0


@dataclass
class Bodies:
    """What all requests together hold, from their first byte to the answer."""

    limits: Limits
    _held: int = field(default=0, init=False)

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """What is read into it counts until its request is over."""
        held = Held()
        try:
            yield held
        finally:
            self._held -= held.size

    async def read(self, scope: Scope, receive: Receive, held: Held) -> bytes | None:
        """None if the client disconnected. Raises RefusedError."""
        _check_head(scope, self.limits.body_bytes)
        parts, more = [], True
        try:
            async with asyncio.timeout(self.limits.body_s):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    part = message.get("body", b"")
                    self._grow(held, len(part))
                    parts.append(part)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise _too_slow(self.limits.body_s) from None
        return b"".join(parts)

    def _grow(self, held: Held, size: int) -> None:
        held.size += size
        self._held += size
        if held.size > self.limits.body_bytes:
            raise _too_large(self.limits.body_bytes)
        if self._held > self.limits.bodies_bytes:
            raise _too_many()


def _check_head(scope: Scope, most: int) -> None:
    declared = header(scope, b"content-length")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    packed = header(scope, b"content-encoding").strip().lower()
    if packed not in (b"", b"identity"):
        shown = packed.decode("latin-1")[:40]
        detail = f"send the body as it is, not as Content-Encoding {shown!r}"
        taken = {"Accept-Encoding": "identity"}
        raise RefusedError(
            problem(415, "unsupported_media_type", detail, headers=taken)
        )


def _too_large(most: int) -> RefusedError:
    detail = f"a request body may have {most:,} bytes"
    return RefusedError(problem(413, "body_too_large", detail))


def _too_slow(seconds: float) -> RefusedError:
    detail = f"the body was not complete {seconds:g} s after its head"
    closing = {"Connection": "close"}
    return RefusedError(problem(408, "too_slow", detail, headers=closing))


def _too_many() -> RefusedError:
    detail = "too many large bodies at once; nothing was done, try again"
    return RefusedError(problem(503, "busy", detail, headers={"Retry-After": "1"}))


def header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
