"""The limit on lateness: what Temporal did not do in time is done here.

Normally it finds nothing. When thousands are due at once, when Temporal or the workers
are down, or when the timers follower is behind, it enforces promises by the same
`enforce`; a workflow that fires afterwards finds nothing due.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from activities.enforcement import Enforcement
from activities.ports import StoreUnavailableError
from infra import metrics
from infra.followers.follower import Follower
from infra.followers.loops import for_ever
from infra.postgres.database import Database
from infra.postgres.leadership import leadership
from infra.process.logs import fields

TICK_S = 0.25
GRACE_MS = 700
"""How long Temporal may normally take before the sweeper acts: a few times its usual
delay, so that everything is late by less than a second."""
CAPACITY = 30
"""If more than this is due around now, the excess is enforced at its instant."""
AROUND_MS = (2000, 1000)
"""Before and after now."""
BATCH = 200
PROJECTED_WITHIN_MS = 3000
"""An enforced ticket is not checked again before the read model shows the result."""
REFUSED_FOR_MS = 60_000
LOG = logging.getLogger(__name__)
Key = TypeVar("Key")


class Sweeper:
    def __init__(
        self,
        database: Database,
        enforcement: Enforcement,
        timers: Follower,
        quiet: asyncio.Event,
        swept: Callable[[], None] = lambda: None,
    ) -> None:
        """`quiet` is set while nothing is overdue; `swept` is called after each
        sweep.
        """
        self._swept = swept
        self._database, self._enforcement = database, enforcement
        self._timers, self._quiet = timers, quiet
        self._done: dict[tuple[str, int], int] = {}
        self._refused: dict[str, int] = {}
        self._leads = False

    async def run(self) -> NoReturn:
        """It must work when everything else is broken: no fault ends it."""
        await for_ever("sweeper", self._lead)

    async def _lead(self) -> float:
        async with leadership(self._database, "sweeper") as lead:
            while True:
                leads = await lead.taken()
                if leads and not self._leads:
                    LOG.info("sweeper leads")
                self._leads = leads
                if leads:
                    await self.sweep()
                    self._swept()
                await asyncio.sleep(TICK_S)

    async def sweep(self) -> int:
        """Enforce what is overdue; returns how many tickets that were."""
        overdue = await self._overdue(_now_ms())
        if not overdue:
            return 0
        self._quiet.clear()
        swept = 0
        try:
            for start in range(0, len(overdue), BATCH):
                batch = overdue[start : start + BATCH]
                swept += await self._enforce([ticket_id for ticket_id, _ in batch])
                self._done |= dict.fromkeys(batch, _now_ms())
        finally:
            self._quiet.set()
        metrics.SWEPT.inc(swept)
        LOG.info("sweeper enforced what was overdue", extra=fields(tickets=swept))
        return swept

    async def _overdue(self, now_ms: int) -> list[tuple[str, int]]:
        grace = 0 if await self._strained(now_ms) else GRACE_MS
        rows = await self._database.rows(
            "SELECT id, next_due_ms FROM tickets WHERE next_due_ms <= %s"
            " ORDER BY next_due_ms LIMIT 5000",
            (now_ms - grace,),
        )
        self._done = _younger(self._done, now_ms - PROJECTED_WITHIN_MS)
        self._refused = _younger(self._refused, now_ms - REFUSED_FOR_MS)
        return [
            (ticket_id, due)
            for ticket_id, due in rows
            if ticket_id not in self._refused and (ticket_id, due) not in self._done
        ]

    async def _strained(self, now_ms: int) -> bool:
        if self._timers.behind > 1:
            return True
        rows = await self._database.rows(
            "SELECT count(*) FROM tickets WHERE next_due_ms BETWEEN %s AND %s",
            (now_ms - AROUND_MS[0], now_ms + AROUND_MS[1]),
        )
        return int(rows[0][0]) > CAPACITY

    async def _enforce(self, ticket_ids: list[str]) -> int:
        as_of = datetime.now(UTC)
        try:
            return await self._enforcement.enforce_many(ticket_ids, as_of)
        except StoreUnavailableError:
            raise
        except Exception as error:
            if len(ticket_ids) > 1:
                return sum([await self._enforce([one]) for one in ticket_ids])
            # One ticket that cannot be decided must not block the others.
            LOG.exception(
                "sweeper: %s refused: %s", ticket_ids[0], type(error).__name__
            )
            self._refused[ticket_ids[0]] = _now_ms()
            metrics.REFUSED.inc()
            return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _younger(known: dict[Key, int], than_ms: int) -> dict[Key, int]:
    return {key: at for key, at in known.items() if at > than_ms}
