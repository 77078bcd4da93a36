"""The stored tree and its checkpoints, for reading: by the API, and by the sealer
before it signs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.audit.checkpoint import Checkpoint, Published
from domain.audit.leaf import Leaf, microseconds
from domain.audit.merkle import (
    Range,
    consistency_ranges,
    inclusion_ranges,
    range_root,
)
from domain.audit.tiles import (
    Edge,
    Tile,
    edge_of,
    edge_tiles,
    hash_in,
    tiles_of,
)
from infra.postgres.database import Database, Row


@dataclass(frozen=True)
class Tree:
    """`log_key`: the verifier key. `size` and `position`: how many leaves are stored,
    and where in the log the last one is.
    """

    id: int
    origin: str
    log_key: str
    size: int
    position: int


class TreeTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def trees(self) -> list[Tree]:
        """All that were ever begun, oldest first."""
        rows = await self._database.rows(
            "SELECT id, origin, log_key, size, position FROM audit_trees ORDER BY id"
        )
        return [Tree(*row) for row in rows]

    async def newest(self, tree: int | None = None) -> Published | None:
        """Of this tree; by default of the newest that has one."""
        rows = await self._database.rows(
            "SELECT t.id, t.log_key, t.origin, c.size, c.root,"
            " c.note || coalesce((SELECT string_agg(s.line, '' ORDER BY s.recorded_at)"
            " FROM audit_cosignatures s WHERE s.tree = c.tree AND s.size = c.size), '')"
            " FROM audit_checkpoints c JOIN audit_trees t ON t.id = c.tree"
            " WHERE %s::integer IS NULL OR c.tree = %s"
            " ORDER BY c.tree DESC, c.size DESC LIMIT 1",
            (tree, tree),
        )
        for found, log_key, origin, size, root, note in rows:
            return Published(found, log_key, Checkpoint(origin, size, root), note)
        return None

    async def edge(self, tree: Tree) -> Edge:
        """Raises MissingTileError if the stored tree is damaged."""
        return edge_of(tree.size, await self._tiles(tree.id, edge_tiles(tree.size)))

    async def position(self, tree: int) -> int:
        """In the log, of the last leaf that is stored."""
        rows = await self._database.rows(
            "SELECT position FROM audit_trees WHERE id = %s", (tree,)
        )
        return int(rows[0][0])

    async def root(self, tree: int, size: int) -> bytes:
        """Raises MissingTileError if less is stored."""
        return (await self.roots(tree, [(0, size)]))[0]

    async def inclusion(self, tree: int, index: int, size: int) -> list[bytes]:
        """The leaf's hash, then its proof, then the root. Raises ProofError."""
        proof = inclusion_ranges(index, size)
        return await self.roots(tree, [(index, index + 1), *proof, (0, size)])

    async def consistency(self, tree: int, size1: int, size2: int) -> list[bytes]:
        """The proof alone. Raises ProofError."""
        return await self.roots(tree, consistency_ranges(size1, size2))

    async def roots(self, tree: int, ranges: Sequence[Range]) -> list[bytes]:
        hash_of = hash_in(await self._tiles(tree, tiles_of(ranges)))
        return [range_root(leaves, hash_of) for leaves in ranges]

    async def index_of(self, tree: int, position: int) -> int | None:
        """Of the leaf of the event at this position, if it is stored."""
        rows = await self._database.rows(
            "SELECT index * 256 + array_position(positions, %s::bigint) - 1"
            " FROM audit_tiles WHERE tree = %s AND level = 0 AND first_position <= %s"
            " ORDER BY first_position DESC LIMIT 1",
            (position, tree, position),
        )
        return rows[0][0] if rows else None

    async def position_of(self, tree: int, index: int) -> int | None:
        rows = await self._database.rows(
            "SELECT positions[%s::bigint %% 256 + 1] FROM audit_tiles"
            " WHERE tree = %s AND level = 0 AND index = %s::bigint / 256",
            (index, tree, index),
        )
        return rows[0][0] if rows else None

    async def oldest_unpublished(self) -> datetime | None:
        """When the first event was recorded that no published checkpoint covers."""
        newest, after = await self.newest(), 0
        if newest:
            last = newest.size - 1
            after = await self.position_of(newest.tree, last) or 0
        rows = await self._database.rows(
            "SELECT recorded_at FROM stored_events WHERE notification_id > %s"
            " ORDER BY notification_id LIMIT 1",
            (after,),
        )
        return rows[0][0] if rows else None

    async def event(self, position: int, index: int) -> Leaf | None:
        """The header of the event as it is in the log now."""
        found = await self.events(position - 1, index, 1)
        return found[0] if found and found[0].position == position else None

    async def events(self, after: int, index: int, limit: int) -> list[Leaf]:
        """The headers of the events behind this position, as they are in the log now;
        the first gets this index.
        """
        rows = await self._database.rows(LEAVES, (after, limit))
        return [leaf_of(number, row) for number, row in enumerate(rows, index)]

    async def _tiles(self, tree: int, wanted: Collection[Tile]) -> dict[Tile, bytes]:
        rows = await self._database.rows(
            "SELECT t.level, t.index, t.hashes FROM audit_tiles t"
            " JOIN unnest(%s::smallint[], %s::bigint[]) AS w (level, index)"
            " ON t.level = w.level AND t.index = w.index WHERE t.tree = %s",
            ([level for level, _ in wanted], [index for _, index in wanted], tree),
        )
        return {(level, index): hashes for level, index, hashes in rows}


LEAVES = """
SELECT notification_id, originator_id, originator_version, topic, recorded_at,
    sha256(state)
FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""


def leaf_of(index: int, row: Row) -> Leaf:
    position, stream, version, topic, recorded_at, state = row
    return Leaf(
        index, position, stream, version, topic, microseconds(recorded_at), state
    )
