"""The tree that the sealer continues, written by the connection that holds the sealer's
lock: whoever has lost the lock can write nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import psycopg

from domain.audit.checkpoint import Checkpoint
from domain.audit.leaf import header_of, microseconds
from domain.audit.note import Note, Signature, VerifierKey
from domain.audit.tiles import WIDTH, Edge, Tile
from infra.audit.tree_table import LEAVES, Tree, TreeTable
from infra.postgres.database import Row

Connection = psycopg.AsyncConnection[Row]

BATCH = 2000
"""Leaves: some 15 ms of work, for which the other followers of the process wait."""


class LostTreeError(Exception):
    """Somebody else has changed the tree; it must be loaded again."""


@dataclass
class GrowingTree:
    """`positions`: of the leaves in the unfinished tile of level 0. `published`: the
    size of the checkpoint that we published last.
    """

    id: int
    origin: str
    edge: Edge
    position: int
    positions: list[int]
    published: int = 0

    @property
    def size(self) -> int:
        return self.edge.size

    async def grow(self, connection: Connection) -> list[datetime]:
        """Seal the next events of the log, at most a batch; returns when each was
        recorded.
        """
        cursor = await connection.execute(LEAVES, (self.position, BATCH), binary=True)
        rows = await cursor.fetchall()
        if not rows:
            return []
        before = self.size
        changed = self.edge.extend(
            [_leaf(at, row) for at, row in enumerate(rows, before)]
        )
        positions = self.positions + [row[0] for row in rows]
        async with connection.transaction():
            await self._write_tiles(connection, changed, before, positions)
            await self._advance(connection, before, positions[-1])
        self.position = positions[-1]
        self.positions = positions[len(positions) // WIDTH * WIDTH :]
        return [row[4] for row in rows]

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.origin, self.size, self.edge.root())

    async def publish(
        self,
        connection: Connection,
        checkpoint: Checkpoint,
        note: Note,
    ) -> None:
        """Again is no error: it may be in there although its answer was lost."""
        if checkpoint.size == self.published:
            return
        await connection.execute(
            "INSERT INTO audit_checkpoints (tree, size, root, note)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (self.id, checkpoint.size, checkpoint.root, note.encoded.decode()),
        )
        self.published = checkpoint.size

    async def cosign(
        self,
        connection: Connection,
        size: int,
        witness: VerifierKey,
        signature: Signature,
    ) -> None:
        await connection.execute(
            "INSERT INTO audit_cosignatures (tree, size, witness, line)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (self.id, size, witness.encoded, signature.line),
        )

    async def _write_tiles(
        self,
        connection: Connection,
        changed: dict[Tile, bytes],
        before: int,
        positions: Sequence[int],
    ) -> None:
        first = before // WIDTH
        rows = []
        for (level, index), hashes in changed.items():
            at = (index - first) * WIDTH
            own = list(positions[at : at + WIDTH]) if level == 0 else None
            rows.append((self.id, level, index, hashes, own and own[0], own))
        await connection.cursor().executemany(_WRITE_TILE, rows)

    async def _advance(
        self, connection: Connection, before: int, position: int
    ) -> None:
        cursor = await connection.execute(
            "UPDATE audit_trees SET size = %s, position = %s"
            " WHERE id = %s AND size = %s AND position = %s",
            (self.size, position, self.id, before, self.position),
        )
        if cursor.rowcount != 1:
            raise LostTreeError(f"the tree has not {before} leaves any more")


def _leaf(index: int, row: Row) -> bytes:
    """Its hash."""
    recorded_at, state = row[4:]
    header = header_of(index, row[:4], microseconds(recorded_at), state)
    return sha256(b"\x00" + header).digest()


async def growing(connection: Connection, table: TreeTable, tree: Tree) -> GrowingTree:
    """As it is stored. Raises MissingTileError if it is damaged."""
    edge = await table.edge(tree)
    cursor = await connection.execute(
        "SELECT positions FROM audit_tiles"
        " WHERE tree = %s AND level = 0 AND index = %s",
        (tree.id, tree.size // WIDTH),
    )
    row = await cursor.fetchone()
    positions = list(row[0])[: tree.size % WIDTH] if row else []
    return GrowingTree(tree.id, tree.origin, edge, tree.position, positions)


async def begin_tree(connection: Connection, key: VerifierKey) -> None:
    await connection.execute(
        "INSERT INTO audit_trees (origin, log_key) VALUES (%s, %s)"
        " ON CONFLICT DO NOTHING",
        (key.name, key.encoded),
    )


_WRITE_TILE = """
INSERT INTO audit_tiles (tree, level, index, hashes, first_position, positions)
VALUES (%s, %s, %s, %b, %s, %s)
ON CONFLICT (tree, level, index) DO UPDATE
SET hashes = EXCLUDED.hashes, positions = EXCLUDED.positions
"""
