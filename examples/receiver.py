"""A product team's endpoint: takes webhooks, believes only those that are signed.

What any subscriber has to do, in one file: verify the Standard Webhooks signature over
the bytes as they came, answer quickly with 2xx, and leave the work to somebody else.
"""

import json
import queue
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

from typing_extensions import override

from domain.subscription.webhook import Secret, WebhookError, verify

Delivery = dict[str, Any]


class Receiver(ThreadingHTTPServer):
    """Listens on a free port of loopback while its `with` block runs; `on_delivery`
    is called with each CloudEvent whose signature holds.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, on_delivery: Callable[[Delivery], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/pledge"
        self.secret: Secret | None = None
        self._on_delivery = on_delivery
        self._accepted: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._serving = threading.Thread(target=self.serve_forever, args=(0.05,))

    @override
    def __enter__(self) -> Self:
        self._serving.start()
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._serving.join()
        self.server_close()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer with."""
        if self.secret is None:
            return 503  # nobody has subscribed us yet
        try:
            verify(self.secret, headers, body, int(time.time()))
        except WebhookError:
            return 401
        event = json.loads(body)
        self._on_delivery(event)
        self._accepted.put(event)
        return 204

    def next(self, within_s: float) -> Delivery | None:
        """The next verified delivery that nobody has asked for yet."""
        try:
            return self._accepted.get(timeout=max(within_s, 0))
        except queue.Empty:
            return None


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        receiver = cast(Receiver, self.server)
        self.send_response(receiver.take(dict(self.headers.items()), body))
        self.send_header("content-length", "0")
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Says nothing: the demo tells the story."""
