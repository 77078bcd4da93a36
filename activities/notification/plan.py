"""Each event of a ticket that notifies people becomes the plan of one notification for
each of them, and a step whose people are all unreachable is reported.

Idempotent by the event: each notification has one stream, whose first version can be
written once, and those of one event are written together. Sending is in `send`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from activities.ports import Caller, CommandRow, EventStore, NewId, Now, Registry
from activities.tickets import TicketService
from domain.errors import InvalidError, VersionConflictError
from domain.escalation.commands import PersonNotified, StepUndelivered
from domain.event import SYSTEM, Event, Meta, PolicyRef, event_id
from domain.notification.facts import NotificationFact
from domain.notification.notification import (
    ALL_FAILED,
    Notification,
    evolve,
    fold,
    notification_stream,
)
from domain.notification.notified import person_notified
from domain.notification.planning import plan
from domain.notification.undelivered import chosen_by, undelivered
from domain.notification.urgency import NotificationReason, notification_reasons
from domain.people.contact import Preferences

LOG = logging.getLogger(__name__)
StepReport = StepUndelivered | PersonNotified
OnReport = Callable[[str, StepReport], Awaitable[None]]
"""Takes the ticket's id. Called at least once for each step that reached nobody, and
for each person to whom a message of a step was sent."""


class DueTable(Protocol):
    """When each notification is due next. A cache: it can be rebuilt from the log."""

    async def show(self, notification: Notification) -> None: ...


async def report_step(
    service: TicketService, ticket_id: str, report: StepReport
) -> None:
    """Records the result of a step's messages in the ticket. Idempotent by the
    notification; for a step that reached nobody by clock, step and repetition.

    The escalation does not wait for people to whom every channel failed. Where nobody
    has a channel, or ops have set none up, it does: otherwise every escalation would
    run to its end at once.
    """
    if isinstance(report, PersonNotified):
        await service.apply(
            ticket_id, report, _caller(f"notified:{report.notification}", ticket_id)
        )
        return
    LOG.warning(
        "ticket=%s clock=%s step=%s reached nobody: %s",
        ticket_id,
        report.clock,
        report.step,
        report.reason,
    )
    if report.reason == ALL_FAILED:
        key = f"unreached:{ticket_id}/{report.clock}/{report.step}/{report.repetition}"
        await service.apply(ticket_id, report, _caller(key, ticket_id))


def _caller(key: str, ticket_id: str) -> Caller:
    return Caller(
        command_id=key,
        request_sha256=key,
        attempt=f"{key}#",
        actor=SYSTEM,
        correlation_id=ticket_id,
        channel="notifications",
    )


class Notifying:
    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        table: DueTable,
        now: Now,
        new_id: NewId,
        on_report: OnReport,
    ) -> None:
        self._store, self._registry, self._table = store, registry, table
        self._now, self._new_id, self._on_report = now, new_id, on_report

    async def plan(self, ticket_id: str, version: int) -> None:
        """For the ticket's event of this version; nothing if it notifies nobody, or was
        imported.
        """
        wanted = notification_reasons(await self._store.load(ticket_id, version))
        plans = [await self._planned(one) for one in wanted]
        if not plans:
            return
        first = plans[0][0]
        try:
            await self._store.append(
                [event for events in plans for event in events],
                row_of(first.meta, first),
            )
        except VersionConflictError:
            return  # it was planned before
        for events in plans:
            await self.refresh(events[0].originator_id)

    async def _planned(self, wanted: NotificationReason) -> list[Event]:
        stream, now = notification_stream(wanted.id), self._now()
        reader, ref = await reader_of(self._registry, wanted.person)
        if reader is None:  # or not yet known in this process, which is a moment behind
            await self._registry.refresh()
            reader, ref = await reader_of(self._registry, wanted.person)
        cause = event_id(wanted.ticket_id, wanted.about)
        meta = self._meta(wanted.ticket_id, cause, ref)
        facts = plan(wanted, reader, now)
        return [Event(stream, i, now, meta, f) for i, f in enumerate(facts, start=1)]

    async def refresh(self, stream: str) -> None:
        """Update the table with the log's state of this notification."""
        if notification := fold(await self._store.load(stream)):
            await self._table.show(notification)

    async def report(self, ticket_id: str, streams: Sequence[str]) -> None:
        """These people of the ticket are unreachable. If all people of their step are,
        that is reported to the ticket; for steps only.
        """
        lost = folded(await self._store.load_many(streams)).values()
        events = await self._store.load(ticket_id)
        for clock, step, repetition in {one.chosen_by for one in lost if one.chosen_by}:
            streams = [
                notification_stream(n)
                for n in chosen_by(events, clock, step, repetition)
            ]
            found = await self._store.load_many(streams)
            if gone := undelivered([fold(found.get(stream, ())) for stream in streams]):
                await self._on_report(ticket_id, gone)

    async def sent(self, ticket_id: str, stream: str) -> None:
        """A message of this notification was sent: if a step chose the person, that is
        recorded in the ticket, once.
        """
        notification = fold(await self._store.load(stream))
        if notification is None or notification.cause != "step":
            return
        events = await self._store.load(ticket_id, notification.about)
        if report := person_notified(notification, events):
            await self._on_report(ticket_id, report)

    def _meta(self, ticket_id: str, cause: str, policy: PolicyRef | None) -> Meta:
        return Meta(
            command_id=f"notify:{self._new_id()}",
            correlation_id=ticket_id,
            causation_id=cause,
            actor=SYSTEM,
            policy=policy,
        )


async def reader_of(
    registry: Registry, person: str
) -> tuple[Preferences | None, PolicyRef | None]:
    """How this person wants to be notified as of now, with the version of the document;
    None if there is no such person, or not any more. An old document that does not
    satisfy the current rules has no channel.
    """
    published = (await registry.config()).entry("agents", person).current
    if published is None or published.document.get("active", True) is not True:
        return None, None
    try:
        return published.preferences, published.ref
    except InvalidError as error:
        LOG.warning("agents/%s: %s", person, ", ".join(e.pointer for e in error.errors))
        return Preferences(name=person), published.ref


def sealed(
    notification: Notification,
    facts: Sequence[NotificationFact],
    meta: Meta,
    at: datetime,
) -> tuple[list[Event], Notification]:
    """The facts as its next events, and the notification after them."""
    stream = notification_stream(notification.id)
    events = []
    for fact in facts:
        notification = evolve(notification, fact, at, stream)
        events.append(Event(stream, notification.version, at, meta, fact))
    return events, notification


def row_of(meta: Meta, event: Event) -> CommandRow:
    return CommandRow(
        command_id=meta.command_id,
        request_sha256="",
        attempt=meta.command_id,
        stream_id=event.originator_id,
        version=event.originator_version,
    )


def folded(streams: Mapping[str, Sequence[Event]]) -> dict[str, Notification]:
    """By notification id."""
    found = (fold(events) for events in streams.values())
    return {one.id: one for one in found if one is not None}
