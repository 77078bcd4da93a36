"""HTTP as bytes, for what no decent client would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

MOST_BYTES = 10_000_000


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def connected(http: str, timeout_s: float = 20) -> Iterator[socket.socket]:
    found = urlsplit(http)
    with socket.create_connection((found.hostname, found.port), timeout_s) as made:
        yield made


def received(connection: socket.socket) -> bytes:
    """Until the other side ends."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def answer_in(text: bytes) -> Answer:
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Answer(int(first.split(" ")[1]), headers, body)


def exchange(http: str, sent: bytes) -> Answer:
    """One request that ends its connection."""
    with connected(http) as connection:
        connection.sendall(sent)
        return answer_in(received(connection))
