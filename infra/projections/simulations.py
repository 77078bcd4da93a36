"""Simulations in PostgreSQL: the requests, and the results page by page."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from activities.cloudevents import plain
from activities.ports import BusyError, Caller
from activities.simulation import (
    KEPT_FOR,
    MOST_KEPT,
    MOST_SHOWN,
    MOST_WAITING,
    Job,
    Order,
)
from activities.simulation_pages import Page
from domain.event import Json
from domain.simulation.comparison import Summary, TicketDifference
from infra.postgres.database import Database

CHANNEL = "simulations"
ADD_LOCK = 7311


class SimulationTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, order: Order, caller: Caller) -> bool:
        async with self._database.transaction() as connection:
            # Serialized: together they could add more than are allowed.
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (ADD_LOCK,))
            cursor = await connection.execute(
                "SELECT count(*) FROM simulations WHERE finished_at IS NULL"
            )
            row = await cursor.fetchone()
            if row and row[0] >= MOST_WAITING:
                message = f"{MOST_WAITING} simulations are waiting already; try again"
                raise BusyError(message)
            cursor = await connection.execute(_ADD, _row(order, caller))
            await connection.execute("NOTIFY simulations")
            return cursor.rowcount == 1

    async def asked_for_by(self, command_id: str) -> tuple[str, str] | None:
        rows = await self._database.rows(
            "SELECT id, request_sha256 FROM simulations WHERE command_id = %s",
            (command_id,),
        )
        return (rows[0][0], rows[0][1]) if rows else None

    async def find(self, job_id: str) -> Job | None:
        rows = await self._database.rows(
            "SELECT state, as_of, warnings, cardinality(ticket_ids), error"
            " FROM simulations WHERE id = %s",
            (job_id,),
        )
        if not rows:
            return None
        state, as_of, warnings, total, error = rows[0]
        pages = await self._database.rows(
            "SELECT done, summary, tickets, left_out FROM simulation_pages"
            " WHERE simulation_id = %s ORDER BY page",
            (job_id,),
        )
        return Job(
            id=job_id,
            state=state,
            as_of=as_of,
            warnings=warnings,
            total=total,
            error=error,
            done=sum(page[0] for page in pages),
            summary=_total([page[1] for page in pages]),
            tickets=[one for page in pages for one in page[2]][:MOST_SHOWN],
            left_out=[one for page in pages for one in page[3]],
        )

    async def delete(self, job_id: str) -> bool:
        rows = await self._database.rows(
            "DELETE FROM simulations WHERE id = %s RETURNING id", (job_id,)
        )
        return bool(rows)

    async def expire(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_EXPIRE, (MOST_KEPT, KEPT_FOR))

    async def unfinished(self) -> Sequence[str]:
        """The oldest first."""
        rows = await self._database.rows(
            "SELECT id FROM simulations WHERE finished_at IS NULL ORDER BY created_at"
        )
        return [row[0] for row in rows]

    async def order(self, job_id: str, page: int, size: int) -> Order | None:
        rows = await self._database.rows(
            "SELECT as_of, draft, ticket_ids[%s:%s], cardinality(ticket_ids), revision"
            " FROM simulations WHERE id = %s AND finished_at IS NULL",
            (page * size + 1, (page + 1) * size, job_id),
        )
        if not rows:
            return None
        as_of, draft, ticket_ids, total, revision = rows[0]
        return Order(
            id=job_id,
            as_of=as_of,
            documents={
                (kind, name): document
                for kind, named in draft.items()
                for name, document in named.items()
            },
            ticket_ids=ticket_ids,
            total=total,
            revision=revision,
        )

    async def begin(self, job_id: str, revision: int) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE simulations SET state = 'running', revision = %s WHERE id = %s",
                (revision, job_id),
            )
            await connection.execute(
                "DELETE FROM simulation_pages WHERE simulation_id = %s", (job_id,)
            )

    async def keep(self, job_id: str, page: Page) -> None:
        """Nothing for a job that was deleted meanwhile."""
        differing = [found for found in page.found if found.differs]
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT coalesce(sum(jsonb_array_length(tickets)), 0)"
                " FROM simulation_pages WHERE simulation_id = %s AND page < %s",
                (job_id, page.number),
            )
            row = await cursor.fetchone()
            room = max(MOST_SHOWN - int(row[0] if row else 0), 0)
            await connection.execute(
                _KEEP,
                {
                    "id": job_id,
                    "page": page.number,
                    "done": page.done,
                    "summary": Jsonb(msgspec.to_builtins(page.summary())),
                    "tickets": Jsonb([_ticket(found) for found in differing[:room]]),
                    "left_out": Jsonb(plain(list(page.left_out))),
                },
            )

    async def end(self, job_id: str, error: str | None = None) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "UPDATE simulations SET state = %s, error = %s, finished_at = now()"
                " WHERE id = %s AND finished_at IS NULL",
                ("failed" if error else "done", error, job_id),
            )


_ADD = """
INSERT INTO simulations
    (id, command_id, request_sha256, as_of, draft, warnings, ticket_ids)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (command_id) DO NOTHING
"""
_EXPIRE = """
DELETE FROM simulations WHERE id IN (
    SELECT id FROM (
        SELECT id, finished_at, row_number() OVER (ORDER BY finished_at DESC) AS place
        FROM simulations WHERE finished_at IS NOT NULL
    ) AS finished
    WHERE place > %s OR finished_at < now() - %s::interval
)
"""
_KEEP = """
INSERT INTO simulation_pages (simulation_id, page, done, summary, tickets, left_out)
SELECT id, %(page)s, %(done)s, %(summary)s, %(tickets)s, %(left_out)s
FROM simulations WHERE id = %(id)s FOR KEY SHARE
ON CONFLICT (simulation_id, page) DO UPDATE SET done = EXCLUDED.done,
    summary = EXCLUDED.summary, tickets = EXCLUDED.tickets, left_out = EXCLUDED.left_out
"""


def _row(order: Order, caller: Caller) -> tuple[object, ...]:
    return (
        order.id,
        caller.command_id,
        caller.request_sha256,
        order.as_of,
        Jsonb(_nested(order)),
        Jsonb(plain(order.warnings)),
        list(order.ticket_ids),
    )


def _nested(order: Order) -> dict[str, dict[str, Json]]:
    nested: dict[str, dict[str, Json]] = {}
    for (kind, name), document in order.documents.items():
        nested.setdefault(kind, {})[name] = document
    return nested


def _total(summaries: Sequence[Any]) -> Summary:
    total = Summary()
    for summary in summaries:
        total = total.together(msgspec.convert(summary, Summary))
    return total


def _ticket(found: TicketDifference) -> Json:
    return {
        "ticket_id": found.ticket_id,
        "number": found.number,
        "clocks": [
            {
                "metric": clock.metric,
                "cycle": clock.cycle,
                "differs": clock.differs,
                "actual": plain(clock.actual),
                "published": plain(clock.published),
                "draft": plain(clock.draft),
            }
            for clock in found.clocks
        ],
    }
