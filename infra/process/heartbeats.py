"""Heartbeats: each process writes every second which of its parts work, so that one
that died or hangs is noticed within seconds.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable

from activities.ports import StoreUnavailableError
from infra.postgres.database import Database

EVERY_S = 1.0
LOG = logging.getLogger(__name__)


class Heart:
    """`parts`: each with a function that says whether it works. A part that works in
    rounds, for example the sweeper, calls `beat` after each.
    """

    def __init__(self, database: Database, **parts: Callable[[], bool]) -> None:
        self._database, self._parts = database, parts
        self._instance = f"{socket.gethostname()}:{os.getpid()}"
        self._done: set[str] = set()

    def beat(self, part: str) -> None:
        self._done.add(part)

    async def run(self) -> None:
        """Runs for ever: an unavailable database must not end the process."""
        while True:
            working = [name for name, works in self._parts.items() if works()]
            parts, self._done = [*working, *self._done], set()
            try:
                await self._write(parts)
            except StoreUnavailableError as error:
                LOG.debug("no heartbeat could be written: %s", error)
            await asyncio.sleep(EVERY_S)

    async def _write(self, parts: list[str]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(_BEAT, (parts, self._instance))
            await connection.execute(_FORGET, (self._instance,))


_BEAT = """
INSERT INTO heartbeats (part, instance) SELECT unnest(%s::text[]), %s
ON CONFLICT (part, instance) DO UPDATE SET beat_at = clock_timestamp()
"""
_FORGET = """
DELETE FROM heartbeats
WHERE instance <> %s AND beat_at < clock_timestamp() - interval '1 hour'
"""
