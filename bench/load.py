"""A load of one kind of request, by clients that wait for each answer.

Plain sockets, because a full HTTP client would cost more than the server it measures.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Latencies in milliseconds, sorted; `wall_s` for all of them."""

    latencies_ms: list[float]
    wall_s: float
    failed: int

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.wall_s

    def quantile(self, q: float) -> float:
        return quantile(self.latencies_ms, q)


def quantile(ordered: list[float], q: float) -> float:
    return ordered[min(int(len(ordered) * q), len(ordered) - 1)] if ordered else 0.0


async def load(
    port: int, clients: int, requests: int, make: Callable[[int], bytes]
) -> Figures:
    """`requests` in all, dealt out to the clients; `make(n)` gives the n-th."""
    latencies: list[float] = []
    numbers = iter(range(requests))
    failed = 0

    async def client() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            began = time.perf_counter()
            writer.write(make(number))
            status = await _answer(reader)
            latencies.append((time.perf_counter() - began) * 1000)
            failed += status >= 400
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    wall_s = time.perf_counter() - began
    return Figures(latencies_ms=sorted(latencies), wall_s=wall_s, failed=failed)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def post(path: str, body: bytes, key: str = "") -> bytes:
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n{authorization}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, key: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n"
    ).encode()
