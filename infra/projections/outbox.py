"""The position of each subscription, its encrypted secret, and every try to deliver."""

import logging
from datetime import datetime

from cryptography.fernet import Fernet

from activities.delivery import Attempt
from activities.ports import Recorded
from api.ports import MOST_COUNTED, Standing
from domain.subscription.subscription import Subscription, wanted
from domain.subscription.webhook import Secret
from infra import metrics
from infra.eventstore.store import PostgresEventStore
from infra.eventstore.topics import FACTS
from infra.postgres.database import Database, Row
from infra.process.logs import fields

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
        topics = _topics(subscription)
        found = await self._newest(subscription, after, topics, limit)
        after = max(after, subscription.newest_until)
        more = True
        while more and len(found) < limit:
            page = await self._store.read(after, limit, topics)
            # For a type that was added later only what came after that.
            found += [r for r in page if subscription.wants(*_headed(r))]
            after, more = page[-1].position if page else after, len(page) == limit
        if not found and head > after:
            await self._move(subscription.id, head)
        return found[:limit]

    async def _newest(
        self, subscription: Subscription, after: int, topics: list[str], limit: int
    ) -> list[Recorded]:
        """For held-back events only the newest of each subject, if so configured."""
        until = subscription.newest_until
        if until <= after:
            return []
        rows = await self._database.rows(
            "SELECT max(notification_id) FROM stored_events WHERE notification_id > %s"
            " AND notification_id <= %s AND topic = ANY(%s)"
            " GROUP BY originator_id ORDER BY 1 LIMIT %s",
            (after, until, topics, limit),
        )
        found: list[Recorded] = []
        for (position,) in rows:
            found += await self._store.read(position - 1, 1, topics)
        return [r for r in found if subscription.wants(*_headed(r))]

    async def standing(self, subscription: Subscription) -> Standing:
        rows = await self._database.rows(
            "SELECT position, last_success_at, failing_since, failures, next_try_at,"
            " last_failure FROM subscription_positions WHERE subscription_id = %s",
            (subscription.id,),
        )
        row = rows[0] if rows else (0, None, None, 0, None, None)
        position, well_at, failing_since, failures, next_try_at, why = row
        after = max(position, subscription.from_position)
        held, oldest = await self._held(subscription, after)
        last_failure = self._opened(why) or None
        tried = well_at, failing_since, failures, next_try_at, last_failure
        return Standing(held, oldest, *tried)

    async def _held(
        self, subscription: Subscription, after: int
    ) -> tuple[int, datetime | None]:
        """How many events wait, up to `MOST_COUNTED`, and since when the oldest."""
        topics = _topics(subscription)
        [row] = await self._database.rows(
            "SELECT count(*), min(recorded_at) FROM (SELECT recorded_at"
            " FROM stored_events WHERE notification_id > %s AND topic = ANY(%s)"
            " ORDER BY notification_id LIMIT %s) AS waiting",
            (after, topics, MOST_COUNTED),
        )
        return row[0], row[1]

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
        detail = self._sealed(attempt.detail[:500])
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
                    attempt.position,
                    attempt.event_type,
                    attempt.attempt,
                    state,
                    attempt.status_code,
                    detail,
                    round(attempt.duration.total_seconds() * 1000),
                ),
            )
            if attempt.position is None:
                return
            if attempt.delivered:
                known = attempt.subscription_id, attempt.position
                await connection.execute(_MOVE, known)
                await connection.execute(_WELL, known[:1])
            else:
                why = detail or self._sealed(f"answered {attempt.status_code}")
                failed = attempt.subscription_id, attempt.retry_in, why
                await connection.execute(_FAILED, failed)

    async def deliveries(
        self, subscription_id: str, before: int | None, limit: int
    ) -> list[Row]:
        """Newest first: id, position, type, attempt, state, status, detail, ms, at."""
        rows = await self._database.rows(
            "SELECT id, position, event_type, attempt, state, status_code, detail,"
            " duration_ms, attempted_at FROM deliveries"
            " WHERE subscription_id = %s AND id < %s ORDER BY id DESC LIMIT %s",
            (subscription_id, before or 2**62, limit),
        )
        return [(*row[:6], self._opened(row[6]), *row[7:]) for row in rows]

    def _sealed(self, answer: str) -> str:
        """What an endpoint answers may repeat what was sent to it."""
        if not answer:
            return ""
        return self._seal.encrypt(answer.encode("utf-8", "replace")).decode("ascii")

    def _opened(self, sealed: str | None) -> str:
        return self._seal.decrypt(sealed).decode() if sealed else ""

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
_WELL = """
UPDATE subscription_positions
SET last_success_at = now(), failing_since = NULL, failures = 0, next_try_at = NULL,
    last_failure = NULL
WHERE subscription_id = %s
"""
_FAILED = """
INSERT INTO subscription_positions AS s
    (subscription_id, position, failing_since, failures, next_try_at, last_failure)
VALUES (%s, 0, now(), 1, now() + %s, %s)
ON CONFLICT (subscription_id) DO UPDATE
SET failing_since = coalesce(s.failing_since, now()), failures = s.failures + 1,
    next_try_at = EXCLUDED.next_try_at, last_failure = EXCLUDED.last_failure
"""


def _topics(subscription: Subscription) -> list[str]:
    return [topic for topic in FACTS if wanted(topic, subscription.types)]


def _headed(recorded: Recorded) -> tuple[str, int]:
    return recorded.event.fact.topic, recorded.position


def _tell(attempt: Attempt) -> None:
    """For operators; the subscriber reads it in the list of deliveries. The endpoint's
    answer is not included: it belongs to the subscriber.
    """
    LOG.warning(
        "a delivery failed and will be tried again",
        extra=fields(
            subscription=attempt.subscription_id,
            position=attempt.position,
            attempt=attempt.attempt,
            status=attempt.status_code,
        ),
    )
