"""A hint that the log has grown: LISTEN if it works, once a second if not.

Nothing depends on the hint; a lost notification costs at most `EVERY_S`.
"""

import asyncio
import contextlib

import psycopg

EVERY_S = 1.0


class Bell:
    def __init__(self, url: str) -> None:
        self._url = url
        self._rung = asyncio.Event()

    async def run(self) -> None:
        """Listen for ever, over as many connections as it takes."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._listen()
            await asyncio.sleep(EVERY_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        async with connection:
            await connection.execute("LISTEN stored_events")
            async for _ in connection.notifies():
                self.ring()

    def ring(self) -> None:
        """Wake all who wait now."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, at_most_s: float = EVERY_S) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), at_most_s)
