"""Where each subscription stands, its sealed secret, and every try to deliver."""

import logging

from cryptography.fernet import Fernet

from activities.delivery import Attempt
from activities.ports import Recorded
from domain.subscription import Subscription, wanted
from domain.webhook import Secret
from infra import metrics
from infra.database import Database, Row
from infra.eventstore.store import PostgresEventStore
from infra.eventstore.topics import FACTS
from infra.logs import fields

LOG = logging.getLogger(__name__)


class PostgresOutbox:
    """`seal`: a Fernet key kept elsewhere, so that a dump alone cannot sign."""

    def __init__(
        self, database: Database, store: PostgresEventStore, seal: bytes
    ) -> None:
        self._database, self._store = database, store
        self._seal = Fernet(seal)

    async def waiting(self, subscription: Subscription, limit: int) -> list[Recorded]:
        head = await self._store.head()
        after = max(await self._position(subscription.id), subscription.from_position)
        topics = [topic for topic in FACTS if wanted(topic, subscription.types)]
        found = await self._store.read(after, limit, topics)
        if not found and head > after:
            await self._move(subscription.id, head)
        return found

    async def secret(self, subscription_id: str) -> Secret:
        rows = await self._database.rows(
            "SELECT sealed FROM subscription_secrets WHERE subscription_id = %s",
            (subscription_id,),
        )
        return Secret.parse(self._seal.decrypt(bytes(rows[0][0])).decode())

    async def keep_secret(self, subscription_id: str, secret: str) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO subscription_secrets VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                (subscription_id, self._seal.encrypt(secret.encode())),
            )

    async def reveal(self, subscription_id: str) -> str | None:
        """The secret as text, for the one answer that shows it."""
        rows = await self._database.rows(
            "SELECT sealed FROM subscription_secrets WHERE subscription_id = %s",
            (subscription_id,),
        )
        return self._seal.decrypt(bytes(rows[0][0])).decode() if rows else None

    async def tried(self, attempt: Attempt) -> None:
        state = "delivered" if attempt.delivered else "failed"
        metrics.DELIVERED.labels(state).inc()
        if not attempt.delivered:
            _tell(attempt)
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO deliveries (subscription_id, position, event_type,"
                " attempt, state, status_code, detail, duration_ms)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    attempt.subscription_id,
                    attempt.recorded.position,
                    attempt.recorded.event.fact.topic,
                    attempt.attempt,
                    state,
                    attempt.status_code,
                    attempt.detail.replace("\0", "")[:500],
                    int(attempt.duration.total_seconds() * 1000),
                ),
            )
            if attempt.delivered:
                await connection.execute(
                    _MOVE, (attempt.subscription_id, attempt.recorded.position)
                )

    async def deliveries(
        self, subscription_id: str, before: int | None, limit: int
    ) -> list[Row]:
        """Newest first: id, position, type, attempt, state, status, detail, ms, at."""
        return await self._database.rows(
            "SELECT id, position, event_type, attempt, state, status_code, detail,"
            " duration_ms, attempted_at FROM deliveries"
            " WHERE subscription_id = %s AND id < %s ORDER BY id DESC LIMIT %s",
            (subscription_id, before or 2**62, limit),
        )

    async def _position(self, subscription_id: str) -> int:
        rows = await self._database.rows(
            "SELECT position FROM subscription_positions WHERE subscription_id = %s",
            (subscription_id,),
        )
        return int(rows[0][0]) if rows else 0

    async def _move(self, subscription_id: str, position: int) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_MOVE, (subscription_id, position))


_MOVE = """
INSERT INTO subscription_positions AS s (subscription_id, position) VALUES (%s, %s)
ON CONFLICT (subscription_id) DO UPDATE
SET position = EXCLUDED.position, updated_at = now()
WHERE s.position < EXCLUDED.position
"""


def _tell(attempt: Attempt) -> None:
    """For operators; who subscribed reads it in the list of deliveries. The answer of
    the endpoint is not told: it is theirs.
    """
    LOG.warning(
        "a delivery failed and will be tried again",
        extra=fields(
            subscription=attempt.subscription_id,
            position=attempt.recorded.position,
            attempt=attempt.attempt,
            status=attempt.status_code,
        ),
    )
