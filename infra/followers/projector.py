"""The read model of tickets: what lists, loads and the sweeper ask."""

from collections.abc import Iterator, Mapping, Sequence

import psycopg
from typing_extensions import override

from domain.enforcement import plan
from domain.ticket.state import Ticket
from infra.database import Database, Row
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.bell import Bell
from infra.followers.follower import Follower
from infra.followers.tickets import TicketCache, each

PROJECTOR = "projector"

_UPSERT = """
INSERT INTO tickets AS t (id, number, version, status, subject, channel, type, priority,
    tier, customer, team, assignee, product_area, tags, clock_states, due_at,
    next_due_ms, done, opened_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET
    version = EXCLUDED.version, status = EXCLUDED.status, subject = EXCLUDED.subject,
    type = EXCLUDED.type, priority = EXCLUDED.priority, tier = EXCLUDED.tier,
    team = EXCLUDED.team, assignee = EXCLUDED.assignee,
    product_area = EXCLUDED.product_area, tags = EXCLUDED.tags,
    clock_states = EXCLUDED.clock_states, due_at = EXCLUDED.due_at,
    next_due_ms = EXCLUDED.next_due_ms, done = EXCLUDED.done,
    updated_at = EXCLUDED.updated_at
WHERE t.version < EXCLUDED.version
"""

_REFUSED = (psycopg.DataError, psycopg.IntegrityError)


class Projector(Follower):
    name = PROJECTOR

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        bell: Bell,
        tickets: TicketCache,
    ) -> None:
        super().__init__(database, store, bell)
        self._tickets = tickets

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        position = batch[-1].position
        ids = dict.fromkeys(ticket_ids(batch))
        tickets, failed = await self._tickets.fresh(ids)
        rows, refused = each(tickets, _row)
        await self.park(failed | refused, position)
        try:
            await self._write(rows)
        except _REFUSED:
            await self._write_one_by_one(rows, position)
        async with self.database.connection() as connection:
            await self.save(position, connection)

    async def _write(self, rows: Mapping[str, Row]) -> None:
        if rows:
            async with self.database.transaction() as connection:
                await connection.cursor().executemany(_UPSERT, list(rows.values()))
                await self.unpark(list(rows), connection)

    async def _write_one_by_one(self, rows: Mapping[str, Row], position: int) -> None:
        for ticket_id, row in rows.items():
            try:
                await self._write({ticket_id: row})
            except _REFUSED as error:
                await self.park({ticket_id: error}, position)


def ticket_ids(batch: Sequence[Header]) -> Iterator[str]:
    """Streams of configuration and the like have a `/` in their names."""
    return (h.stream_id for h in batch if "/" not in h.stream_id)


def _row(ticket: Ticket) -> Row:
    due = [c.due_at for c in ticket.clocks if c.live and c.due_at is not None]
    made = plan(ticket)
    return (
        ticket.id,
        ticket.number,
        ticket.version,
        ticket.status,
        ticket.subject,
        ticket.channel,
        ticket.type,
        ticket.priority,
        ticket.customer.tier,
        ticket.customer.external_id,
        ticket.team,
        ticket.assignee,
        ticket.product_area,
        list(ticket.tags),
        sorted({c.state for c in ticket.clocks}),
        min(due, default=None),
        made.next_due_ms,
        made.done,
        ticket.opened_at,
        ticket.updated_at,
    )
