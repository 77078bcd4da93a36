"""Which tickets have running clocks by a policy or a calendar: from the read model."""

from collections.abc import Sequence
from typing import LiteralString

from domain.ticket.restatement import ClockedBy
from infra.postgres.database import Database

_BY: dict[ClockedBy, LiteralString] = {
    "sla-policies": "SELECT DISTINCT ticket_id FROM clocks WHERE live"
    " AND policy_name = %s AND ticket_id > %s ORDER BY ticket_id LIMIT %s",
    "calendars": "SELECT DISTINCT ticket_id FROM clocks WHERE live"
    " AND calendar_name = %s AND ticket_id > %s ORDER BY ticket_id LIMIT %s",
}


class LiveClockTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def tickets(
        self, kind: ClockedBy, name: str, after: str, limit: int
    ) -> Sequence[str]:
        rows = await self._database.rows(_BY[kind], (name, after, limit))
        return [str(row[0]) for row in rows]
