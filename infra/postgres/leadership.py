"""One leader in the cluster, by an advisory lock of a separate connection: when the
process or the connection ends, the lock is released, and another process leads.
"""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from infra.postgres.database import Database, Row


@dataclass(frozen=True)
class Leadership:
    """`connection`: the one that holds the lock; a reader that uses it learns of its
    end at once, as an error.
    """

    name: str
    connection: psycopg.AsyncConnection[Row]

    async def taken(self) -> bool:
        """Whether this process leads. A second call checks whether the connection still
        works.
        """
        cursor = await self.connection.execute(
            "SELECT pg_try_advisory_lock(%s)", (zlib.crc32(self.name.encode()),)
        )
        row = await cursor.fetchone()
        return bool(row and row[0])


@asynccontextmanager
async def leadership(database: Database, name: str) -> AsyncIterator[Leadership]:
    async with await database.dedicated() as connection:
        yield Leadership(name, connection)
