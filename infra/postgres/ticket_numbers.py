"""Ticket numbers for people: unique and rising. One ticket draws one number; many at
the same time share a draw, and some numbers are drawn ahead, which leaves a gap only if
the rush ends before they are used.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from infra.postgres.database import Database

AHEAD = 4
"""For each waiting caller but the first."""
KEPT_S = 1.0
"""After this time numbers drawn ahead are discarded: other processes may have used
higher numbers meanwhile, and a later ticket must not have a lower one."""


class TicketNumbers:
    def __init__(
        self, database: Database, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._clock = database, clock
        self._ahead: deque[int] = deque()
        self._drawn_at = 0.0
        self._waiting: deque[asyncio.Future[int]] = deque()
        self._drawing: asyncio.Task[None] | None = None

    async def next(self) -> int:
        """Raises StoreUnavailableError, to all callers who share a draw."""
        if self._ahead and self._clock() - self._drawn_at < KEPT_S:
            return self._ahead.popleft()
        mine: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._drawing is None:
            self._drawing = asyncio.create_task(self._draw())
        return await mine

    async def _draw(self) -> None:
        """Until no caller waits; a draw also serves callers who came during it."""
        try:
            while self._waiting:
                self._ahead = await self._drawn(len(self._waiting))
                while self._waiting and self._ahead:
                    one = self._waiting.popleft()
                    if not one.done():  # a caller who gave up needs none
                        one.set_result(self._ahead.popleft())
        except Exception as error:  # noqa: BLE001 - passed on to the callers
            while self._waiting:
                one = self._waiting.popleft()
                if not one.done():
                    one.set_exception(error)
        finally:
            self._drawing = None

    async def _drawn(self, waiting: int) -> deque[int]:
        self._drawn_at = self._clock()
        rows = await self._database.rows(
            "SELECT nextval('ticket_number_seq') FROM generate_series(1, %s)",
            (waiting + AHEAD * (waiting - 1),),
        )
        return deque(int(number) for (number,) in rows)
