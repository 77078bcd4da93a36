"""The pool of connections for everything but appends, and the meaning of its faults."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from activities.ports import StoreFullError, StoreUnavailableError

Row = tuple[Any, ...]
WAIT_S = 2.0
"""How long a request waits for a connection before it is refused with a retry hint."""
DOWN_WAIT_S = 0.75
"""The same while the server is known to be unavailable …"""
HOPELESS_S = 0.05
"""… and when a request failed less than `DOWN_WAIT_S` ago: waiting requests must not
each wait in turn."""
IDLE_S = 60.0
"""After this a connection that is not needed is closed, because the server has few."""
LIVENESS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""By default libpq waits for minutes or for ever for a server that has disappeared."""


_SETTINGS = """
SELECT set_config('jit', 'off', false), set_config('work_mem', '32MB', false),
    set_config('max_parallel_workers_per_gather', '0', false),
    set_config('random_page_cost', '1.1', false)
"""
"""A short query is worth neither compiling nor parallel workers; more memory keeps its
bitmaps exact; and frequently read data is in memory."""


def unavailable(error: BaseException) -> StoreUnavailableError:
    """The fault by its kind: the operator must learn of a full disk, not only that
    nothing can be written.
    """
    full = psycopg.errors.DiskFull
    known = isinstance(error, full) or isinstance(error.__cause__, full)
    if known or "No space left on device" in str(error):
        return StoreFullError(str(error))
    return StoreUnavailableError(str(error))


class Database:
    def __init__(self, url: str, *, size: int = 8) -> None:
        self._conninfo = make_conninfo("", **(LIVENESS | conninfo_to_dict(url)))
        self._pool = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=size,
            max_idle=IDLE_S,
            open=False,
            kwargs={"autocommit": True},
            reconnect_timeout=0,
            configure=_configure,
        )
        self._failed_at: float | None = None

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close(timeout=2)

    async def dedicated(self) -> AsyncConnection[Row]:
        """A connection of one's own, for LISTEN and for locks that last."""
        return await AsyncConnection.connect(self._conninfo, autocommit=True)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Row]]:
        """Raises StoreUnavailableError when the server cannot be reached."""
        connection: AsyncConnection[Row] | None = None
        try:
            async with self._pool.connection(self._patience_s()) as connection:
                yield connection
        except PoolTimeout as error:
            self._failed_at = time.monotonic()
            raise StoreUnavailableError(str(error)) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if connection is not None and connection.broken:
                # Its neighbours are dead too; a second try must not get one of them.
                await self._pool.drain()
            raise unavailable(error) from error
        self._failed_at = None

    def _patience_s(self) -> float:
        if self._failed_at is None:
            return WAIT_S
        is_fresh = time.monotonic() - self._failed_at < DOWN_WAIT_S
        return HOPELESS_S if is_fresh else DOWN_WAIT_S

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[Row]]:
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def rows(
        self, query: LiteralString, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[Row]:
        """One query, read completely. A connection that died unnoticed since its last
        use is replaced silently and tried again, because reading twice does no harm.
        """
        return await _twice(partial(self._rows, query, parameters))

    async def rows_within(
        self, limit_s: float, query: LiteralString, parameters: Sequence[Any]
    ) -> list[Row]:
        """As `rows`, planned for these parameters. Raises TimeoutError if it takes
        longer; the server then stops working on it.
        """
        async with asyncio.timeout(limit_s):
            return await _twice(
                partial(self._rows, query, parameters, prepare=False),
            )

    async def _rows(
        self,
        query: LiteralString,
        parameters: Sequence[Any] | dict[str, Any],
        *,
        prepare: bool = True,
    ) -> list[Row]:
        async with self.connection() as connection:
            # As text the bytes of an event would be sent in hexadecimal.
            cursor = await connection.execute(
                query, parameters, prepare=prepare, binary=True
            )
            return await cursor.fetchall()


async def _configure(connection: AsyncConnection[Row]) -> None:
    await connection.execute(_SETTINGS)


async def _twice(read: Callable[[], Awaitable[list[Row]]]) -> list[Row]:
    try:
        return await read()
    except StoreUnavailableError as error:
        if isinstance(error.__cause__, PoolTimeout):
            raise
        return await read()
