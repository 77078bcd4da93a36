"""When each API key was last used: kept in memory and written regularly, because a
write for each request would cost more than the request.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from activities.ports import Now, StoreUnavailableError
from infra.postgres.database import Database

EVERY_S = 60
"""At most this much is lost with the process."""
LOG = logging.getLogger(__name__)


class KeyUses:
    def __init__(self, database: Database, now: Now) -> None:
        self._database, self._now = database, now
        self._unwritten: dict[str, datetime] = {}

    def used(self, key_id: str) -> None:
        self._unwritten[key_id] = self._now()

    async def last(self) -> Mapping[str, datetime]:
        """By key; the uses in this process are counted at once."""
        await self.write()
        rows = await self._database.rows("SELECT key_id, last_used_at FROM key_uses")
        return {str(key_id): at for key_id, at in rows}

    async def write(self) -> None:
        """Another process may have seen a later use of the key."""
        seen, self._unwritten = self._unwritten, {}
        if not seen:
            return
        try:
            async with self._database.connection() as connection:
                await connection.execute(_WRITE, (list(seen), list(seen.values())))
        except StoreUnavailableError:
            self._unwritten = {**seen, **self._unwritten}
            raise

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.write()
            except StoreUnavailableError as error:
                LOG.warning("the last uses of keys are written later: %s", error)


_WRITE = """
INSERT INTO key_uses AS known (key_id, last_used_at)
SELECT * FROM unnest(%s::text[], %s::timestamptz[])
ON CONFLICT (key_id) DO UPDATE
SET last_used_at = greatest(known.last_used_at, EXCLUDED.last_used_at)
"""
