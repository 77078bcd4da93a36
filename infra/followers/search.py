"""The words of each ticket's texts, kept up to date from the log.

A separate follower: lists and loads, which depend on the projector, must not wait for
long texts.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from typing_extensions import override

from domain.errors import UnreadableError
from domain.event import Event, Json
from domain.lifecycle.facts import (
    Customer,
    TicketMessageAdded,
    TicketOpened,
    TicketUpdated,
)
from infra.eventstore.store import Header, PostgresEventStore
from infra.eventstore.streams import SEARCH, erased_people
from infra.followers.follower import Follower
from infra.followers.ticket_cache import Failed, each
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.projections.search.words import Token, words
from infra.projections.texts import Texts

TOPICS = (TicketOpened.topic, TicketMessageAdded.topic, TicketUpdated.topic)
"""What changes the texts of a ticket."""
_UPSERT = """
INSERT INTO ticket_search AS s (ticket_id, version, opened_at, terms)
SELECT ticket_id, version, opened_at, array_to_tsvector(words)
FROM jsonb_to_recordset(%s)
AS new (ticket_id text, version bigint, opened_at timestamptz, words text[])
ON CONFLICT (ticket_id) DO UPDATE SET
    version = EXCLUDED.version, terms = EXCLUDED.terms
WHERE s.version <= EXCLUDED.version -- the same again, after somebody was erased
"""
_OCCURS = """
INSERT INTO subject_tickets (subject, ticket_id)
SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
_TICKETS_OF = "SELECT DISTINCT ticket_id FROM subject_tickets WHERE subject = ANY(%s)"
_DROP_SNAPSHOTS = "DELETE FROM ticket_snapshots WHERE ticket_id = ANY(%s)"
_ENCODER = msgspec.json.Encoder()


class Search(Follower):
    """Also keeps in which tickets a person occurs, and forgets who is erased."""

    name = SEARCH

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        texts: Texts,
    ) -> None:
        super().__init__(database, store, listener)
        self._texts = texts

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        position = batch[-1].position
        changed = dict.fromkeys(h.stream_id for h in batch if h.topic in TOPICS)
        erased = await self._tickets_of(erased_people(batch))
        events, unreadable = await self._events([*dict.fromkeys([*changed, *erased])])
        # Off the loop: a text may be long, and the other followers must not wait.
        kept = partial(_kept, self._texts.token)
        rows, failed = await asyncio.to_thread(each, events, kept)
        if failed or unreadable:
            await self.park(unreadable | failed, position)
        people = [
            (event.meta.data_subject, ticket_id)
            for ticket_id in changed
            for event in events.get(ticket_id, ())
        ]
        async with self.database.transaction() as connection:
            if rows:
                # Sorted, so that two leaders for a moment cannot deadlock.
                ordered = [rows[ticket_id] for ticket_id in sorted(rows)]
                text = _ENCODER.encode(ordered).decode()
                await connection.execute(_UPSERT, (text,), prepare=True)
                await self.unpark(list(rows), connection)
            if people:
                await connection.execute(_OCCURS, _columns(people), prepare=True)
            if erased:
                await connection.execute(_DROP_SNAPSHOTS, (erased,))
            await self.save(position, connection)

    async def _tickets_of(self, people: Sequence[str]) -> list[str]:
        """In which people occur who were erased; from now on without them."""
        if not people:
            return []
        self.store.forget(people)
        rows = await self.database.rows(_TICKETS_OF, (people,))
        return [row[0] for row in rows]

    async def _events(
        self, ticket_ids: Sequence[str]
    ) -> tuple[Mapping[str, Sequence[Event]], Failed]:
        try:
            return await self.store.of_topics(ticket_ids, TOPICS), {}
        except UnreadableError:
            return await self._one_by_one(ticket_ids)

    async def _one_by_one(
        self, ticket_ids: Sequence[str]
    ) -> tuple[Mapping[str, Sequence[Event]], Failed]:
        events: dict[str, Sequence[Event]] = {}
        failed: Failed = {}
        for ticket_id in ticket_ids:
            try:
                events |= await self.store.of_topics([ticket_id], TOPICS)
            except UnreadableError as error:
                failed[ticket_id] = error
        return events, failed


def _columns(rows: Iterable[tuple[str | None, str]]) -> list[list[str]]:
    named = [(subject, ticket_id) for subject, ticket_id in rows if subject]
    return [[subject for subject, _ in named], [ticket_id for _, ticket_id in named]]


def _kept(token: Token, events: Sequence[Event]) -> Json:
    """By the names of the columns, the words not yet converted to terms."""
    first, last = events[0], events[-1]
    return {
        "ticket_id": first.originator_id,
        "version": last.originator_version,
        "opened_at": first.timestamp,
        "words": words(texts(events), token),
    }


def texts(events: Sequence[Event]) -> Iterator[str]:
    """Number, subject, customer and tags as they are now, then all messages."""
    opened = events[0].fact
    assert isinstance(opened, TicketOpened)
    updates = [e.fact.new for e in events if isinstance(e.fact, TicketUpdated)]
    now = updates[-1] if updates else opened
    subjects = [one.subject for one in updates if one.subject is not None]
    yield str(opened.number)
    yield subjects[-1] if subjects else opened.subject
    yield from _of_customer(opened.customer)
    yield from now.tags
    yield opened.body
    for event in events:
        if isinstance(event.fact, TicketMessageAdded):
            yield event.fact.body


def _of_customer(customer: Customer) -> Iterator[str]:
    yield customer.external_id
    if customer.name:
        yield customer.name
    for contact in customer.contacts.values():
        yield contact
        # A telephone number is found however it was grouped.
        yield "".join(filter(str.isdigit, contact))
