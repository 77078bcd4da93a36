"""A tree cut into tiles of 256 hashes, as in https://c2sp.org/tlog-tiles: tile level n
holds the tree's nodes of level 8n, and every node between is made from one tile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.audit.merkle import (
    HASH_SIZE,
    Node,
    NodeHash,
    Range,
    complete_nodes,
    folded,
    perfect_root,
)

HEIGHT = 8
WIDTH = 2**HEIGHT
Tile = tuple[int, int]
"""Level and index."""


class MissingTileError(Exception):
    """A tile is not stored, or holds fewer hashes than the tree has."""


@dataclass
class Edge:
    """The unfinished tile of each level, at the right of a tree that grows."""

    size: int = 0
    unfinished: list[list[bytes]] = field(default_factory=list)

    def extend(self, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
        """Add leaf hashes; returns the tiles that changed, as they are now."""
        before, self.size = self.size, self.size + len(leaves)
        changed: dict[Tile, bytes] = {}
        hashes, level = list(leaves), 0
        while hashes:
            if level == len(self.unfinished):
                self.unfinished.append([])
            first = before >> HEIGHT * (level + 1)
            hashes = self._extend_level(level, first, hashes, changed)
            level += 1
        return changed

    def _extend_level(
        self, level: int, first: int, hashes: list[bytes], changed: dict[Tile, bytes]
    ) -> list[bytes]:
        """The roots of the tiles that are finished now."""
        waiting = self.unfinished[level] + hashes
        finished = len(waiting) // WIDTH * WIDTH
        tiles = [waiting[at : at + WIDTH] for at in range(0, len(waiting), WIDTH)]
        for number, tile in enumerate(tiles):
            changed[level, first + number] = b"".join(tile)
        self.unfinished[level] = waiting[finished:]
        return [perfect_root(tile) for tile in tiles if len(tile) == WIDTH]

    def root(self) -> bytes:
        """Of the whole tree: a higher level is further left."""
        return folded(
            [
                perfect_root(tile[index << level : (index + 1) << level])
                for tile in reversed(self.unfinished)
                for level, index in complete_nodes((0, len(tile)))
            ]
        )


def edge_tiles(size: int) -> list[Tile]:
    """The tiles by which a tree of this size is continued, from level 0 up. Where one
    would be empty, it need not exist.
    """
    found: list[Tile] = []
    while size >> HEIGHT * len(found):
        found.append((len(found), size >> HEIGHT * (len(found) + 1)))
    return found


def edge_of(size: int, tiles: Mapping[Tile, bytes]) -> Edge:
    """From its `edge_tiles`. Raises MissingTileError."""
    edge = Edge(size)
    for level, index in edge_tiles(size):
        count = (size >> HEIGHT * level) % WIDTH
        edge.unfinished.append(
            _hashes((level, index), tiles, range(count)) if count else []
        )
    return edge


def tiles_of(ranges: Iterable[Range]) -> set[Tile]:
    """The tiles from which the roots of these ranges are made."""
    return {_place(node)[0] for leaves in ranges for node in complete_nodes(leaves)}


def hash_in(tiles: Mapping[Tile, bytes]) -> NodeHash:
    """The hash of a node, made of stored tiles; raises MissingTileError."""

    def hash_of(node: Node) -> bytes:
        tile, places = _place(node)
        return perfect_root(_hashes(tile, tiles, places))

    return hash_of


def _place(node: Node) -> tuple[Tile, range]:
    """Its tile, and the hashes of the tile below it."""
    tile_level, height = divmod(node[0], HEIGHT)
    first = node[1] << height
    place = first % WIDTH
    return (tile_level, first // WIDTH), range(place, place + (1 << height))


def _hashes(tile: Tile, tiles: Mapping[Tile, bytes], places: range) -> list[bytes]:
    stored = tiles.get(tile, b"")
    if len(stored) < places.stop * HASH_SIZE:
        raise MissingTileError(f"tile {tile[1]} of level {tile[0]} is not complete")
    return [stored[at * HASH_SIZE : (at + 1) * HASH_SIZE] for at in places]
