"""The journal's trees: tiles up to the signed root, and entries down to them.

An entry is proved where the tile of 256 leaves in which it lies makes the hash that the tree has for it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shanzhi.core.pool import pool
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import SignedHead
from shanzhi.kernel.journal.policy.canonical import SALT_BYTES
from shanzhi.kernel.journal.policy.tiles import WIDTH, Place, root, tile_root
from shanzhi.kernel.journal.policy.tree import HASH_BYTES, Hasher, hasher, leaf_hash
from shanzhi.kernel.packs.policy import faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.heads import Signed
from shanzhi.kernel.packs.queries.checking.opened import Opened, TooMuch, connect, fetched, quoted

_HEIGHT = 8
_NAMED = 20
"""Faults of one kind that are told of an epoch's tiles."""
_PLACES_AT_ONCE = 4_000
_NEAR = 500
"""Tiles between two that are still read together: about one group of rows."""
ENTRY_MOST = 200_000
"""Bytes of an entry: DuckDB copies two thousand at once however long. One of a matter has some hundreds."""
_LEAF = (
    f"CASE WHEN octet_length(t.salt) = {SALT_BYTES} THEN t.salt END,"
    f" CASE WHEN strlen(t.entry) <= {ENTRY_MOST} THEN encode(t.entry) END, strlen(t.entry) > {ENTRY_MOST}"
)
_HASH = f"CASE WHEN octet_length(t.hash) = {HASH_BYTES} THEN t.hash ELSE ''::BLOB END"
Leaf = tuple[int, int]
"""Epoch and number."""


@dataclass(slots=True)
class Tree:
    """One epoch's tree: its head, its tiles of levels 1 and up, whether they lead to the root."""

    head: SignedHead
    tiles: dict[Place, bytes]
    is_sound: bool = False

    @property
    def size(self) -> int:
        """How many leaves."""
        return self.head.head.tree.size

    @property
    def hasher(self) -> Hasher:
        """The epoch's hash function."""
        return hasher(self.head.head.hash)


@dataclass(slots=True)
class Forest:
    """The trees by epoch. `judged` remembers of which tiles of level 0 it is known whether they fit."""

    trees: dict[int, Tree]
    judged: dict[tuple[int, int], bool] = field(default_factory=dict)


def check_trees(opened: Opened, signed: Signed, found: Checked) -> Forest:
    """Tiles of every epoch that has entries in the pack, from level 1 up to the head's root."""
    forest = Forest({})
    if opened.heads is None or not opened.has(
        "journal/tiles.parquet", "journal/entries.parquet", "journal/leaves.parquet"
    ):
        return forest
    for told in opened.heads.epochs:
        head = signed.heads.get(told.number)
        if told.has_entries and head is not None:
            tree = forest.trees[told.number] = Tree(head, {})
            _load(opened, tree, told.number, found)
            tree.is_sound = _check_levels(tree, told.number, found) and _check_root(opened, tree, told.number, found)
            found.count("tiles", len(tree.tiles))
    _check_bounds(opened, forest, found)
    return forest


def _load(opened: Opened, tree: Tree, epoch: int, found: Checked) -> None:
    rows = opened.rows("SELECT level, place, hashes FROM tiles WHERE epoch = ? ORDER BY level, place", [epoch])
    extra = 0
    for level, place, hashes in rows:
        count = tree.size >> (_HEIGHT * level) if 0 < level < 8 else 0
        if place * WIDTH >= count or place < 0 or (level, place) in tree.tiles:
            extra += 1
            found.add([faults.tile_extra(epoch, level, place)] if extra <= _NAMED else [])
        else:
            tree.tiles[level, place] = bytes(hashes)


