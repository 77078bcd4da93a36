"""A sealed log to be tampered with: copies of one database, as its superuser.

Each case gets a copy of the database and of the file outside of it. What a superuser
with the log's own key can do is done with it: `reseal` makes tree and checkpoint anew.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from domain.audit.checkpoint import Checkpoint
from domain.audit.facts import ExportRequested
from domain.audit.leaf import Leaf, microseconds
from domain.audit.note import Note, signed
from domain.audit.tiles import WIDTH, Edge
from domain.audit.witnessing import Submission, WitnessRefusal, judge
from domain.configuration.configuration import Configuration
from infra.audit.bundle import Sources, write_bundle
from infra.audit.live import LiveVerification
from infra.audit.log_key import log_key_file
from infra.audit.offline.verify import Fault, verify
from infra.audit.outside_file import OutsideFile
from infra.audit.sealed_leaves import SealedLeaves
from infra.audit.signing import FileSigner, read_key
from infra.audit.signing import verify as ed25519
from infra.audit.tree_table import TreeTable
from infra.cli.verify import notes_of
from infra.embedded.postgres import SUPERUSER
from infra.postgres.database import Database
from tests.support.installation import Installation

ROWS = (
    "SELECT notification_id, originator_id, originator_version, topic, recorded_at,"
    " state FROM stored_events ORDER BY notification_id"
)


@dataclass
class Case:
    """One copy. `sql`: a superuser's connection, for which no trigger fires."""

    url: str
    outside: Path
    signer: FileSigner
    sql: psycopg.Connection[Any]
    folder: Path

    def rows(self) -> list[Any]:
        return self.sql.execute(ROWS).fetchall()

    def live(self) -> str:
        """What `pledge verify --live` says, in one line."""
        try:
            notes = notes_of(self.outside)
            LiveVerification(self.url, notes, self.signer.key).run()
        except Fault as fault:
            return str(fault)
        return "intact"

    def witness(self) -> str:
        """What a witness answers that has cosigned the newest checkpoint of the file,
        when it is asked for the newest one of the database.
        """
        seen = [Checkpoint.parse(Note.parse(n).text) for n in notes_of(self.outside)][
            -1
        ]
        row = self.sql.execute(
            "SELECT note, size FROM audit_checkpoints ORDER BY size DESC LIMIT 1"
        ).fetchone()
        assert row is not None
        proof = asyncio.run(self._consistency(seen.size, row[1]))
        asked = Submission(seen.size, tuple(proof), Note.parse(row[0].encode()))
        try:
            judge(asked, [self.signer.key], seen, ed25519)
        except WitnessRefusal as refused:
            return f"{refused.status}: {refused}"
        return "cosigned"

    async def _consistency(self, old: int, new: int) -> list[bytes]:
        if not 0 < old < new:
            return []
        database = Database(self.url)
        await database.open()
        [tree] = self.sql.execute("SELECT max(id) FROM audit_trees").fetchone() or [0]
        try:
            return await TreeTable(database).consistency(tree, old, new)
        finally:
            await database.close()

    def offline(self, ticket: str, known: Path | None = None) -> str:
        """What verify.py says of a bundle that is exported now."""
        path = self.folder / "bundle.zip"
        asyncio.run(self._export(ticket, path))
        try:
            verify(path, known=known)
        except Fault as fault:
            return str(fault)
        return "intact"

    async def _export(self, ticket: str, path: Path) -> None:
        database = Database(self.url)
        await database.open()
        sealed = SealedLeaves(database)
        sources = Sources(
            database=database,
            sealed=sealed,
            config=_no_configuration,
            person_keys=_no_keys,
            now=lambda: datetime.now(UTC),
        )
        tree = await sealed.newest()
        assert tree is not None
        wanted = ExportRequested(tickets=(ticket,))
        await write_bundle(sources, tree, wanted, path, _nobody_listens)
        await database.close()

    def reseal(self, size: int | None = None) -> str:
        """The tree over the rows as they are now, and a checkpoint signed with the
        log's own key; as if no other had ever been.
        """
        rows = self.rows()[:size]
        leaves = [_leaf(index, row) for index, row in enumerate(rows)]
        edge = Edge()
        tiles = edge.extend([leaf.hash for leaf in leaves])
        positions = [leaf.position for leaf in leaves]
        [tree] = self.sql.execute("SELECT id FROM audit_trees").fetchone() or [0]
        self.sql.execute("DELETE FROM audit_cosignatures")
        self.sql.execute("DELETE FROM audit_checkpoints")
        self.sql.execute("DELETE FROM audit_tiles")
        for (level, index), hashes in tiles.items():
            own = positions[index * WIDTH : (index + 1) * WIDTH] if level == 0 else None
            self.sql.execute(
                "INSERT INTO audit_tiles VALUES (%s, %s, %s, %s, %s, %s)",
                (tree, level, index, hashes, own and own[0], own),
            )
        self.sql.execute(
            "UPDATE audit_trees SET size = %s, position = %s",
            (len(leaves), positions[-1]),
        )
        origin = self.signer.key.name
        return self.publish(Checkpoint(origin, len(leaves), edge.root()), self.signer)

    def publish(self, checkpoint: Checkpoint, signer: FileSigner) -> str:
        note = note_of(checkpoint, signer)
        self.sql.execute(
            "INSERT INTO audit_checkpoints (tree, size, root, note)"
            " SELECT id, %s, %s, %s FROM audit_trees",
            (checkpoint.size, checkpoint.root, note),
        )
        return note


def note_of(checkpoint: Checkpoint, signer: FileSigner) -> str:
    signature = signed(checkpoint.text, signer.key, signer.sign)
    return Note(checkpoint.text, (signature,)).encoded.decode()


def _leaf(index: int, row: Any) -> Leaf:
    position, stream, version, topic, recorded_at, state = row
    digest = hashlib.sha256(state).digest()
    at = microseconds(recorded_at)
    return Leaf(index, position, stream, version, topic, at, digest)


async def _no_configuration() -> Configuration:
    return Configuration()


async def _no_keys(ids: set[str]) -> dict[str, None]:
    return dict.fromkeys(ids)


async def _nobody_listens(_: float) -> None:
    pass


class Copies:
    """Of an installation whose processes are down."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._postgres = installation.postgres
        self._data, self._folder = installation.data.path, folder
        self._count = 0

    def one(self, template: str = "pledge") -> Case:
        self._count += 1
        name = f"case_{self._count}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        folder = self._folder / name
        folder.mkdir()
        outside = folder / "checkpoints.txt"
        shutil.copyfile(self._data / "audit" / "checkpoints.txt", outside)
        sql = psycopg.connect(self._url(name), autocommit=True)
        sql.execute("SET session_replication_role = replica")
        signer = read_key(log_key_file(str(self._data)))
        return Case(self._url(name), outside, signer, sql, folder)

    def _url(self, database: str) -> str:
        return self._postgres.url(SUPERUSER, database)


def notes(path: Path) -> list[str]:
    return [note.decode() for note in OutsideFile(path).notes()]


Attack = Callable[[Case], object]
