"""Takes work from people whose leave begins. Not a follower: it is driven by the clock.

Each leave is processed once it has begun, and after a start all current ones. Tickets
that somebody assigned knowing of the leave stay assigned, so it may run twice.
"""

import logging
from typing import NoReturn

from activities.assignment import Assigning
from activities.ports import Now, Registry
from domain.oncall.override import Leave
from infra.followers.loops import for_ever

LOOK_S = 1
LOG = logging.getLogger(__name__)


class Absences:
    def __init__(self, registry: Registry, assigning: Assigning, now: Now) -> None:
        self._registry, self._assigning, self._now = registry, assigning, now
        self._done: set[str] = set()

    async def run(self) -> NoReturn:
        """An error with one leave is tried again."""
        await for_ever("absences", self._look)

    async def _look(self) -> float:
        await self.look()
        return await self.until_next()

    async def until_next(self) -> float:
        """A known leave is processed at its first instant; new ones are searched for
        regularly.
        """
        at, book = self._now(), await self._registry.oncall()
        begins = (leave.begin for leave in book.all_leaves if leave.begin > at)
        left = ((begin - at).total_seconds() for begin in begins)
        return min([LOOK_S, *left])

    async def look(self) -> None:
        at, book = self._now(), await self._registry.oncall()
        running = [
            leave
            for leave in book.all_leaves
            if leave.cancelled_at is None and leave.begin <= at < leave.end
        ]
        for leave in running:
            if leave.id not in self._done:
                await self._begun(leave)
        self._done = {leave.id for leave in running}

    async def _begun(self, leave: Leave) -> None:
        since, key = max(leave.begin, leave.made_at or leave.begin), f"leave/{leave.id}"
        refused = await self._assigning.withdraw(leave.person, since, key)
        for ticket_id, error in refused.items():
            LOG.error("absences: %s of %s: %s", ticket_id, leave.person, error)
