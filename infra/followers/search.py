"""The words of each ticket's texts, kept up to date from the log.

A separate follower: lists and loads, which depend on the projector, must not wait for
long texts.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

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
from infra.eventstore.store import Header
from infra.eventstore.streams import SEARCH
from infra.followers.follower import Follower
from infra.followers.ticket_cache import Failed, each
from infra.projections.search.words import words

TOPICS = (TicketOpened.topic, TicketMessageAdded.topic, TicketUpdated.topic)
"""What changes the texts of a ticket."""
_UPSERT = """
INSERT INTO ticket_search AS s (ticket_id, version, opened_at, terms)
SELECT ticket_id, version, opened_at, array_to_tsvector(words)
FROM jsonb_to_recordset(%s)
AS new (ticket_id text, version bigint, opened_at timestamptz, words text[])
ON CONFLICT (ticket_id) DO UPDATE SET
    version = EXCLUDED.version, terms = EXCLUDED.terms
WHERE s.version < EXCLUDED.version
"""
_ENCODER = msgspec.json.Encoder()


class Search(Follower):
    name = SEARCH

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        position = batch[-1].position
        found = dict.fromkeys(h.stream_id for h in batch if h.topic in TOPICS)
        events, unreadable = await self._events(list(found))
        # Off the loop: a text may be long, and the other followers must not wait.
        rows, failed = await asyncio.to_thread(each, events, _kept)
        if failed or unreadable:
            await self.park(unreadable | failed, position)
        async with self.database.transaction() as connection:
            if rows:
                # Sorted, so that two leaders for a moment cannot deadlock.
                kept = [rows[ticket_id] for ticket_id in sorted(rows)]
                text = _ENCODER.encode(kept).decode()
                await connection.execute(_UPSERT, (text,), prepare=True)
            if found:
                await self.unpark(list(rows), connection)
            await self.save(position, connection)

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


def _kept(events: Sequence[Event]) -> Json:
    """By the names of the columns, the words not yet converted to terms."""
    first, last = events[0], events[-1]
    return {
        "ticket_id": first.originator_id,
        "version": last.originator_version,
        "opened_at": first.timestamp,
        "words": words(texts(events)),
    }


def texts(events: Sequence[Event]) -> Iterator[str]:
    """Number, subject, customer and tags as they are now, then all messages."""
    opened = events[0].fact
    assert isinstance(opened, TicketOpened)
    updates = [e.fact.new for e in events if isinstance(e.fact, TicketUpdated)]
    now = updates[-1] if updates else opened
    yield str(opened.number)
    yield now.subject
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
