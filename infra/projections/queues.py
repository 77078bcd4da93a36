"""Queues of teams, from the read model."""

from collections.abc import Sequence
from typing import LiteralString

from domain.event import Json
from domain.people.routing import Order
from infra.postgres.database import Database
from infra.projections.texts import Texts
from infra.projections.ticket_list import decode_cursor, encode_cursor

_NAMES = (
    "ticket_id", "number", "subject", "priority", "tier", "queued_at", "due_at",
    "offered_to", "offer_expires_at", "reason",
)  # fmt: skip
_SUMMARY = (
    "team", "waiting", "offered", "oldest_queued_at", "next_due_at", "breached",
)  # fmt: skip
_WAITING: dict[Order, LiteralString] = {
    "oldest": "SELECT id FROM tickets WHERE queued AND waiting IS NOT NULL"
    " AND team = %s ORDER BY queued_at, id",
    "most_urgent": "SELECT id FROM tickets WHERE queued AND waiting IS NOT NULL"
    " AND team = %s ORDER BY due_at NULLS LAST, queued_at, id",
}


class QueueTable:
    def __init__(self, database: Database, texts: Texts) -> None:
        self._database, self._texts = database, texts

    async def page(
        self, team: str, limit: int, cursor: str | None
    ) -> tuple[list[Json], str | None]:
        """The waiting tickets, the oldest first. Raises InvalidError."""
        after = decode_cursor(cursor) if cursor else (None, None)
        rows = await self._database.rows(
            "SELECT id, number, subject, priority, tier, queued_at, due_at, offered_to,"
            " offer_expires_at, waiting FROM tickets WHERE team = %s AND queued"
            " AND (%s::text IS NULL OR (queued_at, id) > (%s::timestamptz, %s::text))"
            " ORDER BY queued_at, id LIMIT %s",
            (team, after[1], *after, limit + 1),
        )
        items = [dict(zip(_NAMES, row, strict=True)) for row in rows[:limit]]
        await self._texts.open_subjects(items, "ticket_id")
        last = rows[limit - 1] if len(rows) > limit else None
        return items, encode_cursor(last[5], last[0]) if last else None

    async def summary(self) -> list[Json]:
        """Of each team with waiting tickets: how many, and since when."""
        rows = await self._database.rows(
            "SELECT team, count(*), count(offered_to), min(queued_at), min(due_at),"
            " count(*) FILTER (WHERE breached) FROM tickets"
            " WHERE queued AND team IS NOT NULL GROUP BY team"
        )
        return [dict(zip(_SUMMARY, row, strict=True)) for row in rows]

    async def teams(self) -> Sequence[str]:
        return await self._words(
            "SELECT DISTINCT team FROM tickets WHERE queued AND waiting IS NOT NULL"
            " ORDER BY team"
        )

    async def waiting(self, team: str, order: Order) -> Sequence[str]:
        return await self._words(_WAITING[order], team)

    async def unheld(self, team: str) -> Sequence[str]:
        return await self._words(
            "SELECT id FROM tickets WHERE team = %s AND assignee IS NULL"
            " AND status NOT IN ('resolved', 'closed')"
            " ORDER BY coalesce(queued_at, opened_at), id",
            team,
        )

    async def held(self) -> Sequence[str]:
        return await self._words("SELECT id FROM tickets WHERE held ORDER BY id")

    async def owner(self, agent: str) -> Sequence[str]:
        return await self._words(
            "SELECT id FROM tickets WHERE offered_to = %s OR"
            " (assignee = %s AND status NOT IN ('resolved', 'closed'))"
            " OR (approvers <> '{}' AND approvers @> ARRAY[%s])"
            " ORDER BY opened_at, id",
            agent,
            agent,
            agent,
        )

    async def _words(self, query: LiteralString, *parameters: str) -> list[str]:
        return [row[0] for row in await self._database.rows(query, parameters)]