def _check_levels(tree: Tree, epoch: int, found: Checked) -> bool:
    """Is each tile there and as long as it should be, and is each full one what the level above says?"""
    wrong: list[faults.Fault] = []
    level = 1
    while count := tree.size >> (_HEIGHT * level):
        for place in range((count + WIDTH - 1) // WIDTH):
            data = tree.tiles.get((level, place), b"")
            length = min(WIDTH, count - place * WIDTH)
            if len(data) != length * HASH_BYTES:
                wrong.append(faults.tile_missing(epoch, level, place))
            elif length == WIDTH and not _is_above(tree, level, place, data):
                wrong.append(faults.tile_differs(epoch, level, place))
            if len(wrong) >= _NAMED:
                break
        level += 1
    found.add(wrong)
    return not wrong


def _is_above(tree: Tree, level: int, place: int, data: bytes) -> bool:
    above = tree.tiles.get((level + 1, place // WIDTH), b"")
    at = place % WIDTH * HASH_BYTES
    return above[at : at + HASH_BYTES] == tile_root(tree.hasher, data)


def _check_root(opened: Opened, tree: Tree, epoch: int, found: Checked) -> bool:
    tiles = dict(tree.tiles)
    if tree.size % WIDTH:
        tail = tree.size // WIDTH
        made = dict(_assembled(opened, epoch, tree, [tail], found))
        if made.get(tail) is None:
            return False
        tiles[0, tail] = made[tail] or b""
    try:
        is_root = root(tree.hasher, tree.size, tiles) == tree.head.head.tree.root
    except KeyError:
        is_root = False
    if not is_root:
        found.add([faults.root_differs(epoch, tree.size)])
    return is_root


def _check_bounds(opened: Opened, forest: Forest, found: Checked) -> None:
    """Entries and hashes that lie in no tree, and leaves that stand twice."""
    cases = "".join(f" WHEN {epoch} THEN {tree.size}" for epoch, tree in forest.trees.items())
    size = f"CASE epoch{cases} ELSE 0 END" if cases else "0"
    for table in ("entries", "leaves"):
        rows = opened.rows(
            f"SELECT epoch, leaf FROM {table} WHERE leaf < 0 OR leaf >= {size} ORDER BY epoch, leaf LIMIT {_NAMED}"  # noqa: S608 - whole numbers
        )
        found.add(faults.entry_beyond(epoch, leaf) for epoch, leaf in rows)


def _assembled(
    opened: Opened, epoch: int, tree: Tree, places: Collection[int], found: Checked
) -> Iterator[tuple[int, bytes | None]]:
    """Tiles of level 0, made of entries and hashes; None where a leaf is missing or there twice (which is told)."""
    for some in _together(sorted(places)):
        hashes: dict[int, bytes] = {}
        twice: set[int] = set()
        for leaf, hashed in _hashes(opened, epoch, tree.hasher, some):
            if leaf in hashes:
                twice.add(leaf)
            hashes[leaf] = hashed
        for place in some:
            yield place, _tile(epoch, place, tree.size, hashes, twice, found)


def _together(places: list[int]) -> Iterator[list[int]]:
    """Tiles that are read at once: a table's text is unpacked whole for however little of it, so neighbours go together."""
    some: list[int] = []
    for place in places:
        if some and (place - some[-1] > _NEAR or len(some) >= _PLACES_AT_ONCE):
            yield some
            some = []
        some.append(place)
    if some:
        yield some


def _hashes(opened: Opened, epoch: int, h: Hasher, places: list[int]) -> Iterator[tuple[int, bytes]]:
    """Number and hash of every leaf of these tiles that the pack has, as entry or as hash."""
    opened.db.execute("CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest($1::BIGINT[]) AS place", [places])
    within = (
        f"SEMI JOIN wanted ON t.leaf // {WIDTH} = wanted.place WHERE t.epoch = {epoch}"
        f" AND t.leaf BETWEEN {places[0] * WIDTH} AND {places[-1] * WIDTH + WIDTH - 1}"
    )
    for leaf, salt, entry, is_long in opened.each(f"SELECT t.leaf, {_LEAF} FROM entries AS t {within}"):  # noqa: S608 - whole numbers
        yield leaf, _hashed(h, epoch, leaf, salt, entry, is_long)
    yield from opened.each(f"SELECT t.leaf, {_HASH} FROM leaves AS t {within}")  # noqa: S608 - whole numbers


def _hashed(h: Hasher, epoch: int, leaf: int, salt: bytes | None, entry: bytes | None, is_long: object) -> bytes:
    """An entry's leaf; empty where it has none.

    Raises:
        TooMuch: it is longer than `ENTRY_MOST`.
    """
    if is_long:
        words = msg("第 %(epoch)d 段存证链编号 %(leaf)d 的留痕超过 %(most)s 字节，没有核对。")
        raise TooMuch(words, epoch=epoch, leaf=leaf, most=f"{ENTRY_MOST:,}")
    return leaf_hash(h, salt + entry) if salt and entry else b""


def _tile(epoch: int, place: int, size: int, hashes: dict[int, bytes], twice: set[int], found: Checked) -> bytes | None:
    leaves = range(place * WIDTH, min(size, place * WIDTH + WIDTH))
    doubled = [leaf for leaf in leaves if leaf in twice]
    missing = [leaf for leaf in leaves if leaf not in hashes]
    found.add(faults.leaf_twice(epoch, leaf) for leaf in doubled)
    found.add(faults.leaf_missing(epoch, leaf) for leaf in missing[:1])
    # One that is shorter, and one beside it that is longer, would make the same tile; so each is looked at.
    misshapen = [leaf for leaf in leaves if len(hashes.get(leaf, b"")) != HASH_BYTES and leaf not in missing]
    found.add(faults.leaf_misshapen(epoch, leaf) for leaf in misshapen[:_NAMED])
    return None if doubled or missing or misshapen else b"".join(hashes[leaf] for leaf in leaves)


def prove(opened: Opened, forest: Forest, leaves: Iterable[Leaf], found: Checked) -> set[Leaf]:
    """Those of the leaves that are proved; each tile that doesn't fit is told once."""
    wanted: dict[int, set[int]] = {}
    asked = set(leaves)
    for epoch, leaf in asked:
        wanted.setdefault(epoch, set()).add(leaf // WIDTH)
    for epoch, places in wanted.items():
        tree = forest.trees.get(epoch)
        if tree is None:
            forest.judged.update(((epoch, place), False) for place in places)
            continue
        new = [place for place in places if (epoch, place) not in forest.judged]
        for place, data in _assembled(opened, epoch, tree, new, found):
            forest.judged[epoch, place] = judge(tree, place, data)
            if data is not None and tree.is_sound and not forest.judged[epoch, place]:
                found.add([_differs(opened, epoch, place, tree.size)])
        found.count(
            "leaves", sum(min(WIDTH, tree.size - place * WIDTH) for place in new if forest.judged[epoch, place])
        )
    return {(epoch, leaf) for epoch, leaf in asked if forest.judged[epoch, leaf // WIDTH]}


def judge(tree: Tree, place: int, data: bytes | None) -> bool:
    """Does a tile of level 0 make what the tree has for it? The unfinished one is part of the root itself."""
    leaves = min(WIDTH, tree.size - place * WIDTH)
    if data is None or not tree.is_sound or leaves <= 0 or len(data) != leaves * HASH_BYTES:
        return False
    if leaves < WIDTH:
        return True
    try:
        return _is_above(tree, 0, place, data)
    except ValueError:
        return False


def _differs(opened: Opened, epoch: int, place: int, size: int) -> faults.Fault:
    first, last = place * WIDTH, min(size, place * WIDTH + WIDTH) - 1
    rows = opened.rows(
        f"SELECT leaf, left(subject_kind, 40), subject_id, step FROM entries WHERE epoch = {epoch}"  # noqa: S608 - whole numbers
        f" AND leaf BETWEEN {first} AND {last} ORDER BY leaf LIMIT 9"
    )
    said = "、".join(f"{leaf}（{kind} {subject} #{step}）" for leaf, kind, subject, step in rows[:8])
    return faults.leaves_differ(epoch, first, last, said + ("…" if len(rows) > 8 else ""))


# -- all of them ---------------------------------------------------------------------------------------------------------


def prove_all(opened: Opened, forest: Forest, found: Checked, tick: Any) -> None:
    """Every tile of level 0 that has an entry, in processes side by side."""
    jobs = []
    for epoch, tree in forest.trees.items():
        if not tree.is_sound:
            continue
        places = [
            row[0]
            for row in opened.rows(  # whole numbers
                f"SELECT DISTINCT leaf // {WIDTH} FROM entries WHERE epoch = {epoch} ORDER BY 1"  # noqa: S608 - whole numbers
            )
        ]
        places = [place for place in places if (epoch, place) not in forest.judged]
        files = (str(opened.files["entries"]), str(opened.files["leaves"]))
        jobs += [
            (*files, epoch, tree.head.head.hash, tree.size, tuple(places[at : at + 2000]))
            for at in range(0, len(places), 2000)
        ]
    with pool(worth_it=len(jobs) > 4) as running:
        for (_, _, epoch, _, _, part), made in running.ordered(tiles_of, jobs):
            tree = forest.trees[epoch]
            for place in part:
                roots = made.get(place)
                at = place % WIDTH * HASH_BYTES
                above = tree.tiles.get((1, place // WIDTH), b"")[at : at + HASH_BYTES]
                # What isn't right is looked at once more, one by one, where it is told.
                if roots is not None and roots == above:
                    forest.judged[epoch, place] = True
                    found.count("leaves", min(WIDTH, tree.size - place * WIDTH))
                else:
                    prove(opened, forest, [(epoch, place * WIDTH)], found)
            tick(len(part))


def tiles_of(
    entries: str, leaves: str, epoch: int, hash_name: str, size: int, places: tuple[int, ...]
) -> dict[int, bytes]:
    """The roots of tiles of level 0, made of the files alone; one that can't be made is missing. A job of the pool."""
    from pathlib import Path  # noqa: PLC0415

    h = hasher(hash_name)
    db = connect(Path(entries).parent, threads=1, memory_mb=500)
    first, last = places[0] * WIDTH, places[-1] * WIDTH + WIDTH - 1
    within = f"epoch = {epoch} AND leaf BETWEEN {first} AND {last}"
    hashes: dict[int, bytes] = {}
    twice: set[int] = set()
    inside = set(places)
    rows = f"SELECT t.leaf, {_LEAF} FROM read_parquet({quoted(entries)}) AS t WHERE {within}"  # noqa: S608 - own names
    for leaf, *told in fetched(db.execute(rows)):
        if leaf in hashes:
            twice.add(leaf)
        hashes[leaf] = _hashed(h, epoch, leaf, *told)
    rows = f"SELECT t.leaf, {_HASH} FROM read_parquet({quoted(leaves)}) AS t WHERE {within}"  # noqa: S608 - own names
    for leaf, hashed in fetched(db.execute(rows)):
        if leaf in hashes:
            twice.add(leaf)
        if leaf // WIDTH in inside:
            hashes[leaf] = hashed
    db.close()
    made = {}
    for place in places:
        parts = [hashes.get(leaf, b"") for leaf in range(place * WIDTH, min(size, place * WIDTH + WIDTH))]
        if all(len(part) == HASH_BYTES for part in parts) and not twice.intersection(
            range(place * WIDTH, place * WIDTH + WIDTH)
        ):
            made[place] = tile_root(h, b"".join(parts)) if len(parts) == WIDTH else b""
    return made
