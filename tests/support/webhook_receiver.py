"""A subscriber's endpoint: a real HTTP server on loopback that keeps what it gets."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Self

from standardwebhooks.webhooks import Webhook
from typing_extensions import override

from tests.support.api_client import PATIENCE_S

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Delivery:
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """The event, if the reference library of Standard Webhooks accepts it."""
        event: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return event


class Receiver:
    """Answers with `statuses` in turn, then with 204; what is no success has `headers`.
    `got` holds every request, also those it refused. `echo`: it repeats what it got.
    """

    def __init__(
        self,
        *statuses: int,
        port: int = 0,
        headers: Mapping[str, str] = NO_HEADERS,
        echo: bool = False,
    ) -> None:
        self._headers, self._echo = headers, echo
        self.got: list[Delivery] = []
        self._statuses = list(statuses)
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def await_count(self, count: int, within_s: float = PATIENCE_S) -> list[Delivery]:
        with self._news:
            there = self._news.wait_for(lambda: len(self.got) >= count, within_s)
        assert there, f"{len(self.got)} of {count} came within {within_s} s"
        return list(self.got)

    def _take(self, delivery: Delivery) -> int:
        with self._news:
            self.got.append(delivery)
            self._news.notify_all()
            return self._statuses.pop(0) if self._statuses else 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take, headers, echo = self._take, self._headers, self._echo

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                names = {k.lower(): v for k, v in self.headers.items()}
                body = self.rfile.read(length)
                status = take(Delivery(names, body))
                self.send_response(status)
                for name, value in headers.items() if status >= 300 else ():
                    self.send_header(name, value)
                self.end_headers()
                if echo:
                    self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
