"""The published values of RFC 6962 trees: hashes, roots, proofs, and probes of which
most must be refused.
"""

import json
from base64 import b64decode

import pytest

from domain.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    complete_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_root,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.support.files import VECTORS

PUBLISHED = json.loads((VECTORS / "merkle.json").read_text("utf-8"))
TREE = PUBLISHED["reference_tree"]
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in TREE["leaf_inputs_hex"]]
BIG = 2**40
INCLUSION, CONSISTENCY = "inclusion_probes", "consistency_probes"


def stored(node):
    level, index = node
    return bytes.fromhex(TREE["node_hashes_by_level"][level][index])


def probes(kind, *, refused):
    cases = [c for c in PUBLISHED[kind]["cases"] if c["wantErr"] is refused]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["file"])


def check_inclusion(case):
    proof = [b64decode(one) for one in case["proof"] or []]
    leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
    verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)


def check_consistency(case):
    proof = [b64decode(one) for one in case["proof"] or []]
    root1, root2 = b64decode(case["root1"]), b64decode(case["root2"])
    verify_consistency(case["size1"], case["size2"], proof, root1, root2)


@pytest.mark.parametrize(
    "case", PUBLISHED["rfc6962_hashes"], ids=lambda case: case["name"]
)
def test_the_published_hashes_are_reproduced(case):
    made = {
        "empty": lambda: EMPTY_ROOT,
        "leaf": lambda: leaf_hash(bytes.fromhex(case["data_hex"])),
        "node": lambda: node_hash(
            bytes.fromhex(case["left_hex"]), bytes.fromhex(case["right_hex"])
        ),
    }
    assert made[case["kind"]]().hex() == case["hash"]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_reproduced(size):
    published = TREE["root_hashes_by_size"][size]
    assert root_of(LEAVES[:size]).hex() == published
    assert range_root((0, size), stored).hex() == published


@pytest.mark.parametrize("size", range(9))
def test_a_tree_is_continued_from_the_published_compact_range(size):
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    assert [peak.hex() for peak in tree.peaks] == TREE["compact_range_by_size"][size]


@pytest.mark.parametrize(
    "case", PUBLISHED["inclusion_proofs_of_reference_tree"]["cases"]
)
def test_the_published_inclusion_proofs_are_reproduced(case):
    proof = inclusion_proof(case["index"], case["size"], stored)
    assert [one.hex() for one in proof] == case["proof"]


@pytest.mark.parametrize(
    "case", PUBLISHED["consistency_proofs_of_reference_tree"]["cases"]
)
def test_the_published_consistency_proofs_are_reproduced(case):
    proof = consistency_proof(case["size1"], case["size2"], stored)
    assert [one.hex() for one in proof] == case["proof"]


@probes(INCLUSION, refused=True)
def test_what_must_be_refused_as_an_inclusion_proof_is_refused(case):
    with pytest.raises(ProofError):
        check_inclusion(case)


@probes(INCLUSION, refused=False)
def test_a_published_inclusion_proof_holds(case):
    check_inclusion(case)


@probes(CONSISTENCY, refused=True)
def test_what_must_be_refused_as_a_consistency_proof_is_refused(case):
    with pytest.raises(ProofError):
        check_consistency(case)


@probes(CONSISTENCY, refused=False)
def test_a_published_consistency_proof_holds(case):
    check_consistency(case)


@pytest.mark.parametrize("size", [1, 5, BIG])
def test_a_leaf_that_is_not_in_the_tree_has_no_proof(size):
    for index in (-1, size, size + 1):
        with pytest.raises(ProofError, match="no leaf"):
            inclusion_proof(index, size, stored)
        with pytest.raises(ProofError, match="no leaf"):
            verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize(("size1", "size2"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_sizes_between_which_nothing_can_be_shown_are_refused(size1, size2):
    with pytest.raises(ProofError):
        consistency_proof(size1, size2, stored)
    with pytest.raises(ProofError):
        verify_consistency(size1, size2, [], EMPTY_ROOT, EMPTY_ROOT)


def test_a_proof_of_hashes_that_are_too_short_is_refused_though_it_leads_to_the_root():
    short = b"short"
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(short, 0, 2, [LEAVES[1]], node_hash(short, LEAVES[1]))
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(LEAVES[0], 0, 2, [short], node_hash(LEAVES[0], short))
    with pytest.raises(ProofError, match="32 bytes"):
        verify_consistency(1, 2, [short], LEAVES[0], node_hash(LEAVES[0], short))


def test_the_range_of_a_large_tree_is_covered_by_few_nodes():
    assert complete_nodes((0, BIG + 3)) == [(40, 0), (1, BIG >> 1), (0, BIG + 2)]
