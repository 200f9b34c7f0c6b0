"""One epoch under verification: entries → hashes of leaves → tiles → roots of heads.

Every hash is computed anew from the rows. Where it differs from the stored one, what stands above (the next level's tile,
or a signed head) says which of the two is the one that was sealed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise, zip_longest
from typing import Any

from django.db import connection

from shanzhi.kernel.journal.policy import damage
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL
from shanzhi.kernel.journal.policy.damage import Damage
from shanzhi.kernel.journal.policy.heads import SignedHead
from shanzhi.kernel.journal.policy.tiles import (
    TILE_BYTES,
    WIDTH,
    Place,
    hashes_of,
    places,
    root,
    root_ranges,
    tile_root,
)
from shanzhi.kernel.journal.policy.tree import HASH_BYTES, Hasher
from shanzhi.kernel.journal.trees import EpochRow, read_tiles

CHUNK_TILES = 64

# The salt and the canonical form, as the leaf's hash takes them; NULL where the entry is gone.
_ROWS = f"""
SELECT l.number, l.transaction_id::text::bigint, l.id,
       CASE WHEN e.id IS NOT NULL THEN '\\x00'::bytea || l.salt || {CANONICAL_SQL} END
FROM journal_leaf l LEFT JOIN journal_entry e ON e.recorded_at = l.recorded_at AND e.id = l.id
WHERE l.epoch = %s AND l.number >= %s AND l.number < %s ORDER BY l.number
"""  # noqa: S608 - fixed texts
# Entries are looked up one by one by their key, which is what the planner would do if it knew how few of them are asked for.
_BY_KEY = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
_Row = tuple[int, int, int, bytes | None]


@dataclass(slots=True)
class Audit:
    """What is known of one epoch so far. `heads` are those whose signature fits, smallest first; `size` is what there
    should be; `corrected` are tiles as the entries give them, where the stored ones are damaged."""

    epoch: EpochRow
    size: int
    heads: list[SignedHead]
    tick: Callable[[int], None]
    damages: list[Damage] = field(default_factory=list)
    corrected: dict[Place, bytes] = field(default_factory=dict)
    checked: int = 0
    _last: tuple[int, int] = (-1, -1)
    _number: int = -1
    _read: dict[Place, bytes] = field(default_factory=dict)

    @property
    def h(self) -> Hasher:
        """The epoch's hash function."""
        return self.epoch.hasher

    # -- entries and the lowest tiles --------------------------------------------------------------------------------

    def run(self, start: int, end: int) -> None:
        """Verify the leaves from `start` up to `end` and every tile over them."""
        if start >= end:
            return
        with connection.cursor() as cursor:
            cursor.execute(_BY_KEY)
        above: dict[int, bytes] = {}
        step = CHUNK_TILES * WIDTH
        for first in range(start // WIDTH * WIDTH, end, step):
            low, high = max(first, start), min(first + step, end)
            hashes = self._hashes(low, high)
            self._lowest(first // WIDTH, low, high, hashes, above)
            self.checked += high - low
            self.tick(high - low)
        self._upper(above)

    def _hashes(self, low: int, high: int) -> list[bytes | None]:
        """The hashes of leaves that the entries give; None where entry or leaf is gone."""
        with connection.connection.cursor(binary=True) as cursor:
            cursor.execute(_ROWS, [self.epoch.number, low, high])
            rows: list[_Row] = cursor.fetchall()
        h = self.h
        self._order(rows)
        hashed: list[bytes | None] = [h(data) if data else None for _, _, _, data in rows]
        if len(rows) == high - low and None not in hashed:
            return hashed
        found: list[bytes | None] = [None] * (high - low)
        for row, value in zip(rows, hashed, strict=True):
            found[row[0] - low] = value
        gone = [row[0] for row in rows if row[3] is None]
        self._name("entry-missing", gone)
        there = {row[0] for row in rows}
        for first, last in _runs(number for number in range(low, high) if number not in there):
            self.damages.append(damage.leaves_missing(epoch=self.epoch.number, first=first, last=last))
        return found

    def _order(self, rows: list[_Row]) -> None:
        """Leaves have the order (transaction, id): those that the epoch took over, and then those of its own."""
        if not rows:
            return
        carried = self.epoch.carried
        keys = [self._last, *(row[1:3] for row in rows)]
        number, self._number = self._number, rows[-1][0]
        self._last = keys[-1]
        if not number < carried <= rows[-1][0] and all(a < b for a, b in pairwise(keys)):
            return
        wrong = []
        for row, before in zip(rows, keys, strict=False):
            # The epoch's own leaves begin anew, with the first transaction that it may have.
            least = (self.epoch.from_transaction, 0) if number < carried <= row[0] else before
            if row[1:3] <= least:
                wrong.append(row[0])
            number = row[0]
        self._name("order", wrong)

    def _lowest(self, place: int, low: int, high: int, hashes: list[bytes | None], above: dict[int, bytes]) -> None:
        """Compare the hashes with the tiles of level 0; put the roots of full ones into `above`."""
        stored = self._stored(0, place, -(-high // WIDTH))
        for at in range(place, -(-high // WIDTH)):
            first = at * WIDTH
            tile = stored.get(at, b"")
            want = min(WIDTH, self.size - first)
            if len(tile) != want * HASH_BYTES:
                have = len(tile) // HASH_BYTES
                self._say(damage.tile_short(epoch=self.epoch.number, level=0, place=at, have=have, want=want))
            part = hashes[max(first, low) - low : min(first + WIDTH, high) - low]
            lead = max(first, low) - first
            chosen = self._chosen((0, at), tile, lead, part)
            if chosen is not None and len(chosen) == TILE_BYTES:
                above[at] = tile_root(self.h, chosen)

    def _stored(self, level: int, first: int, end: int) -> dict[int, bytes]:
        with connection.connection.cursor(binary=True) as cursor:
            cursor.execute(
                "SELECT place, hashes FROM journal_tile WHERE epoch = %s AND level = %s AND place >= %s AND place < %s",
                [self.epoch.number, level, first, end],
            )
            return dict(cursor.fetchall())

    def _chosen(self, spot: Place, tile: bytes, lead: int, part: list[bytes | None]) -> bytes | None:
        """The tile as it was sealed: stored and computed hashes compared, and what differs named. None where a hash is
        gone from both."""
        known = tile[lead * HASH_BYTES : (lead + len(part)) * HASH_BYTES]
        fresh = _all(part)
        if fresh is not None and b"".join(fresh) == known:
            return tile
        unknown: list[bytes | None] = [None] * lead
        both = list(zip_longest(hashes_of(tile), unknown + part))
        new = _all([computed or stored for stored, computed in both])
        if new is None:
            return None
        differ = [at for at, (a, b) in enumerate(both) if a and b and a != b]
        computed = b"".join(new)
        is_computed = not differ or self._judge(spot, computed, tile, differ[0])
        for at in differ:
            self._differs(spot, at, is_computed)
        if is_computed:
            self.corrected[spot] = computed
        return computed if is_computed else tile

    def _differs(self, spot: Place, at: int, is_computed: bool) -> None:
        level, place = spot
        if is_computed:
            self._say(damage.tile_changed(epoch=self.epoch.number, level=level, place=place, at=at))
        elif level == 0:
            self._name("entry-changed", [place * WIDTH + at])
        else:
            first = (place * WIDTH + at) << (8 * level)
            last = first + (1 << (8 * level)) - 1
            self._say(damage.rewritten(epoch=self.epoch.number, first=first, last=last))

    # -- who is right ------------------------------------------------------------------------------------------------

    def _judge(self, spot: Place, computed: bytes, stored: bytes, differs_at: int) -> bool:
        """Is the computed tile the one that was sealed? The tile above says so, or the next signed head."""
        level, place = spot
        if len(computed) == len(stored) == TILE_BYTES:
            over = self._tiles({(level + 1, place // WIDTH)}).get((level + 1, place // WIDTH), b"")
            parent = over[place % WIDTH * HASH_BYTES : (place % WIDTH + 1) * HASH_BYTES]
            for tile, verdict in ((computed, True), (stored, False)):
                if parent and tile_root(self.h, tile) == parent:
                    return verdict
        leaf = (place * WIDTH + differs_at) << (8 * level)
        head = next((head for head in self.heads if head.head.tree.size > leaf + (1 << (8 * level)) - 1), None)
        if head is None:
            return False
        tree = head.head.tree
        return self.root(tree.size, {spot: computed}) == tree.root != self.root(tree.size, {spot: stored})

    def root(self, size: int, instead: dict[Place, bytes] | None = None) -> bytes | None:
        """The root at this size, of tiles as they were sealed; None where a tile is missing."""
        tiles = self._tiles(places(root_ranges(size))) | (instead or {})
        try:
            return root(self.h, size, tiles)
        except KeyError:
            return None

    def _tiles(self, wanted: set[Place]) -> dict[Place, bytes]:
        if len(self._read) > 64:
            self._read.clear()
        missing = wanted - self._read.keys()
        if missing:
            self._read |= read_tiles(self.epoch.number, missing)
        found = {spot: self._read[spot] for spot in wanted if spot in self._read}
        return found | {spot: self.corrected[spot] for spot in wanted if spot in self.corrected}

    # -- the tiles above ---------------------------------------------------------------------------------------------

    def _upper(self, computed: dict[int, bytes]) -> None:
        """Compare the roots of full tiles with the tiles above them, level by level."""
        level = 1
        while computed:
            above: dict[int, bytes] = {}
            stored = self._stored(level, min(computed) // WIDTH, max(computed) // WIDTH + 1)
            for place in range(min(computed) // WIDTH, max(computed) // WIDTH + 1):
                first = place * WIDTH
                numbers = [number for number in range(first, first + WIDTH) if number in computed]
                tile = stored.get(place, b"")
                want = min(WIDTH, (self.size >> (8 * level)) - first)
                if len(tile) != want * HASH_BYTES:
                    have = len(tile) // HASH_BYTES
                    self._say(
                        damage.tile_short(epoch=self.epoch.number, level=level, place=place, have=have, want=want)
                    )
                part = [computed.get(number) for number in range(first, numbers[-1] + 1)] if numbers else []
                chosen = self._chosen((level, place), tile, 0, part)
                if chosen is not None and len(chosen) == TILE_BYTES:
                    above[place] = tile_root(self.h, chosen)
            computed, level = above, level + 1

    # -- naming ------------------------------------------------------------------------------------------------------

    def _say(self, found: Damage) -> None:
        self.damages.append(found)

    def _name(self, what: Any, leaves: list[int]) -> None:
        """Name entries by their leaves."""
        if not leaves:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, id, recorded_at FROM journal_leaf WHERE epoch = %s AND number = ANY(%s) ORDER BY number",
                [self.epoch.number, leaves],
            )
            rows: list[tuple[int, int, datetime]] = cursor.fetchall()
        for leaf, entry, at in rows:
            self._say(damage.of_entry(what, epoch=self.epoch.number, leaf=leaf, entry=entry, at=at))


def _all(hashes: Iterable[bytes | None]) -> list[bytes] | None:
    """The hashes, where none is missing."""
    there = list(hashes)
    whole = [value for value in there if value is not None]
    return whole if len(whole) == len(there) else None


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order as first and last of each unbroken run."""
    first = last = None
    for number in numbers:
        if first is None or last is None or number != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
