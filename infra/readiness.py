"""Which part is not ready, in words."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from activities.ports import StoreUnavailableError
from infra.database import Database
from infra.temporal import TICKETS_QUEUE, TemporalUnavailableError, connect, pollers

STALE_S = 10.0


class Readiness:
    """`database`, `temporal`, `worker` (somebody polls), `followers` (none is far
    behind). Tickets can be served while Temporal is away: the sweeper keeps promises;
    but an operator wants to know.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client: Client | None = None

    async def parts(self) -> dict[str, str | None]:
        database, (temporal, worker), followers = await asyncio.gather(
            self._check_database(), self._check_temporal(), self._check_followers()
        )
        return {
            "database": database,
            "temporal": temporal,
            "worker": worker,
            "followers": followers,
        }

    async def _check_database(self) -> str | None:
        try:
            await self._database.rows("SELECT 1")
        except StoreUnavailableError:
            return "cannot be reached"
        return None

    async def _check_temporal(self) -> tuple[str | None, str | None]:
        try:
            if self._client is None:
                self._client = await connect(lazy=True)
            count = await pollers(self._client, TICKETS_QUEUE, timedelta(seconds=2))
        except (RPCError, RuntimeError, TemporalUnavailableError):
            return "cannot be reached", "unknown while Temporal is away"
        return None, None if count else "no worker polls"

    async def _check_followers(self) -> str | None:
        """Judged by positions: a follower that is dead falls behind."""
        try:
            rows = await self._database.rows(_BEHIND, {"stale": STALE_S})
        except StoreUnavailableError:
            return "unknown while the database is away"
        behind = [name for (name,) in rows]
        return f"behind: {', '.join(behind)}" if behind else None


_BEHIND = """
SELECT f.name FROM (VALUES ('projector'), ('timers'), ('subscriptions'),
      ('notifications'), ('search')) AS f (name)
LEFT JOIN follower_positions p ON p.follower = f.name
WHERE EXISTS (
    SELECT 1 FROM stored_events e
    WHERE e.notification_id > coalesce(p.position, 0)
      AND e.recorded_at < clock_timestamp() - make_interval(secs => %(stale)s)
)
"""
