"""A tree in tiles is the same tree, however it grew."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    range_root,
    root_of,
    verify_inclusion,
)
from domain.audit.tiles import (
    Edge,
    MissingTileError,
    edge_of,
    edge_tiles,
    hash_in,
    tiles_of,
)

MOST = 70_000
LEAVES = [leaf_hash(number.to_bytes(3, "big")) for number in range(MOST)]


def grown(sizes):
    """The tree as it is stored and as it is continued, after growing by these steps."""
    edge, tiles = Edge(), {}
    for begin, end in pairwise([0, *sizes]):
        tiles |= edge.extend(LEAVES[begin:end])
    return edge, tiles


WHOLE, TILES = grown([MOST])
STEPS = st.lists(st.integers(0, 2000), max_size=6).map(sorted)
SIZES = st.one_of(st.integers(1, MOST), st.sampled_from([1, 255, 256, 257, 65536]))


@given(STEPS)
def test_it_makes_no_difference_in_which_steps_a_tree_grew(sizes):
    edge, tiles = grown(sizes)
    once, tiles_at_once = grown([max(sizes, default=0)])
    assert tiles == tiles_at_once
    assert edge.root() == once.root() == root_of(LEAVES[: edge.size])


@given(STEPS)
def test_a_tree_is_continued_from_its_tiles(sizes):
    edge, tiles = grown(sizes)
    asked = {tile: tiles[tile] for tile in edge_tiles(edge.size) if tile in tiles}
    again = edge_of(edge.size, asked)
    assert again.root() == edge.root()
    assert again.extend(LEAVES[edge.size : edge.size + 300]) == edge.extend(
        LEAVES[edge.size : edge.size + 300]
    )


def test_a_tree_of_three_levels_has_the_root_of_its_leaves():
    tree = Frontier()
    for leaf in LEAVES:
        tree.append(leaf)
    assert WHOLE.root() == tree.root()
    assert edge_of(MOST, TILES).root() == tree.root()


@given(SIZES, st.data())
def test_every_leaf_is_proven_from_few_tiles_of_a_tree_that_has_grown_since(size, data):
    index = data.draw(st.integers(0, size - 1))
    ranges = inclusion_ranges(index, size)
    few = {tile: TILES[tile] for tile in tiles_of([*ranges, (0, size)])}
    root = range_root((0, size), hash_in(few))
    proof = inclusion_proof(index, size, hash_in(few))
    verify_inclusion(LEAVES[index], index, size, proof, root)
    assert len(few) <= 6


def test_a_tile_that_is_missing_or_short_is_said_to_be():
    with pytest.raises(MissingTileError, match="tile 0 of level 0"):
        range_root((0, 3), hash_in({}))
    with pytest.raises(MissingTileError):
        edge_of(3, {(0, 0): bytes(64)})


def test_the_empty_tree_has_the_empty_root():
    assert Edge().root() == edge_of(0, {}).root() == EMPTY_ROOT
