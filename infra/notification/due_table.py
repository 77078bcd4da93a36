"""Notifications, when they are due, and what was sent recently, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from domain.notification.dispatch_order import LARGEST_BUNDLE, SentRecord
from domain.notification.notification import Notification
from domain.notification.rate_limits import LIMITS
from infra.postgres.database import Database

MEMORY = max(limit.memory for limit in LIMITS.values())


class NotificationTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def show(self, notification: Notification) -> None:
        """Never backwards: two may fold the same notification at once."""
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO notifications AS n"
                " (id, version, person, due_at, state, channels, planned_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE"
                " SET version = EXCLUDED.version, due_at = EXCLUDED.due_at,"
                " state = EXCLUDED.state WHERE n.version < EXCLUDED.version",
                (
                    notification.id,
                    notification.version,
                    notification.person,
                    notification.due_at,
                    notification.state,
                    sorted({m.channel for m in notification.messages}),
                    notification.planned_at,
                ),
            )

    async def due(self, now: datetime, limit: int) -> list[str]:
        """A person with hundreds of messages must not block the others."""
        rows = await self._database.rows(
            "SELECT id FROM (SELECT id, due_at, row_number() OVER"
            " (PARTITION BY person ORDER BY due_at, id) AS turn"
            " FROM notifications WHERE due_at <= %s) d"
            " WHERE turn <= %s ORDER BY turn, due_at LIMIT %s",
            (now, LARGEST_BUNDLE, limit),
        )
        return [number for (number,) in rows]

    async def next_due(self) -> datetime | None:
        rows = await self._database.rows("SELECT min(due_at) FROM notifications")
        found: datetime | None = rows[0][0]
        return found

    async def spent(self, now: datetime) -> Sequence[SentRecord]:
        rows = await self._database.rows(
            "SELECT destination, person, tickets, sent_at, full_at"
            " FROM notification_sends WHERE sent_at > %s ORDER BY sent_at",
            (now - MEMORY,),
        )
        return [
            SentRecord(
                destination=destination,
                person=person,
                tickets=tuple(tickets),
                at=at,
                full_at=full_at,
            )
            for destination, person, tickets, at, full_at in rows
        ]

    async def spend(self, spent: SentRecord) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM notification_sends WHERE sent_at < %s",
                (spent.at - MEMORY,),
            )
            await connection.execute(
                "INSERT INTO notification_sends VALUES (%s, %s, %s, %s, %s)",
                (
                    spent.destination,
                    spent.person,
                    list(spent.tickets),
                    spent.at,
                    spent.full_at,
                ),
            )
