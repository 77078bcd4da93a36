"""A hint that the log has grown: LISTEN if it works, once a second if not.

Nothing depends on the hint; a lost notification costs at most `EVERY_S`.
"""

import asyncio
import contextlib

import psycopg
from psycopg import sql

from infra.postgres.database import Database

EVERY_S = 1.0


class WakeUpListener:
    """`channel`: of whose notifications; by default those of the log."""

    def __init__(self, database: Database, channel: str = "stored_events") -> None:
        self._database, self._channel = database, channel
        self._next = asyncio.Event()

    async def run(self) -> None:
        """Listen for ever, over as many connections as it takes."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._listen()
            await asyncio.sleep(EVERY_S)

    async def _listen(self) -> None:
        async with await self._database.dedicated() as connection:
            listen = sql.SQL("LISTEN {}").format(sql.Identifier(self._channel))
            await connection.execute(listen)
            async for _ in connection.notifies():
                self.ring()

    def ring(self) -> None:
        """Wake all who wait now, or took `next_ring` before."""
        self._next.set()
        self._next = asyncio.Event()

    def next_ring(self) -> asyncio.Event:
        """To be taken before looking, so that a ring while looking is not missed."""
        return self._next

    async def wait(
        self, at_most_s: float = EVERY_S, ring: asyncio.Event | None = None
    ) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await (ring or self._next).wait()
