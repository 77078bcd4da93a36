"""A sealer in this process, over a database and a folder of the test's own."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg

from domain.audit.checkpoint import opened
from domain.audit.merkle import root_of
from infra.audit.health import SEALER
from infra.audit.log_key import log_key_file, log_signer, outside_path
from infra.audit.outside_file import OutsideFile
from infra.audit.sealer import Outside, Sealer
from infra.audit.signing import read_key, verify
from infra.audit.tree_table import TreeTable
from infra.audit.witnesses import Witnesses
from infra.eventstore.keyring import Keyring
from infra.eventstore.master_key import MasterKey, new_master_key
from infra.eventstore.store import PostgresEventStore
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener

MASTER = MasterKey.parse(new_master_key())
PATIENCE_S = 20
_INSERT = """
INSERT INTO stored_events (originator_id, originator_version, topic, state)
SELECT %(stream)s, n, 'ticket.updated', sha256((%(stream)s || n)::bytea)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""


class Site:
    """One log: its database, and what is kept outside of it in `folder`."""

    def __init__(self, url: str, folder: Path, addresses=()) -> None:
        self.url, self.folder, self.addresses = url, Path(folder), list(addresses)
        self._written: dict[str, int] = {}

    @property
    def file(self) -> Path:
        return outside_path(str(self.folder))

    @property
    def key(self):
        return read_key(log_key_file(str(self.folder))).key

    def at(self, url: str) -> "Site":
        """The same folder with another database."""
        return Site(url, self.folder, self.addresses)

    def write(self, count: int, stream: str = "s") -> None:
        """Events that only the sealer can read."""
        before = self._written.get(stream, 0)
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT coalesce(max(originator_version), 0) FROM stored_events"
                " WHERE originator_id = %s",
                (stream,),
            ).fetchone()
            before = row[0]
            last = before + count
            values = {"stream": stream, "first": before + 1, "last": last}
            connection.execute(_INSERT, values)

    def signed(self):
        """Every checkpoint of the file, each with a valid signature of its own log."""
        notes = OutsideFile(self.file).notes()
        return [opened(raw, self.key, verify)[0] for raw in notes]

    @asynccontextmanager
    async def database(self):
        made = Database(self.url)
        await made.open()
        try:
            yield made
        finally:
            await made.close()

    @asynccontextmanager
    async def sealing(self):
        """While it runs; yields the sealer."""
        async with self.database() as database:
            sealer = Sealer(
                database,
                store_of(database),
                WakeUpListener(database),
                Outside(
                    signer=partial(log_signer, str(self.folder)),
                    key_file=log_key_file(str(self.folder)),
                    checkpoints=OutsideFile(self.file),
                ),
                Witnesses(self.addresses),
            )
            task = asyncio.create_task(sealer.run())
            try:
                yield sealer
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def published(self):
        async with self.database() as database:
            return await TreeTable(database).newest()

    async def until_sealed(self):
        """The newest checkpoint, once it covers all events there are."""
        async with self.database() as database:
            (count,) = (await database.rows("SELECT count(*) FROM stored_events"))[0]

        async def whole():
            found = await self.published()
            return found if found and found.size == count else None

        return await sooner_or_later(whole)

    async def seal(self):
        """Run a sealer until all is sealed; the newest checkpoint."""
        async with self.sealing():
            return await self.until_sealed()

    async def refusal(self):
        """Run a sealer until it refuses, and what it says."""
        async with self.sealing() as sealer:

            async def refused():
                return sealer._health.said(SEALER)

            return await sooner_or_later(refused)

    async def root_of_events(self):
        """Of the log as it is now, computed from every event."""
        async with self.database() as database:
            leaves = await TreeTable(database).events(0, 0, 10**6)
        return root_of(leaf.hash for leaf in leaves)


def store_of(database, writer=None):
    return PostgresEventStore(database, writer, Keyring(database, MASTER))


async def sooner_or_later(probe):
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await probe()):  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.02)
    return found
