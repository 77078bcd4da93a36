"""Following the log: one leader, its position, batches; never stopped by one event.

Our own loop, because the library's runners lose wake-ups, die with their connection
and commit once per event. A follower that crashes goes on from its position, so what
it does must bear doing twice; only `consume` knows how.
"""

import asyncio
import contextlib
import logging
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from temporalio.service import RPCError

from activities.ports import StoreUnavailableError
from infra.database import Database, Row
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.bell import Bell

BATCH = 500
LONGEST_PAUSE_S = 5.0
LOG = logging.getLogger(__name__)


class Follower(ABC):
    name: str

    def __init__(
        self, database: Database, store: PostgresEventStore, bell: Bell
    ) -> None:
        self.database, self.store, self.bell = database, store, bell
        self.position = 0
        self.behind = 0.0
        """Age in seconds of the oldest event not yet consumed; 0 when caught up."""

    @abstractmethod
    async def consume(self, batch: Sequence[Header]) -> None:
        """Do what the batch asks and save the position of its last event."""

    async def run(self) -> None:
        pause_s = 0.1
        while True:
            try:
                await self._lead()
                pause_s = 0.1
            except (StoreUnavailableError, psycopg.Error, RPCError, OSError) as error:
                LOG.warning("%s: %s; again in %.1f s", self.name, error, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _lead(self) -> None:
        """Follow for as long as this process holds the lock of this follower."""
        connection = await psycopg.AsyncConnection.connect(
            self.database.url, autocommit=True
        )
        async with connection:
            if not await self._take(connection):
                await asyncio.sleep(1)
                return
            await self._resume()
            while True:
                if not await self._step():
                    await self.bell.wait()
                    # Raises when the connection, and with it the lock, is gone.
                    await connection.execute("SELECT 1")

    async def _take(self, connection: psycopg.AsyncConnection[Row]) -> bool:
        key = zlib.crc32(self.name.encode())
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def _resume(self) -> None:
        rows = await self.database.rows(
            "SELECT position FROM follower_positions WHERE follower = %s", (self.name,)
        )
        self.position = int(rows[0][0]) if rows else 0

    async def _step(self) -> bool:
        """True if there may be more."""
        batch = await self.store.headers(self.position, BATCH)
        if not batch:
            self.behind = 0.0
            return False
        self.behind = _age(batch[0])
        await self.consume(batch)
        self.position = batch[-1].position
        if len(batch) < BATCH:
            self.behind = 0.0
        return True

    async def save(
        self, position: int, connection: psycopg.AsyncConnection[Row]
    ) -> None:
        """Never backwards: a second leader would notice."""
        await connection.execute(
            "INSERT INTO follower_positions AS f (follower, position) VALUES (%s, %s)"
            " ON CONFLICT (follower) DO UPDATE"
            " SET position = EXCLUDED.position, updated_at = now()"
            " WHERE f.position < EXCLUDED.position",
            (self.name, position),
        )

    async def park(self, stream_id: str, position: int, error: Exception) -> None:
        """Put one stream aside, visibly; its next event is a new try."""
        LOG.error("%s parked %s: %s", self.name, stream_id, error)
        with contextlib.suppress(StoreUnavailableError):
            async with self.database.connection() as connection:
                await connection.execute(
                    "INSERT INTO parked_streams (follower, stream_id, position, error)"
                    " VALUES (%s, %s, %s, %s) ON CONFLICT (follower, stream_id)"
                    " DO UPDATE SET position = EXCLUDED.position,"
                    " error = EXCLUDED.error, parked_at = now()",
                    (self.name, stream_id, position, str(error)[:2000]),
                )

    async def unpark(
        self, stream_ids: Sequence[str], connection: psycopg.AsyncConnection[Row]
    ) -> None:
        await connection.execute(
            "DELETE FROM parked_streams WHERE follower = %s AND stream_id = ANY(%s)",
            (self.name, list(stream_ids)),
        )


def _age(header: Header) -> float:
    return max((datetime.now(UTC) - header.recorded_at).total_seconds(), 0.0)
