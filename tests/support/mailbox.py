"""A real SMTP server on loopback that keeps what it gets."""

import threading
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.support.api_client import eventually


class Mailbox:
    """`refusals`: for a recipient, the answers to give in turn before it is accepted;
    one that is refused for good gets the same answer each time.
    """

    def __init__(self, port: int) -> None:
        self.got: list[Message] = []
        self.port = port
        self.refusals: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[Message]:
        with self._lock:
            return [mail for mail in self.got if mail["To"] == address]

    def await_mail(self, address: str, within_s: float = 15) -> Message:
        mails: list[Message] = eventually(lambda: self.to(address), within_s)
        return mails[0]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd asks for this name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answers = self.refusals.get(address, [])
        if answers:
            return answers[0] if answers[0].startswith("5") else answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        with self._lock:
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"
