"""Ticket numbers for people: unique and rising. Who asks while one is drawn shares the
next draw, so that many tickets at once cost one question, and a restart leaves no gap.
"""

import asyncio

from infra.database import Database


class TicketNumbers:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[asyncio.Future[int]] = []
        self._drawing = asyncio.Lock()

    async def next(self) -> int:
        mine: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        async with self._drawing:
            # Whoever fails takes nobody along: the next one draws.
            if not mine.done():
                await self._draw()
        return mine.result()

    async def _draw(self) -> None:
        """One for each who waits by now."""
        waiting = [*self._waiting]
        rows = await self._database.rows(
            "SELECT nextval('ticket_number_seq') FROM generate_series(1, %s)",
            (len(waiting),),
        )
        for one, (number,) in zip(waiting, rows, strict=True):
            one.set_result(int(number))
        self._waiting = self._waiting[len(waiting) :]
