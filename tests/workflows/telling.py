"""People told on the floor: what plans and sends, over its log, by the moved clock."""

import asyncio
import itertools
from datetime import datetime, timedelta
from functools import partial

from activities.enforcement import contract
from activities.notification.plan import Notifying, report_step
from activities.notification.send import Sending
from activities.tickets import TicketService
from domain.duration import format_duration
from domain.notification.audience import TOPICS
from domain.notification.notification import Notification, fold, ticket_of
from domain.ticket.enforce import EPOCH
from tests.support.sending import Table
from tests.workflows.floor import Floor

LOST, SENT = "notification.unreachable", "notification.sent"


class Notifier:
    """`outbound` takes the messages. What the followers do, it does when it is told how
    far to go: it stops whenever something is due, a message or the ticket.
    """

    def __init__(self, floor: Floor) -> None:
        self.floor, self.table, self.now = floor, Table(), floor.opened_at
        self._seen: dict[str, int] = {}
        self._pushed = 0

    def by(self, outbound) -> "Notifier":
        numbers = itertools.count(1)
        known = (self.floor.log, self.floor.rules)
        desk = TicketService(*known, self.floor.rules, self.clock)
        rest = (self.clock, lambda: f"n{next(numbers)}")
        report = partial(report_step, desk)
        self.notifying = Notifying(*known, self.table, *rest, report)
        self.sending = Sending(*known, self.table, outbound, *rest)
        return self

    def clock(self) -> datetime:
        return self.now

    async def until(self, at: str) -> None:
        end = self.floor.instant(at)
        await self._settle()
        while (due := self._next_due()) and due <= end:
            await self._move(due)
            await self._settle()
        await self._move(end)

    def notification(self, person: str) -> Notification:
        folded = (
            fold(events)
            for stream, events in self.floor.log.streams.items()
            if stream.startswith("notifications/")
        )
        [found] = [one for one in folded if one and one.person == person]
        return found

    def _next_due(self) -> datetime | None:
        due = [at for at in self.table.due_at.values() if at is not None]
        if (ms := contract(self.floor.ticket).next_due_ms) is not None:
            due.append(EPOCH + timedelta(milliseconds=ms))
        return min(due, default=None)

    async def _move(self, instant: datetime) -> None:
        """The workflow's own clock; it goes on by itself while the servers answer."""
        await self.floor.until(format_duration(instant - self.floor.opened_at))
        shown = await self.floor.environment.get_current_time(self.floor.handle)
        self.now = max(self.now, instant, shown)

    async def _settle(self) -> None:
        """Until nothing new is in the log and nothing that is due is left."""
        while await self._follow() or await self._send():
            if self.floor.ticket.version > self._pushed:
                self._pushed = self.floor.ticket.version
                await self.floor.push(contract(self.floor.ticket))

    async def _send(self) -> bool:
        ready = await self.sending.ready()
        await asyncio.gather(*(self.sending.send(bundle) for bundle in ready))
        return bool(ready)

    async def _follow(self) -> bool:
        streams = list(self.floor.log.streams.items())
        new = [e for s, events in streams for e in events[self._seen.get(s, 0) :]]
        self._seen = {stream: len(events) for stream, events in streams}
        for event in new:
            if event.fact.topic in TOPICS:
                await self.notifying.plan(event.originator_id, event.originator_version)
            elif event.fact.topic == SENT:
                stream = event.originator_id
                await self.notifying.sent(ticket_of(stream), stream)
            elif event.fact.topic == LOST:
                stream = event.originator_id
                await self.notifying.report(ticket_of(stream), [stream])
        return bool(new)
