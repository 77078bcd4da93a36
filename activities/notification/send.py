"""Due messages are sent: in order, bundled, within limits, and only if they are still
true at that moment.

At least once: a process that dies between the channel's acceptance and the log sends
again, with the same id, by which the other side can detect the repeat. Run by one
leader; a second one fails by the version of the stream. Of a message only its result is
stored.
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, Self

from activities.notification.message import (
    Dispatch,
    Outbound,
    Tickets,
    address,
    outgoing,
)
from activities.notification.plan import DueTable, folded, reader_of, row_of, sealed
from activities.ports import EventStore, NewId, Now, Registry, StoreUnavailableError
from domain.errors import VersionConflictError
from domain.event import SYSTEM, Meta
from domain.notification.dispatch_order import (
    Bundle,
    Outgoing,
    SentRecord,
    buckets,
    bundles,
    in_order,
    since,
    spaced,
    within_limits,
)
from domain.notification.facts import NotificationDeferred, NotificationFact
from domain.notification.fail_over import failed
from domain.notification.message import LinkTo, letter
from domain.notification.notification import (
    Notification,
    notification_stream,
    ticket_of,
)
from domain.notification.outcome import Outcome, Settled, settle, still_true
from domain.notification.payload import item
from domain.notification.planning import after_quiet
from domain.notification.rate_limits import LIMITS, taken

AT_ONCE = 500
AGAIN_S = 1.0
NO_ADDRESS = Outcome(code="no_address")
Known = Mapping[str, Notification]


class SendTable(DueTable, Protocol):
    async def due(self, now: datetime, limit: int) -> list[str]:
        """Ids of notifications with a due message, the longest due first."""

    async def spent(self, now: datetime) -> Sequence[SentRecord]:
        """The last messages, as far back as any limit needs."""

    async def spend(self, spent: SentRecord) -> None: ...


class Sending:
    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        table: SendTable,
        outbound: Outbound,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store, self._registry, self._table = store, registry, table
        self._outbound, self._now, self._new_id = outbound, now, new_id
        self._link: LinkTo | None = None

    def linked(self, link: LinkTo) -> Self:
        """Whether messages hold links by which their reader answers."""
        self._link = link
        return self

    async def ready(self, busy: Collection[str] = ()) -> list[Bundle]:
        """What is sent now, the most urgent first; nothing to a `busy` destination.
        What must wait for the end of quiet hours or for a token is deferred.
        """
        now = self._now()
        known = await self._notifications(await self._table.due(now, AT_ONCE))
        spent = await self._table.spent(now) if known else ()
        due = [
            since(one, spent)
            for notification in known.values()
            for one in await self._due(notification, now)
            if one.destination not in busy
        ]
        calm, repeated = spaced(due, spent, now)
        within, postponed = within_limits(bundles(in_order(calm)), spent, now)
        await self._try_to_record(known, _deferred([*repeated, *postponed]), now)
        return within

    async def _due(self, notification: Notification, now: datetime) -> list[Outgoing]:
        if notification.due_at is None or notification.due_at > now:
            await self._table.show(notification)  # the table was behind
            return []
        reader, _ = await reader_of(self._registry, notification.person)
        found, facts = list[Outgoing](), list[NotificationFact]()
        for place in notification.waiting:
            message = notification.messages[place]
            if message.due_at > now:
                break
            where = address(reader, message.channel, message.target)
            if reader is None or where is None:
                code = NO_ADDRESS.code or ""
                facts += failed(notification, place, code, temporary=False, at=now)
                break  # this decides which message is next
            until = after_quiet(reader, notification.urgency, now)
            if until > now:
                facts.append(
                    NotificationDeferred(
                        message=place, reason="quiet hours", until=until
                    )
                )
            else:
                found.append(outgoing(notification, place, where))
        known = {notification.id: notification}
        await self._try_to_record(known, {notification.id: tuple(facts)}, now)
        return [] if facts else found

    async def send(self, bundle: Bundle) -> None:
        """Checked again whether it is still true, then sent and recorded."""
        known = await self._notifications([one.notification for one in bundle])
        tickets = await self._store.load_many(
            list({notification.ticket_id for notification in known.values()})
        )
        true, dropped = still_true(bundle, known, tickets, self._now())
        await self._try_to_record(known, dropped, self._now())
        if true:
            outcome = await self._send(true, known, tickets)
            await self._settle(true, outcome, self._now())

    async def _settle(self, bundle: Bundle, outcome: Outcome, at: datetime) -> None:
        """Repeats until it is in the log, because what was sent and not recorded would
        be sent again. If another channel of the same person was faster, the facts
        follow its facts.
        """
        while True:
            try:
                known = await self._notifications([one.notification for one in bundle])
                await self._record(known, settle(bundle, known, outcome, at), at)
            except StoreUnavailableError:
                await asyncio.sleep(AGAIN_S)
            except VersionConflictError:
                continue
            else:
                return

    async def _send(self, bundle: Bundle, known: Known, tickets: Tickets) -> Outcome:
        first = bundle[0]
        reader, _ = await reader_of(self._registry, first.person)
        where = address(reader, first.channel, first.target)
        if reader is None or where is None:
            return NO_ADDRESS
        named = dict.fromkeys(one.notification for one in bundle)
        items = tuple(
            item(known[number], tickets[known[number].ticket_id]) for number in named
        )
        await self._spend(first, {one.ticket_id for one in items})
        return await self._outbound.send(
            Dispatch(
                id=f"{first.notification}.{first.message}",
                channel=first.channel,
                address=where,
                person=first.person,
                letter=letter(items, reader, self._now(), self._link),
                items=items,
                secret_version=reader.secret_version,
            )
        )

    async def _spend(self, first: Outgoing, tickets: Collection[str]) -> None:
        """Each try uses a token."""
        now = self._now()
        full_at = buckets(await self._table.spent(now)).get(first.destination)
        await self._table.spend(
            SentRecord(
                destination=first.destination,
                person=first.person,
                tickets=tuple(tickets),
                at=now,
                full_at=taken(LIMITS[first.channel], full_at, now),
            )
        )

    async def _notifications(self, ids: Sequence[str]) -> dict[str, Notification]:
        streams = list(dict.fromkeys(notification_stream(number) for number in ids))
        return folded(await self._store.load_many(streams)) if streams else {}

    async def _try_to_record(
        self, known: Known, settled: Settled, at: datetime
    ) -> None:
        """What is not recorded is due again, and decided again."""
        with contextlib.suppress(VersionConflictError):
            await self._record(known, settled, at)

    async def _record(self, known: Known, settled: Settled, at: datetime) -> None:
        """In one transaction. Raises VersionConflictError."""
        meta = _meta(f"notify:{self._new_id()}", settled)
        written = [
            sealed(known[n], facts, meta, at) for n, facts in settled.items() if facts
        ]
        if events := [event for more, _ in written for event in more]:
            await self._store.append(events, row_of(meta, events[0]))
        for _, notification in written:
            await self._table.show(notification)


def _meta(command_id: str, settled: Settled) -> Meta:
    """The result of a message is caused by its plan."""
    first = next(iter(settled), "")
    return Meta(
        command_id=command_id,
        correlation_id=ticket_of(first),
        causation_id=f"{notification_stream(first)}/1",
        actor=SYSTEM,
    )


def _deferred(postponed: Sequence[Outgoing]) -> Settled:
    settled = Settled()
    for one in postponed:
        fact = NotificationDeferred(
            message=one.message, reason="limit", until=one.due_at
        )
        settled[one.notification] = (*settled.get(one.notification, ()), fact)
    return settled
