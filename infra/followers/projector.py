"""The read model of tickets: what lists, loads and the sweeper ask."""

from collections.abc import Iterator, Sequence
from typing import Any

from typing_extensions import override

from domain.enforcement import plan
from domain.ticket.state import Ticket
from infra.database import Database
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.bell import Bell
from infra.followers.follower import Follower
from infra.followers.tickets import TicketCache

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
        ids = dict.fromkeys(ticket_ids(batch))
        tickets, failed = await self._tickets.fresh(ids)
        for ticket_id, error in failed.items():
            await self.park(ticket_id, batch[-1].position, error)
        async with self.database.transaction() as connection:
            if tickets:
                rows = [_row(ticket) for ticket in tickets.values()]
                await connection.cursor().executemany(_UPSERT, rows)
                await self.unpark(list(tickets), connection)
            await self.save(batch[-1].position, connection)


def ticket_ids(batch: Sequence[Header]) -> Iterator[str]:
    """Streams of configuration and the like have a `/` in their names."""
    return (h.stream_id for h in batch if "/" not in h.stream_id)


def _row(ticket: Ticket) -> tuple[Any, ...]:
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
