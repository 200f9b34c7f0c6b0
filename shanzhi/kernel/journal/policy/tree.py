"""The Merkle tree of RFC 9162 (section 2.1): hashes of leaves and nodes, roots, proofs and their verification.

Leaves count from 0. A proof is a tuple of hashes of 32 bytes, lowest first.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SM3, Hash

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

HASH_BYTES = 32
Hasher = Callable[[bytes], bytes]
Range = tuple[int, int]
Node = tuple[int, int]
"""A complete subtree: its height, and its number among those of this height."""


class UnknownHash(DomainError):
    """A tree names a hash function that this program doesn't know."""

    status = 500
    code = "unknown-hash"


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


HASHES: dict[str, Hasher] = {"sha256": _sha256, "sm3": _sm3}
"""SHA-256 (FIPS 180-4) and SM3 (GB/T 32905-2016), by the names that settings and heads use."""


def hasher(name: str) -> Hasher:
    """The hash function of this name.

    Raises:
        UnknownHash: there is none.
    """
    if name not in HASHES:
        raise UnknownHash(msg("不认识哈希算法“%(name)s”。请用 sha256 或 sm3。"), name=name)
    return HASHES[name]


def leaf_hash(h: Hasher, data: bytes) -> bytes:
    """The hash of a leaf: H(0x00 ‖ data)."""
    return h(b"\x00" + data)


def node_hash(h: Hasher, left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: H(0x01 ‖ left ‖ right)."""
    return h(b"\x01" + left + right)


def empty_root(h: Hasher) -> bytes:
    """The root of the tree without leaves: H of nothing."""
    return h(b"")


def complete_root(h: Hasher, hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of neighbouring hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [h(b"\x01" + left + right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def fold(h: Hasher, roots: Sequence[bytes]) -> bytes:
    """The root over neighbouring complete subtrees, the largest first (as `subtrees` gives them)."""
    found = roots[-1]
    for left in reversed(roots[:-1]):
        found = h(b"\x01" + left + found)
    return found


def root_of(h: Hasher, leaves: Iterable[bytes]) -> bytes:
    """The root over hashes of leaves, from nothing else: the definition, for few leaves."""
    hashes = list(leaves)
    if not hashes:
        return empty_root(h)
    return fold(h, [complete_root(h, hashes[i << k : (i + 1) << k]) for k, i in subtrees(0, len(hashes))])


# -- what a proof is made of ---------------------------------------------------------------------------------------------


def _half(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(leaf: int, size: int) -> list[Range]:
    """The ranges of leaves whose roots prove that a leaf is in the tree of this size (PATH in section 2.1.3.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= leaf < size:
        raise ValueError(f"leaf {leaf} is not in a tree of {size}")
    start, end = 0, size
    found = []
    while end - start > 1:
        middle = start + _half(end - start)
        if leaf < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges of leaves whose roots prove that a tree has grown from one size to another (SUBPROOF, section 2.1.4.1).

    Raises:
        ValueError: the old tree is larger than the new one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree can't grow from {old} to {new}")
    if old in (0, new):
        return []
    start, end, whole = 0, new, True
    found = []
    while end != old:
        middle = start + _half(end - start)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    if not whole:
        found.append((start, end))
    return found[::-1]


def subtrees(start: int, end: int) -> list[Node]:
    """The complete subtrees that a range of leaves is made of, the largest first."""
    found = []
    while start < end:
        height = (end - start).bit_length() - 1
        found.append((height, start >> height))
        start += 1 << height
    return found


# -- verification --------------------------------------------------------------------------------------------------------


def is_included(h: Hasher, *, leaf: int, size: int, hashed: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Does the path lead from the leaf's hash to the root? RFC 9162, section 2.1.3.2."""
    if not 0 <= leaf < size:
        return False
    number, last, found = leaf, size - 1, hashed
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(h, sibling, found)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(h, found, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(h: Hasher, *, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Has the old tree grown into the new one, with nothing rewritten? RFC 9162, section 2.1.4.2."""
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and new > 0 and old_root == empty_root(h)
    if not 0 < old < new or not path:
        return False
    # A complete old tree is its own first step.
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return _climb(h, old - 1, new - 1, steps) == (old_root, new_root)


def _climb(h: Hasher, number: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots as a consistency proof gives them; none where its length doesn't fit."""
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return None
        if number & 1 or number == last:
            first, second = node_hash(h, sibling, first), node_hash(h, sibling, second)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(h, second, sibling)
        number, last = number >> 1, last >> 1
    return (first, second) if last == 0 else None
