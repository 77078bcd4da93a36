"""The Merkle tree of RFC 6962 and RFC 9162: hashes, roots, proofs, and what they prove.

A tree is known here by its *complete nodes*, `(level, index)`: the root of the
`2 ** level` leaves from `index << level`. A proof names ranges of leaves, and whoever
stores the tree fetches the nodes of these ranges. Verification is written after the
RFC's own algorithm and shares nothing with what makes proofs. Sizes, indexes and levels
count from 0.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256().digest()
Node = tuple[int, int]
"""Level and index."""
Range = tuple[int, int]
"""The first leaf, and the one after the last."""
NodeHash = Callable[[Node], bytes]


class ProofError(Exception):
    """It does not prove what it is said to prove, or nothing can prove it."""


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side, largest first."""
    if not hashes:
        return EMPTY_ROOT
    *others, root = hashes
    for one in reversed(others):
        root = node_hash(one, root)
    return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Of as many hashes as a power of two."""
    level = list(hashes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return level[0]


class Frontier:
    """A tree that only grows, known by the roots of its complete subtrees (a compact
    range): it takes as many hashes as its size has binary ones.
    """

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """`leaf`: its hash."""
        place = self.size
        while place & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            place >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return folded(self.peaks)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Over leaf hashes in order."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def complete_nodes(leaves: Range) -> list[Node]:
    """Those that cover a range side by side, largest first as far as a range of a
    proof is concerned.
    """
    begin, end = leaves
    nodes = []
    while begin < end:
        largest = (end - begin).bit_length() - 1
        aligned = (begin & -begin).bit_length() - 1 if begin else largest
        level = min(largest, aligned)
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def range_root(leaves: Range, hash_of: NodeHash) -> bytes:
    return folded([hash_of(node) for node in complete_nodes(leaves)])


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots prove that leaf `index` is in the tree of this size, as in
    RFC 9162, 2.1.3.1. Raises ProofError if it cannot be.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        middle = begin + _largest_power_below(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(size1: int, size2: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `size2` begins with that of
    `size1`, as in RFC 9162, 2.1.4.1. Raises ProofError if it cannot.
    """
    _check_sizes(size1, size2)
    begin, end, ranges = 0, size2, []
    while size1 != end:
        middle = begin + _largest_power_below(end - begin)
        if size1 <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin > 0:  # otherwise it is the older root, which the verifier has
        ranges.append((begin, end))
    return ranges[::-1]


def inclusion_proof(index: int, size: int, hash_of: NodeHash) -> list[bytes]:
    """From the leaf to the root."""
    return [range_root(leaves, hash_of) for leaves in inclusion_ranges(index, size)]


def consistency_proof(size1: int, size2: int, hash_of: NodeHash) -> list[bytes]:
    return [range_root(leaves, hash_of) for leaves in consistency_ranges(size1, size2)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises ProofError unless `leaf` (a hash) is number `index` of the tree of this
    size and root. The algorithm of RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    _check_hashes([leaf, *proof])
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            place, last = _past_missing_siblings(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    if found != root:
        raise ProofError(f"leaf {index} is not in the tree of this root")


def verify_consistency(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Raises ProofError unless the tree of `size2` and `root2` begins with that of
    `size1` and `root1`. The algorithm of RFC 9162, 2.1.4.2. Nothing is shown of an
    empty tree: size 0 is refused.
    """
    _check_sizes(size1, size2)
    if size1 == size2:
        if proof:
            raise ProofError("a tree needs no proof that it is consistent with itself")
        if root1 != root2:
            raise ProofError(f"two roots for one size, {size1}")
        return
    if not proof:
        raise ProofError("the proof is empty")
    _check_hashes([root1, *proof])
    found1, found2 = _roots_by(size1, size2, proof, root1)
    if found1 != root1:
        raise ProofError(f"the proof does not lead to the root of size {size1}")
    if found2 != root2:
        raise ProofError(f"the tree of size {size2} does not begin with that one")


def _roots_by(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes
) -> tuple[bytes, bytes]:
    """The roots of both trees, as the proof has them."""
    is_complete = size1 & (size1 - 1) == 0
    path = [root1, *proof] if is_complete else list(proof)
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    found1 = found2 = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            found1 = node_hash(sibling, found1)
            found2 = node_hash(sibling, found2)
            place, last = _past_missing_siblings(place, last)
        else:
            found2 = node_hash(found2, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    return found1, found2


def _past_missing_siblings(place: int, last: int) -> tuple[int, int]:
    """A last node without a sibling is carried up unchanged."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _largest_power_below(count: int) -> int:
    """The largest power of two that is less than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _check_sizes(size1: int, size2: int) -> None:
    if size1 < 1:
        raise ProofError("every tree begins with the empty one: nothing to prove")
    if size1 > size2:
        raise ProofError(f"a tree of {size2} leaves cannot begin with one of {size1}")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash has {HASH_SIZE} bytes")
