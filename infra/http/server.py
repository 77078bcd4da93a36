"""The HTTP server: uvicorn with limits on the resources that a client can hold.

uvicorn itself waits for ever for the head of a request, keeps clients that never read
the answer, and disconnects clients that still send a refused body, so that they see a
broken connection instead of the answer.
"""

import asyncio
import resource
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.http.cross_origin import origins
from api.http.limits import Limits, Rate, seconds_of
from api.http.problems import problem
from infra.settings import Settings

HEAD_BYTES = 65_536
PIPELINED = 16
"""Requests of one connection that wait for the answer to an earlier one."""
LINGER_S = 10.0
LINGER_BYTES = 100_000_000
"""For so long, and so many bytes, a refused body is discarded, so that its sender can
read the answer."""
UNREAD_S = 30.0
"""When a client counts as not reading its answer."""
SPARE_FILES = 256
Result = TypeVar("Result")


class Config(uvicorn.Config):
    """`max_connections`: the oldest idle connection is closed for a new one; if all are
    being served, the new one is refused.
    """

    def __init__(
        self, app: ASGIApp, max_connections: int, head_s: float, **others: Any
    ) -> None:
        super().__init__(
            app,
            http=Connection,
            ws="none",
            server_header=False,
            access_log=False,
            log_config=None,
            **others,
        )
        self.max_connections, self.head_s = max_connections, head_s
        self.waiting: dict[Connection, None] = {}

    def allow_files(self) -> None:
        """Raise the limit of open files to what the connections need, if the system
        allows it.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.max_connections + SPARE_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Connection(HttpToolsProtocol):
    """One client. What it may hold without an active request is limited by a timer."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        assert isinstance(config, Config)
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = self._thrown_away = 0
        self._in_head, self._complete, self._closing = True, True, False

    # --- the connection

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.max_connections:
            if not self._limits.waiting:
                self._refuse(503, "busy", "too many connections", {"Retry-After": "1"})
                return
            next(iter(self._limits.waiting)).drop()
        self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.waiting.pop(self, None)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self.cycle is not None:
            # Both would keep each other, and what was read, until garbage collection.
            self.cycle.body = bytearray()
            self.cycle.transport = self.transport
            self.cycle = None  # type: ignore[assignment]
        self.pipeline.clear()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._start("unread", UNREAD_S, self.drop)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop("unread")

    def drop(self) -> None:
        self._limits.waiting.pop(self, None)
        self.transport.abort()

    # --- the head

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            self._await_head()
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            detail = f"the head of a request may have {HEAD_BYTES:,} bytes"
            self._refuse(431, "head_too_large", detail)

    def _await_head(self) -> None:
        self._limits.waiting[self] = None
        self._start("head", self._limits.head_s, self._head_too_slow)

    def _head_too_slow(self) -> None:
        if not self._head_bytes:
            self.drop()
            return
        detail = f"the head was not complete within {self._limits.head_s:g} s"
        self._refuse(408, "too_slow", detail)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what follows a body in pieces is nothing that we know
            super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        self._stop("head")
        self._limits.waiting.pop(self, None)
        self._in_head, self._complete, self._head_bytes = False, False, 0
        if len(self.pipeline) >= PIPELINED:
            msg = "too many requests at once"
            raise ValueError(msg)  # answered with 400 when the parser passes it on
        super().on_headers_complete()
        self.cycle.transport = _Lingering(self)  # type: ignore[assignment]

    # --- the body

    @override
    def on_body(self, body: bytes) -> None:
        if self.cycle.response_complete:
            self._thrown_away += len(body)
            if self._thrown_away > LINGER_BYTES:
                self.drop()
            return
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = self._complete = True
        self._stop("linger")
        if self._closing:
            self.transport.close()
        elif self.cycle.response_complete:
            self._thrown_away = 0
            self._limits.waiting[self] = None

    # --- the answer

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self.pipeline:
            return
        self._limits.waiting[self] = None
        if not self._complete:
            self._start("linger", LINGER_S, self.drop)

    def close_when_sent(self) -> None:
        """At once if the request is over; a client that still sends gets time to
        read.
        """
        if self._complete:
            self.transport.close()
            return
        self._closing = True
        if self.transport.can_write_eof():
            self.transport.write_eof()

    @override
    def _unsupported_upgrade_warning(self) -> None:
        self.cycle.keep_alive = False

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "malformed_request", "this is not HTTP/1.1 (RFC 9112)")

    def _refuse(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        closing = {"Connection": "close", **(headers or {})}
        answer = problem(status, code, detail, headers=closing)
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        lines = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
        self.transport.write(head + lines + b"\r\n" + bytes(answer.body))
        self.transport.close()

    # --- timers

    def _start(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, then)

    def _stop(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()


class _Lingering:
    """The transport as the answer sees it: closing may have to wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        self._connection.transport.write(data)

    def is_closing(self) -> bool:
        return self._connection.transport.is_closing()

    def close(self) -> None:
        self._connection.close_when_sent()


def api_limits(settings: Settings) -> Limits:
    """Raises ValueError that names the setting."""
    return Limits(
        per_key=_read("rate_limit_key", settings.rate_limit_key, Rate.parse),
        per_address=_read(
            "rate_limit_address", settings.rate_limit_address, Rate.parse
        ),
        wrong_keys=_read(
            "rate_limit_wrong_keys", settings.rate_limit_wrong_keys, Rate.parse
        ),
        body_s=_read("body_timeout", settings.body_timeout, seconds_of),
        cors_origins=_read("cors_origins", settings.cors_origins, origins),
        hsts_s=int(_read("hsts", settings.hsts, seconds_of)) if settings.hsts else 0,
    )


def server_config(app: ASGIApp, settings: Settings, **others: Any) -> Config:
    """Raises ValueError that names the setting."""
    proxies = settings.trusted_proxies.strip()
    return Config(
        app,
        max_connections=settings.max_connections,
        head_s=_read("head_timeout", settings.head_timeout, seconds_of),
        host=settings.http_host,
        port=settings.http_port,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        **others,
    )


def _read(name: str, text: str, read: Callable[[str], Result]) -> Result:
    try:
        return read(text)
    except ValueError as error:
        msg = f"PLEDGE_{name.upper()}: {error}"
        raise ValueError(msg) from error
