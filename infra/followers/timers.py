"""Plans to Temporal: the current plan of each ticket that changed, and only then.

Not events but states are sent, so duplicates, reordering, catching up after an outage,
reopening and rebuilding on an empty cluster are the same call (ADR 0002).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from typing_extensions import override

from activities.contracts import TicketPlan
from activities.enforcement import contract
from infra.database import Database
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.bell import Bell
from infra.followers.follower import Follower
from infra.followers.projector import ticket_ids
from infra.followers.tickets import KEPT, TicketCache
from infra.temporal import TimerBackend

AT_ONCE = 8
"""Calls under way; more only starve the other processes of a small machine."""


class Timers(Follower):
    name = "timers"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        bell: Bell,
        tickets: TicketCache,
        backend: TimerBackend,
    ) -> None:
        super().__init__(database, store, bell)
        self._tickets, self._backend = tickets, backend
        self._pushed: OrderedDict[str, tuple[int | None, bool]] = OrderedDict()

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        tickets, failed = await self._tickets.fresh(dict.fromkeys(ticket_ids(batch)))
        for ticket_id, error in failed.items():
            await self.park(ticket_id, batch[-1].position, error)
        opened = {h.stream_id for h in batch if h.topic == "ticket.opened"}
        plans = [contract(ticket) for ticket in tickets.values()]
        wanted = [p for p in plans if self._is_news(p, p.ticket_id in opened)]
        wanted.sort(key=lambda p: p.next_due_ms or 2**62)
        await self._push_all(wanted)
        async with self.database.transaction() as connection:
            await self.unpark(list(tickets), connection)
            await self.save(batch[-1].position, connection)

    def _is_news(self, plan: TicketPlan, opened_here: bool) -> bool:
        known = self._pushed.get(plan.ticket_id)
        if known is None and opened_here and plan.done:
            return False  # came and went before Temporal ever heard of it
        return known != (plan.next_due_ms, plan.done)

    async def _push_all(self, plans: Sequence[TicketPlan]) -> None:
        """Returns once Temporal has them all; a failure leaves the position behind,
        and those already sent are skipped next time.
        """
        gate = asyncio.Semaphore(AT_ONCE)

        async def push(plan: TicketPlan) -> None:
            async with gate:
                await self._backend.push(plan)
            self._pushed[plan.ticket_id] = (plan.next_due_ms, plan.done)

        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(push(plan))
        while len(self._pushed) > KEPT:
            self._pushed.popitem(last=False)
