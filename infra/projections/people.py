"""What is kept of persons beside the log: their keys, and where they occur."""

from collections.abc import Sequence

from activities.privacy import PersonKeys
from infra.postgres.database import Database


class PeopleTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keys(self, external_id: str) -> PersonKeys:
        rows = await self._database.rows(
            "SELECT count(wrapped), count(*) - count(wrapped)"
            " FROM pledge_keys.data_keys WHERE subject = %s",
            (external_id,),
        )
        return PersonKeys(*rows[0])

    async def tickets(self, external_id: str, after: str, limit: int) -> Sequence[str]:
        rows = await self._database.rows(
            "SELECT ticket_id FROM subject_tickets"
            " WHERE subject = %s AND ticket_id > %s ORDER BY ticket_id LIMIT %s",
            (external_id, after, limit),
        )
        return [row[0] for row in rows]
