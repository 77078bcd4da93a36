"""The lock for publishing configuration, among all processes: an advisory lock on a
separate connection, so that it ends with the process that held it.

Not from the pool: waiting processes must not use the connections that the holder needs
to read. In each process one at a time waits in the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg

from activities.ports import BusyError, StoreUnavailableError
from infra.postgres.database import Database

PUBLISH_LOCK = 7309
WAIT_S = 5.0


class PublishingTurns:
    def __init__(self, database: Database, *, wait_s: float = WAIT_S) -> None:
        self._database, self._wait_s = database, wait_s
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._wait_s):
                    await self._take(held)
            except TimeoutError as error:
                message = "others are publishing: nothing was changed, try again"
                raise BusyError(message) from error
            except (psycopg.Error, OSError) as error:
                raise StoreUnavailableError(str(error)) from error
            yield

    async def _take(self, held: AsyncExitStack) -> None:
        await held.enter_async_context(self._here)
        connection = await self._database.dedicated()
        await held.enter_async_context(connection)
        # The server queues the waiting, so that nobody waits for ever.
        await connection.execute("SELECT pg_advisory_lock(%s)", (PUBLISH_LOCK,))
