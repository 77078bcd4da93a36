"""Notifications over all tickets, the newest first."""

from typing import Any, LiteralString

from api.ports import NotificationFilter
from infra.postgres.database import Database
from infra.projections.ticket_list import decode_cursor, encode_cursor

_SELECT: LiteralString = "SELECT id, planned_at FROM notifications"


class NotificationList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: NotificationFilter, limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        conditions: list[LiteralString] = ["true"]
        parameters: list[Any] = []

        def narrow(condition: LiteralString, *values: object) -> None:
            conditions.append(condition)
            parameters.extend(values)

        if wanted.states:
            narrow("state = ANY (%s)", list(wanted.states))
        if wanted.agent is not None:
            narrow("person = %s", wanted.agent)
        if wanted.channel is not None:
            narrow("%s = ANY (channels)", wanted.channel)
        if wanted.since is not None:
            narrow("planned_at >= %s", wanted.since)
        if cursor is not None:
            narrow("(planned_at, id) < (%s, %s)", *decode_cursor(cursor))
        rows = await self._database.rows(
            _SELECT
            + " WHERE "
            + " AND ".join(conditions)
            + " ORDER BY planned_at DESC, id DESC LIMIT %s",
            (*parameters, limit + 1),
        )
        following = None
        if len(rows) > limit:
            last_id, last_at = rows[limit - 1]
            following = encode_cursor(last_at, last_id)
        return [number for number, _ in rows[:limit]], following
