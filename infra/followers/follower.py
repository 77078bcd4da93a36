"""Following the log: one leader, its position, batches; never stopped by one event.

Our own loop, because the library's runners lose wake-ups, die with their connection and
commit once per event. A follower that crashes continues from its position, so its work
must be repeatable; only `consume` knows how.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

import psycopg

from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.loops import for_ever
from infra.postgres.database import Database, Row
from infra.postgres.leadership import leadership
from infra.postgres.wake_up import WakeUpListener
from infra.process.logs import fields

LINGER_S = 0.05
"""Events written within this time are read together: under load it halves the work."""
NOT_LEADING_S = 1.0
LOG = logging.getLogger(__name__)


class Follower(ABC):
    name: str
    batch = 500

    def __init__(
        self, database: Database, store: PostgresEventStore, listener: WakeUpListener
    ) -> None:
        self.database, self.store, self.listener = database, store, listener
        self.position = 0
        self._oldest: datetime | None = None

    @property
    def behind(self) -> float:
        """Age in seconds of the oldest event not yet consumed; 0 when caught up."""
        if self._oldest is None:
            return 0.0
        return max((datetime.now(UTC) - self._oldest).total_seconds(), 0.0)

    @abstractmethod
    async def consume(self, batch: Sequence[Header]) -> None:
        """Process the batch and save the position of its last event."""

    async def run(self) -> NoReturn:
        await for_ever(self.name, self._lead)

    async def _lead(self) -> float:
        """Follow for as long as this process holds the lock of this follower."""
        async with leadership(self.database, self.name) as lead:
            if not await lead.taken():
                self._oldest = None
                return NOT_LEADING_S
            await self._resume(lead.connection)
            position = fields(follower=self.name, position=self.position)
            LOG.info("%s leads", self.name, extra=position)
            while True:
                # Raises when the connection, and with it the lock, is gone; and sees
                # a position that was reset.
                await self._resume(lead.connection)
                woken = self.listener.next_wake_up()
                if not await self._step():
                    await self.listener.wait(woken=woken)
                    await asyncio.sleep(LINGER_S)

    async def _resume(self, connection: psycopg.AsyncConnection[Row]) -> None:
        cursor = await connection.execute(
            "SELECT position FROM follower_positions WHERE follower = %s", (self.name,)
        )
        row = await cursor.fetchone()
        self.position = int(row[0]) if row else 0

    async def _step(self) -> bool:
        """True if there may be more."""
        batch = await self.store.headers(self.position, self.batch)
        if batch:
            self._oldest = batch[0].recorded_at
            await self.consume(batch)
            self.position = batch[-1].position
        if len(batch) == self.batch:
            return True
        self._oldest = None
        return False

    async def save(
        self, position: int, connection: psycopg.AsyncConnection[Row]
    ) -> None:
        """Never backwards: there may be two leaders for a moment. The transaction does
        not wait for the disk: if a crash of the server loses it, the work is repeated
        from the position lost with it, and appends need the disk more.
        """
        await connection.execute(
            "WITH unsynced AS (SELECT set_config('synchronous_commit', 'off', true))"
            " INSERT INTO follower_positions AS f (follower, position)"
            " SELECT %s, %s FROM unsynced"
            " ON CONFLICT (follower) DO UPDATE"
            " SET position = EXCLUDED.position, updated_at = now()"
            " WHERE f.position < EXCLUDED.position",
            (self.name, position),
        )

    async def park(self, failed: Mapping[str, Exception], position: int) -> None:
        """Park streams, visibly; the next event of one is a new try."""
        for stream_id, error in failed.items():
            where = fields(follower=self.name, stream=stream_id, position=position)
            LOG.error("%s parked %s: %s", self.name, stream_id, error, extra=where)
            async with self.database.connection() as connection:
                await connection.execute(
                    "INSERT INTO parked_streams (follower, stream_id, position, error)"
                    " VALUES (%s, %s, %s, %s) ON CONFLICT (follower, stream_id)"
                    " DO UPDATE SET position = EXCLUDED.position,"
                    " error = EXCLUDED.error, parked_at = now()",
                    (self.name, stream_id, position, _words(error)),
                )

    async def unpark(
        self, stream_ids: Sequence[str], connection: psycopg.AsyncConnection[Row]
    ) -> None:
        await connection.execute(
            "DELETE FROM parked_streams WHERE follower = %s AND stream_id = ANY(%s)",
            (self.name, list(stream_ids)),
        )


def _words(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}"
    return said[:2000].replace("\0", "")
