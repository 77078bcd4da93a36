"""Ticket numbers for people: unique, rising, drawn in blocks; gaps are normal."""

import asyncio

from infra.database import Database

BLOCK = 20
"""The sequence's increment (0001_event_store.sql)."""


class TicketNumbers:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = self._end = 0
        self._drawing = asyncio.Lock()

    async def next(self) -> int:
        async with self._drawing:
            if self._next == self._end:
                rows = await self._database.rows("SELECT nextval('ticket_number_seq')")
                self._next = int(rows[0][0])
                self._end = self._next + BLOCK
            self._next += 1
            return self._next - 1
