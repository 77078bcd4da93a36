"""Lists of tickets from the read model, and waiting for it to catch up."""

import asyncio
import base64
from datetime import datetime
from typing import Any, LiteralString

from api.ports import BehindError, TicketFilter
from domain.errors import InvalidError
from domain.event import Json
from infra.database import Database
from infra.followers.projector import PROJECTOR

LONGEST_WAIT_S = 5.0

_COLUMNS = (
    "id", "number", "version", "status", "subject", "channel", "type", "priority",
    "tier", "customer", "team", "assignee", "tags", "product_area", "clock_states",
    "due_at", "created_at", "updated_at",
)  # fmt: skip

_CONDITIONS: dict[str, LiteralString] = {
    "status": "status = %s",
    "team": "team = %s",
    "assignee": "assignee = %s",
    "tier": "tier = %s",
    "type": "type = %s",
    "priority": "priority = %s",
    "clock_state": "%s = ANY (clock_states)",
    "due_before": "due_at < %s",
    "q": "position(lower(%s) in lower(subject)) > 0",
}

_SELECT: LiteralString = (
    "SELECT id, number, version, status, subject, channel, type, priority, tier,"
    " customer, team, assignee, tags, product_area, clock_states, due_at, opened_at,"
    " updated_at FROM tickets"
)


class TicketReadModel:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: TicketFilter, limit: int, cursor: str | None
    ) -> tuple[list[Json], str | None]:
        conditions: list[LiteralString] = ["true"]
        parameters: list[Any] = []
        for name, condition in _CONDITIONS.items():
            value = getattr(wanted, name)
            if value is not None:
                conditions.append(condition)
                parameters.append(value)
        if cursor is not None:
            conditions.append("(opened_at, id) < (%s, %s)")
            parameters.extend(decode_cursor(cursor))
        query = (
            _SELECT
            + " WHERE "
            + " AND ".join(conditions)
            + " ORDER BY opened_at DESC, id DESC LIMIT %s"
        )
        rows = await self._database.rows(query, (*parameters, limit + 1))
        items = [dict(zip(_COLUMNS, row, strict=True)) for row in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        return items, encode_cursor(last[16], last[0]) if last else None

    async def opened(
        self, since: datetime, until: datetime, after: str, limit: int
    ) -> list[str]:
        rows = await self._database.rows(
            "SELECT id FROM tickets WHERE opened_at >= %s AND opened_at < %s"
            " AND id > %s ORDER BY id LIMIT %s",
            (since, until, after, limit),
        )
        return [str(row[0]) for row in rows]

    async def wait_for(self, position: int) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONGEST_WAIT_S
        while await self.position() < position:
            if loop.time() > deadline:
                raise BehindError(position)
            await asyncio.sleep(0.02)

    async def position(self) -> int:
        rows = await self._database.rows(
            "SELECT position FROM follower_positions WHERE follower = %s", (PROJECTOR,)
        )
        return int(rows[0][0]) if rows else 0


def encode_cursor(opened_at: datetime, ticket_id: str) -> str:
    text = f"{opened_at.isoformat()}|{ticket_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
        opened_at, _, ticket_id = text.partition("|")
        when = datetime.fromisoformat(opened_at)
    except ValueError as error:
        raise InvalidError.at("?cursor", "is none of ours") from error
    if when.tzinfo is None or not ticket_id or "\0" in ticket_id:
        raise InvalidError.at("?cursor", "is none of ours")
    return when, ticket_id
