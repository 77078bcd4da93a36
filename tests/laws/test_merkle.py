"""Trees of any size: each proof holds, nothing else does, and an independent
implementation (tlog-scales) agrees.
"""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.tlog import (
    ConsistencyProof,
    ConsistencyProofInvalid,
    InclusionProof,
    InclusionProofInvalid,
)

from domain.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

MOST = 600
LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(MOST)]
SIZES = st.integers(1, MOST)


@cache
def by_recursion(begin, end):
    """MTH of RFC 6962, 2.1, as it is written there."""
    count = end - begin
    if count == 0:
        return EMPTY_ROOT
    if count == 1:
        return LEAVES[begin]
    k = 1
    while k * 2 < count:
        k *= 2
    return node_hash(by_recursion(begin, begin + k), by_recursion(begin + k, end))


def hash_of(node):
    level, index = node
    return by_recursion(index << level, (index + 1) << level)


@st.composite
def leaf_and_size(draw):
    size = draw(SIZES)
    return draw(st.integers(0, size - 1)), size


@st.composite
def two_sizes(draw):
    size2 = draw(SIZES)
    return draw(st.integers(1, size2)), size2


def flipped(one, bit):
    return (int.from_bytes(one, "big") ^ (1 << bit)).to_bytes(32, "big")


BITS = st.integers(0, 255)


@given(SIZES)
def test_a_tree_grown_leaf_by_leaf_is_the_tree_of_the_definition(size):
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    assert tree.root() == by_recursion(0, size) == range_root((0, size), hash_of)
    assert tree.root() == root_of(LEAVES[:size])


@given(leaf_and_size())
def test_the_proof_of_every_leaf_holds(asked):
    index, size = asked
    proof, root = inclusion_proof(index, size, hash_of), by_recursion(0, size)
    verify_inclusion(LEAVES[index], index, size, proof, root)
    InclusionProof(index, size, proof).check(LEAVES[index], root)


@given(two_sizes())
def test_every_tree_is_consistent_with_the_larger_ones(sizes):
    size1, size2 = sizes
    proof = consistency_proof(size1, size2, hash_of)
    root1, root2 = by_recursion(0, size1), by_recursion(0, size2)
    verify_consistency(size1, size2, proof, root1, root2)
    ConsistencyProof(size1, size2, proof).check(root1, root2)


@given(leaf_and_size(), st.data())
def test_a_flipped_bit_anywhere_in_an_inclusion_proof_is_found(asked, data):
    index, size = asked
    proof, root = inclusion_proof(index, size, hash_of), by_recursion(0, size)
    parts = [LEAVES[index], root, *proof]
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(BITS)
    parts[at] = flipped(parts[at], bit)
    leaf, root, *proof = parts
    with pytest.raises(ProofError):
        verify_inclusion(leaf, index, size, proof, root)


@given(two_sizes(), st.data())
def test_a_flipped_bit_anywhere_in_a_consistency_proof_is_found(sizes, data):
    size1, size2 = sizes
    proof = consistency_proof(size1, size2, hash_of)
    parts = [by_recursion(0, size1), by_recursion(0, size2), *proof]
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(BITS)
    parts[at] = flipped(parts[at], bit)
    root1, root2, *proof = parts
    with pytest.raises(ProofError):
        verify_consistency(size1, size2, proof, root1, root2)


@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.lists(st.sampled_from(LEAVES[:5]), max_size=6),
    st.sampled_from(LEAVES[:5]),
)
def test_whatever_is_no_proof_is_refused_as_elsewhere(index, size, proof, leaf):
    root = by_recursion(0, size)
    try:
        InclusionProof(index, size, proof).check(leaf, root)
    except InclusionProofInvalid:
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, proof, root)
    else:
        verify_inclusion(leaf, index, size, proof, root)


@given(two_sizes(), st.lists(st.sampled_from(LEAVES[:5]), max_size=6), st.booleans())
def test_whatever_shows_no_consistency_is_refused_as_elsewhere(sizes, others, prove):
    size1, size2 = sizes
    proof = consistency_proof(size1, size2, hash_of) if prove else []
    root1, root2 = by_recursion(0, size1), by_recursion(0, size2)
    try:
        ConsistencyProof(size1, size2, proof + others).check(root1, root2)
    except ConsistencyProofInvalid:
        with pytest.raises(ProofError):
            verify_consistency(size1, size2, proof + others, root1, root2)
    else:
        verify_consistency(size1, size2, proof + others, root1, root2)
