"""Hours ahead that nobody covers, as a metric. Not a follower: it is driven by the
clock.

Computed again when a schedule, an override or a leave changed, and each hour, because
the week ahead advances. All processes show the same figures.
"""

import asyncio
import logging
import time
from datetime import datetime, timedelta
from typing import NoReturn

from activities.ports import Now, Registry
from domain.oncall.book import OnCallBook
from domain.oncall.shifts import gaps
from infra import metrics
from infra.followers.loops import for_ever

AHEAD = timedelta(days=7)
LOOK_S = 5
HOUR_S = 3600
LOG = logging.getLogger(__name__)


class Coverage:
    def __init__(self, registry: Registry, now: Now) -> None:
        self._registry, self._now = registry, now
        self._measured: OnCallBook | None = None
        self._measured_at = 0.0

    async def run(self) -> NoReturn:
        """A schedule that cannot be computed must not end the process."""
        await for_ever("coverage", self._look)

    async def _look(self) -> float:
        await self.look()
        return LOOK_S

    async def look(self) -> None:
        book = await self._registry.oncall()
        fresh = time.monotonic() - self._measured_at < HOUR_S
        if book is self._measured and fresh:
            return
        await asyncio.to_thread(self._measure, book)
        self._measured, self._measured_at = book, time.monotonic()

    def _measure(self, book: OnCallBook) -> None:
        begin = self._now()
        for name in book.plans:
            metrics.GAP.labels(name).set(self._uncovered(book, name, begin))

    def _uncovered(self, book: OnCallBook, name: str, begin: datetime) -> float:
        """In seconds; none for a retired schedule."""
        plan = book.plan(name)
        if plan.schedule_at(begin) is None:
            return 0.0
        found = gaps(plan, begin, begin + AHEAD)
        return sum((gap.end - gap.begin).total_seconds() for gap in found)
