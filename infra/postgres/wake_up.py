"""A hint that the log has grown: by LISTEN if that works, else once a second.

Nothing depends on the hint; a lost one costs at most `EVERY_S`.
"""

import asyncio
import contextlib

import psycopg
from psycopg import sql

from infra.postgres.database import Database

EVERY_S = 1.0


class WakeUpListener:
    """`channel`: the channel of notifications; by default that of the log."""

    def __init__(self, database: Database, channel: str = "stored_events") -> None:
        self._database, self._channel = database, channel
        self._next = asyncio.Event()

    async def run(self) -> None:
        """Listen for ever, reconnecting as often as necessary."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._listen()
            await asyncio.sleep(EVERY_S)

    async def _listen(self) -> None:
        async with await self._database.dedicated() as connection:
            listen = sql.SQL("LISTEN {}").format(sql.Identifier(self._channel))
            await connection.execute(listen)
            async for _ in connection.notifies():
                self.wake()

    def wake(self) -> None:
        """Wake all that wait now, or took `next_wake_up` before."""
        self._next.set()
        self._next = asyncio.Event()

    def next_wake_up(self) -> asyncio.Event:
        """Take it before reading, so that a wake-up during the reading is not
        missed.
        """
        return self._next

    async def wait(
        self, at_most_s: float = EVERY_S, woken: asyncio.Event | None = None
    ) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await (woken or self._next).wait()
