"""The pool of connections for everything but appends, and what its faults mean."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from activities.ports import StoreUnavailableError

Row = tuple[Any, ...]
WAIT_S = 2.0
"""How long a request waits for a connection before it is told to come back."""


class Database:
    def __init__(self, url: str, *, size: int = 8) -> None:
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=WAIT_S,
            kwargs={"autocommit": True},
            reconnect_timeout=0,
        )
        self.url = url

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close(timeout=2)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Row]]:
        """Raises StoreUnavailableError when the server cannot be reached."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise StoreUnavailableError(str(error)) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[Row]]:
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def rows(
        self, query: LiteralString, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[Row]:
        """One query, read whole. A connection that died unnoticed since its last use
        costs one silent second try, because reading twice does no harm.
        """
        try:
            return await self._rows(query, parameters)
        except StoreUnavailableError:
            return await self._rows(query, parameters)

    async def _rows(
        self, query: LiteralString, parameters: Sequence[Any] | dict[str, Any]
    ) -> list[Row]:
        async with self.connection() as connection:
            cursor = await connection.execute(query, parameters, prepare=True)
            return await cursor.fetchall()
