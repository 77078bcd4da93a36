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
from infra.eventstore.store import Header, PostgresEventStore
from infra.eventstore.streams import ticket_ids
from infra.followers.follower import Follower
from infra.followers.ticket_cache import Failed, TicketCache, each
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.temporal.client import (
    TemporalRefusedError,
    TemporalUnavailableError,
    TimerBackend,
)

AT_ONCE = 8
"""Concurrent calls; more of them only starve the other processes of a small machine."""
REMEMBERED = 100_000
"""Plans last sent; one that was evicted is sent once more, which does no harm."""


class Timers(Follower):
    name = "timers"
    batch = 2000  # the larger, the more changes of one ticket are one call

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        tickets: TicketCache,
        backend: TimerBackend,
        quiet: asyncio.Event,
    ) -> None:
        """`quiet`: set while the sweeper has nothing to do. Overdue tickets are
        enforced before timers are set, because both need the same processor.
        """
        super().__init__(database, store, listener)
        self._tickets, self._backend, self._quiet = tickets, backend, quiet
        self._pushed: OrderedDict[str, tuple[int | None, bool]] = OrderedDict()

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        position = batch[-1].position
        tickets, failed = await self._tickets.fresh(dict.fromkeys(ticket_ids(batch)))
        opened = {h.stream_id for h in batch if h.topic == "ticket.opened"}
        plans, planless = each(tickets, contract)
        wanted = [p for p in plans.values() if self._is_news(p, p.ticket_id in opened)]
        wanted.sort(key=lambda p: p.next_due_ms or 2**62)
        refused = await self._push_all(wanted)
        await self.park(failed | planless | refused, position)
        async with self.database.transaction() as connection:
            await self.unpark([i for i in plans if i not in refused], connection)
            await self.save(position, connection)

    def _is_news(self, plan: TicketPlan, opened_here: bool) -> bool:
        known = self._pushed.get(plan.ticket_id)
        if known is None and opened_here and plan.done:
            return False  # it was created and removed before Temporal knew of it
        return known != (plan.next_due_ms, plan.done)

    async def _push_all(self, plans: Sequence[TicketPlan]) -> Failed:
        """Returns once Temporal has accepted all, apart from those that it will never
        accept. Raises TemporalUnavailableError at the first call that fails for that;
        the position is then not saved, and plans already sent are skipped next time.
        """
        gate, refused = asyncio.Semaphore(AT_ONCE), Failed()

        async def push(plan: TicketPlan) -> None:
            async with gate:
                await self._quiet.wait()
                try:
                    await self._backend.push(plan)
                except TemporalRefusedError as error:
                    refused[plan.ticket_id] = error
                else:
                    self._remember(plan)

        try:
            async with asyncio.TaskGroup() as group:
                for plan in plans:
                    group.create_task(push(plan))
        except* TemporalUnavailableError as errors:
            raise TemporalUnavailableError(str(errors.exceptions[0])) from errors
        return refused

    def _remember(self, plan: TicketPlan) -> None:
        self._pushed[plan.ticket_id] = (plan.next_due_ms, plan.done)
        self._pushed.move_to_end(plan.ticket_id)
        while len(self._pushed) > REMEMBERED:
            self._pushed.popitem(last=False)
