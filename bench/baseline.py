"""What the same machine does at the same moment with nothing of Pledge in the way."""

import asyncio
import subprocess
import sys
import time

import psycopg
from fastapi import FastAPI
from pydantic import BaseModel

from bench.load import Figures, load, post
from infra.embedded.ports import free_port

ECHO = FastAPI()


class Body(BaseModel):
    subject: str
    body: str
    channel: str
    type: str
    customer: dict[str, str]


@ECHO.post("/echo")
async def echo(body: Body) -> Body:
    return body


async def fastapi_echo(clients: int, requests: int, body: bytes) -> Figures:
    """The same body, parsed, validated and sent back."""
    port = free_port()
    argv = [
        sys.executable, "-m", "uvicorn", "bench.baseline:ECHO", "--port", str(port),
        "--log-level", "error", "--no-access-log",
    ]  # fmt: skip
    server = subprocess.Popen(argv)  # noqa: ASYNC220 - nothing else runs meanwhile
    try:
        await _listening(port)
        return await load(port, clients, requests, lambda _: post("/echo", body))
    finally:
        server.terminate()
        server.wait()


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def bare_insert(url: str, clients: int, requests: int, body: bytes) -> Figures:
    """One row of the same size, one commit, on the same server."""
    latencies: list[float] = []
    numbers = iter(range(requests))

    async def client() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
            for _ in numbers:
                began = time.perf_counter()
                await link.execute(_INSERT, (body,), prepare=True)
                latencies.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    wall_s = time.perf_counter() - began
    return Figures(latencies_ms=sorted(latencies), wall_s=wall_s, failed=0)


# Into a plain table that the application's role may write.
_INSERT = """
INSERT INTO deliveries (subscription_id, position, event_type, attempt, state, detail,
                        duration_ms)
VALUES ('bench', 0, 'bench', 0, 'failed', convert_from(%s, 'UTF8'), 0)
"""
