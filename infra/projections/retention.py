"""Customers by their tickets, and how far each retention run is."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from activities.retention import Done, Outcome
from domain.privacy.facts import AGENTS
from domain.privacy.retention import Standing
from infra.postgres.database import Database

# A ticket that the read models could not digest may have been touched since, so whoever
# occurs in it is not known to be done with; nor is whoever opened it.
_STANDING: LiteralString = """
SELECT s.subject, count(*),
    bool_and(coalesce(t.status = 'closed', false) AND p.stream_id IS NULL)
        AND NOT EXISTS (
            SELECT FROM parked_streams q JOIN tickets o ON o.id = q.stream_id
            WHERE o.customer = s.subject),
    max(t.updated_at)
FROM subject_tickets s
LEFT JOIN tickets t ON t.id = s.ticket_id
LEFT JOIN (SELECT DISTINCT stream_id FROM parked_streams) p
    ON p.stream_id = s.ticket_id
WHERE EXISTS (
    SELECT FROM pledge_keys.data_keys k
    WHERE k.subject = s.subject AND k.wrapped IS NOT NULL)
"""
_ONE = _STANDING + " AND s.subject = %s GROUP BY s.subject"
_UNTOUCHED = (
    _STANDING
    + " AND s.subject > %s AND NOT starts_with(s.subject, %s) GROUP BY s.subject"
    " HAVING max(t.updated_at) < %s ORDER BY s.subject LIMIT %s"
)


class StandingTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def untouched(
        self, before: datetime, after: str, limit: int
    ) -> Sequence[Standing]:
        rows = await self._database.rows(_UNTOUCHED, (after, AGENTS, before, limit))
        return [_standing(*row) for row in rows]

    async def of(self, external_id: str) -> Standing | None:
        rows = await self._database.rows(_ONE, (external_id,))
        return next((_standing(*row) for row in rows if row[3] is not None), None)


def _standing(
    external_id: str, tickets: int, closed: bool, touched_at: datetime
) -> Standing:
    return Standing(
        external_id=external_id, tickets=tickets, closed=closed, touched_at=touched_at
    )


class RetentionTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def done(self, run_id: str) -> Done | None:
        rows = await self._database.rows(_DONE, (run_id,))
        if not rows:
            return None
        planned, kinds, outcomes, deletions = rows[0]
        decided = {o: n for o, n in outcomes.items() if o != "left"}
        steps = sum(decided.values()) + sum(d["done"] for d in deletions.values())
        everything = sum(outcomes.values()) + kinds
        return Done(
            share=steps / everything if planned and everything else 0.0,
            outcomes=decided,
            deleted={name: d["count"] for name, d in deletions.items()},
        )

    async def begin(self, run_id: str, kinds: int) -> None:
        await self._write(
            "INSERT INTO retention_runs (id, kinds) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING",
            run_id,
            kinds,
        )

    async def is_planned(self, run_id: str) -> bool:
        rows = await self._database.rows(
            "SELECT FROM retention_runs WHERE id = %s AND planned", (run_id,)
        )
        return bool(rows)

    async def plan(self, run_id: str, people: Sequence[str]) -> None:
        await self._write(
            "INSERT INTO retention_people (run_id, subject)"
            " SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
            run_id,
            list(people),
        )

    async def planned(self, run_id: str) -> None:
        await self._write(
            "UPDATE retention_runs SET planned = true WHERE id = %s", run_id
        )

    async def left(self, run_id: str, limit: int) -> Sequence[str]:
        rows = await self._database.rows(
            "SELECT subject FROM retention_people WHERE run_id = %s"
            " AND outcome IS NULL ORDER BY subject LIMIT %s",
            (run_id, limit),
        )
        return [row[0] for row in rows]

    async def decided(self, run_id: str, external_id: str, outcome: Outcome) -> None:
        await self._write(
            "UPDATE retention_people SET outcome = %s"
            " WHERE run_id = %s AND subject = %s AND outcome IS NULL",
            outcome,
            run_id,
            external_id,
        )

    async def deleted_all(self, run_id: str, name: str) -> None:
        await self._write(
            "INSERT INTO retention_deletions (run_id, name, count, done)"
            " VALUES (%s, %s, 0, true) ON CONFLICT (run_id, name)"
            " DO UPDATE SET done = true",
            run_id,
            name,
        )

    async def end(self, run_id: str) -> None:
        await self._write("DELETE FROM retention_runs WHERE id = %s", run_id)

    async def _write(self, query: LiteralString, *parameters: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(query, parameters)


_DONE = """
SELECT r.planned, r.kinds,
    (SELECT coalesce(jsonb_object_agg(outcome, count), '{}') FROM (
        SELECT coalesce(outcome, 'left') AS outcome, count(*)
        FROM retention_people WHERE run_id = r.id GROUP BY 1) AS counted),
    (SELECT coalesce(jsonb_object_agg(
        name, jsonb_build_object('count', count, 'done', done)), '{}')
     FROM retention_deletions WHERE run_id = r.id)
FROM retention_runs r WHERE r.id = %s
"""
