"""Records of operation that are not in the log of events, and how old they are.

What is not here stays: the log, its keys, its tree and its commands; read models, which
are the log in another form; and what tells of now and not of then, for example when a
key was used last.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from psycopg.sql import SQL, Composed, Identifier

from infra.postgres.database import Database

BATCH = 1000
BUNDLES = "bundles"

_OLD = {
    "deliveries": SQL("attempted_at < %(before)s"),
    "notifications": SQL("due_at IS NULL AND planned_at < %(before)s"),
    "notification_sends": SQL("sent_at < %(before)s"),
    "simulations": SQL("finished_at < %(before)s"),
    "sessions": SQL("expires_at < %(before)s"),
    "export_progress": SQL("updated_at < %(before)s"),
}
"""By the name of the table; the pages of a simulation go with it."""
_COUNT = SQL("SELECT count(*) FROM {table} WHERE {old}")
_DELETE = SQL("""
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE {old} LIMIT %(batch)s
)) RETURNING 1
""")
_ONE = SQL("SELECT 1")
_COUNTED = SQL("""
WITH gone AS ({gone})
INSERT INTO retention_deletions AS d (run_id, name, count)
SELECT %(run)s, %(name)s, count(*) FROM gone
ON CONFLICT (run_id, name) DO UPDATE SET count = d.count + EXCLUDED.count
RETURNING (SELECT count(*) FROM gone)
""")


class Bundles(Protocol):
    """The files of exports."""

    def older(self, before: float) -> Sequence[Path]:
        """Those that were written before this time, in seconds since 1970."""


class OldRecordTables:
    """Of each table the rows that are older, and the files of exports."""

    names = (*_OLD, BUNDLES)

    def __init__(self, database: Database, bundles: Bundles) -> None:
        self._database, self._bundles = database, bundles

    async def counts(self, before: datetime) -> Mapping[str, int]:
        found = {
            name: await self._number(_about(_COUNT, name), {"before": before})
            for name in _OLD
        }
        return found | {BUNDLES: len(self._bundles.older(before.timestamp()))}

    async def delete_some(self, name: str, before: datetime, run_id: str) -> bool:
        """A file is counted after it was deleted: one may be missing in the count if
        the process is killed between the two.
        """
        about = {"before": before, "batch": BATCH, "run": run_id, "name": name}
        if name == BUNDLES:
            for file in self._bundles.older(before.timestamp()):
                file.unlink(missing_ok=True)
                await self._number(_COUNTED.format(gone=_ONE), about)
            return False
        gone = _COUNTED.format(gone=_about(_DELETE, name))
        return await self._number(gone, about) == BATCH

    async def _number(self, query: Composed, about: Mapping[str, object]) -> int:
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, about)).fetchone()
        assert row is not None
        return int(row[0])


def _about(query: SQL, name: str) -> Composed:
    return query.format(table=Identifier(name), old=_OLD[name])
