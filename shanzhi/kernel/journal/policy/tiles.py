"""Tiles: the tree kept in pieces of 256 hashes, eight levels of it in one row.

Tile (0, i) holds the hashes of leaves 256·i … 256·i+255, tile (k, i) the roots of 256 full tiles of level k-1. Only complete
subtrees are written, so a tile only ever grows, up to 256 hashes. Any proof reads at most two tiles of each level:
8 rows for a billion leaves. (The layout is that of the C2SP specification “tlog-tiles”.)
"""

from collections.abc import Iterable, Mapping, Sequence

from shanzhi.kernel.journal.policy.tree import (
    HASH_BYTES,
    Hasher,
    Node,
    Range,
    complete_root,
    consistency_ranges,
    empty_root,
    fold,
    inclusion_ranges,
    subtrees,
)

WIDTH = 256
_HEIGHT = 8
TILE_BYTES = WIDTH * HASH_BYTES

Place = tuple[int, int]
"""A tile's level and its position in the level, both from 0."""
Tiles = Mapping[Place, bytes]


def edge_places(size: int) -> list[Place]:
    """The tiles that a tree of this size has begun and not filled: those that the next leaves go into."""
    found = []
    level = 0
    while count := size >> (_HEIGHT * level):
        if count % WIDTH:
            found.append((level, count // WIDTH))
        level += 1
    return found


def grow(h: Hasher, size: int, edge: Tiles, leaves: Sequence[bytes]) -> dict[Place, bytes]:
    """The tiles as they are after more hashes of leaves: those that are new or have grown; `edge` holds `edge_places(size)`."""
    changed: dict[Place, bytes] = {}
    level, more = 0, list(leaves)
    while more:
        place = (size >> (_HEIGHT * level)) // WIDTH
        data = edge.get((level, place), b"") + b"".join(more)
        more = []
        for at in range(0, len(data), TILE_BYTES):
            part = data[at : at + TILE_BYTES]
            changed[level, place] = part
            if len(part) == TILE_BYTES:
                more.append(tile_root(h, part))
            place += 1
        level += 1
    return changed


def hashes_of(tile: bytes) -> list[bytes]:
    """A tile's hashes."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def tile_root(h: Hasher, tile: bytes) -> bytes:
    """The root over a full tile: an entry of the level above."""
    return complete_root(h, hashes_of(tile))


def _spot(node: Node) -> tuple[Place, int, int]:
    """The tile that a node is computed from, with the first and the end of its hashes there."""
    height, number = node
    level, rest = divmod(height, _HEIGHT)
    first = number << rest
    return (level, first // WIDTH), first % WIDTH, first % WIDTH + (1 << rest)


def places(ranges: Iterable[Range]) -> set[Place]:
    """The tiles that the roots of these ranges are computed from."""
    return {_spot(node)[0] for start, end in ranges for node in subtrees(start, end)}


def roots(h: Hasher, ranges: Iterable[Range], tiles: Tiles) -> tuple[bytes, ...]:
    """The roots of these ranges.

    Raises:
        KeyError: a tile is missing, or hasn't grown as far: its place.
    """
    return tuple(fold(h, [_node(h, node, tiles) for node in subtrees(start, end)]) for start, end in ranges)


def _node(h: Hasher, node: Node, tiles: Tiles) -> bytes:
    place, start, end = _spot(node)
    part = tiles[place][start * HASH_BYTES : end * HASH_BYTES]
    if len(part) != (end - start) * HASH_BYTES:
        raise KeyError(place)
    return complete_root(h, hashes_of(part))


def root_ranges(size: int) -> list[Range]:
    """The range whose root is the tree's; none for the tree without leaves."""
    return [(0, size)] if size else []


def root(h: Hasher, size: int, tiles: Tiles) -> bytes:
    """The root of the tree of this size.

    Raises:
        KeyError: a tile is missing.
    """
    return roots(h, root_ranges(size), tiles)[0] if size else empty_root(h)


def inclusion_places(leaf: int, size: int) -> set[Place]:
    """The tiles that an inclusion proof reads."""
    return places(inclusion_ranges(leaf, size))


def inclusion(h: Hasher, leaf: int, size: int, tiles: Tiles) -> tuple[bytes, ...]:
    """The inclusion proof of a leaf in the tree of this size."""
    return roots(h, inclusion_ranges(leaf, size), tiles)


def consistency_places(old: int, new: int) -> set[Place]:
    """The tiles that a consistency proof reads."""
    return places(consistency_ranges(old, new))


def consistency(h: Hasher, old: int, new: int, tiles: Tiles) -> tuple[bytes, ...]:
    """The proof that the tree has only grown from one size to another."""
    return roots(h, consistency_ranges(old, new), tiles)
