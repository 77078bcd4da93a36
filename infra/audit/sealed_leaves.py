"""The sealed log in order: which event is which leaf, and the tiles to prove it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.audit.merkle import HASH_SIZE
from domain.audit.tiles import WIDTH, Tile
from infra.postgres.database import Database

TILES = 4
"""Read at once."""


@dataclass(frozen=True, kw_only=True)
class SealedTree:
    """A tree at a checkpoint. `note`: the checkpoint with all its signatures;
    `witness_key`: of the witness whose signature is among them. `position`: of the last
    leaf, in the log.
    """

    id: int
    origin: str
    log_key: str
    size: int
    root: bytes
    note: str
    position: int
    witness_key: str | None


@dataclass(frozen=True)
class Leaves:
    """Some leaves of the tree, from number `first`: where each is in the log, and its
    hash. `tiles`: those of level 0 that hold them.
    """

    first: int
    positions: Sequence[int]
    hashes: Sequence[bytes]
    tiles: dict[Tile, bytes]


class SealedLeaves:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> SealedTree | None:
        """At its newest checkpoint; None: nothing is sealed yet."""
        return await self._at(_NEWEST)

    async def newest_witnessed(self) -> SealedTree | None:
        """At the newest checkpoint that a witness has signed."""
        return await self._at(_WITNESSED)

    async def upper_tiles(self, tree: SealedTree) -> dict[Tile, bytes]:
        """All tiles above the leaves, and the last one of the leaves: few."""
        rows = await self._database.rows(
            "SELECT level, index, hashes FROM audit_tiles"
            " WHERE tree = %s AND (level > 0 OR index = %s)",
            (tree.id, tree.size // WIDTH),
        )
        return {(level, index): hashes for level, index, hashes in rows}

    async def leaves(self, tree: SealedTree) -> AsyncIterator[Leaves]:
        """All of them, in order; a tile that is gone leaves them without positions."""
        for first in range(0, -(-tree.size // WIDTH), TILES):
            rows = await self._database.rows(
                "SELECT index, hashes, positions FROM audit_tiles WHERE tree = %s"
                " AND level = 0 AND index >= %s AND index < %s ORDER BY index",
                (tree.id, first, first + TILES),
            )
            begin = first * WIDTH
            left = tree.size - begin
            positions = [at for row in rows for at in row[2]][:left]
            tiles = {(0, row[0]): row[1] for row in rows}
            whole = b"".join(tiles.values())
            hashes = [
                whole[at * HASH_SIZE : (at + 1) * HASH_SIZE]
                for at in range(len(positions))
            ]
            yield Leaves(begin, positions, hashes, tiles)

    async def _at(self, query: str) -> SealedTree | None:
        rows = await self._database.rows(query)
        for tree, origin, log_key, size, root, note, lines, witness, positions in rows:
            return SealedTree(
                id=tree,
                origin=origin,
                log_key=log_key,
                size=size,
                root=root,
                note=note + "".join(lines or ()),
                position=positions[(size - 1) % WIDTH] if size else 0,
                witness_key=witness,
            )
        return None


_CHECKPOINT = """
SELECT t.id, t.origin, t.log_key, c.size, c.root, c.note,
    (SELECT array_agg(s.line ORDER BY s.witness) FROM audit_cosignatures s
        WHERE s.tree = c.tree AND s.size = c.size),
    (SELECT min(s.witness) FROM audit_cosignatures s
        WHERE s.tree = c.tree AND s.size = c.size),
    (SELECT l.positions FROM audit_tiles l WHERE l.tree = c.tree AND l.level = 0
        AND l.index = (c.size - 1) / 256)
FROM audit_trees t JOIN audit_checkpoints c ON c.tree = t.id
WHERE t.id = (SELECT max(id) FROM audit_trees)
"""
_NEWEST = f"{_CHECKPOINT} ORDER BY c.size DESC LIMIT 1"
_WITNESSED = f"""{_CHECKPOINT} AND EXISTS (SELECT FROM audit_cosignatures s
    WHERE s.tree = c.tree AND s.size = c.size) ORDER BY c.size DESC LIMIT 1"""
