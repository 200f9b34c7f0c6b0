"""The journal of a pack: entries with their salts, the other leaves of their tiles, the tiles above, and signed heads."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import orjson
import psycopg
from django.db import connection
from numpy.typing import NDArray

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy.canonical import CANONICAL_TEXT_SQL
from shanzhi.kernel.journal.policy.heads import SignedHead, read_head
from shanzhi.kernel.journal.policy.tiles import WIDTH
from shanzhi.kernel.journal.policy.tree import HASH_BYTES
from shanzhi.kernel.journal.queries import Leaf
from shanzhi.kernel.packs.operations.building_stands import EPOCH_BITS
from shanzhi.kernel.packs.operations.building_streams import copy_into, parquet
from shanzhi.kernel.packs.policy.contents import (
    ENTRIES,
    ENTRIES_FILE,
    LEAVES,
    LEAVES_FILE,
    TILES,
    TILES_FILE,
    EpochTold,
    Heads,
)
from shanzhi.kernel.packs.queries.observing import Typed, typed_of

CHUNK = 50_000
"""Leaves that are read at a time."""
_GROUPS = "ROW_GROUP_SIZE 30000, DICTIONARY_SIZE_LIMIT 1"
"""No two entries are alike: a dictionary would be begun and given up in each group."""
FIGURE, EXCLUSION, MATTER = "figure", "exclusion", "matter"
Subject = tuple[str, int]
Tick = Callable[[str, int], None]


class NotSealed(Conflict):
    """Something that belongs to the pack isn't sealed, or no head covers it yet."""

    code = "pack-not-sealed"


_WAIT = msg("最近的留痕还没有封存，或树头还没有签，没有生成验收包。请过几秒再试；一直这样，请检查后台 shanzhi worker。")


@dataclass(frozen=True, slots=True)
class Trees:
    """The last head of each epoch, by its number."""

    heads: dict[int, SignedHead]

    def size(self, epoch: int) -> int:
        """How many leaves its head covers; 0 without one."""
        return self.heads[epoch].head.tree.size if epoch in self.heads else 0

    def covers(self, place: Leaf) -> bool:
        """Does a head cover this leaf?"""
        return place.number < self.size(place.epoch)


def trees_now() -> Trees:
    """The last heads; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT ON (epoch) epoch, note FROM journal_head ORDER BY epoch, size DESC, id DESC")
        return Trees({epoch: read_head(note) for epoch, note in cursor.fetchall()})


def check_covered(trees: Trees, place: Leaf) -> None:
    """Raises NotSealed where no head covers a leaf."""
    if not trees.covers(place):
        raise NotSealed(_WAIT)


def figures_typed(wanted: set[tuple[str, int]], trees: Trees) -> dict[int, Typed]:
    """The figures that were typed in for these indicators and periods (key, first month), by the entries' subject; 3 queries.

    Raises:
        NotSealed: one of them isn't yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_entry WHERE subject_kind = %s", [FIGURE])
        (count,) = cursor.fetchone()
    rows = journal.sealed_within(FIGURE, 0, journal_most(), before=journal.sealed_end())
    if len(rows) != count:
        raise NotSealed(_WAIT)
    found = {row.subject_id: (row.leaf, typed_of(orjson.loads(row.payload))) for row in rows}
    chosen = {pk: (leaf, one) for pk, (leaf, one) in found.items() if (one.key, one.first) in wanted}
    for leaf, _ in chosen.values():
        check_covered(trees, leaf)
    return {pk: one for pk, (_, one) in chosen.items()}


def journal_most() -> int:
    """The highest number of a subject."""
    return 2**62


def contests(first: int, last: int) -> list[Subject]:
    """The subjects of counts that were contested in these months; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT subject_id FROM journal_entry WHERE subject_kind = %s"
            " AND (payload ->> 'month')::int BETWEEN %s AND %s ORDER BY 1",
            [EXCLUSION, first, last],
        )
        return [(EXCLUSION, int(pk)) for (pk,) in cursor.fetchall()]


def cut_subjects(months: Iterable[int]) -> list[Subject]:
    """The subjects of the cuts' own entries."""
    return [(MONTH_SUBJECT, month) for month in months]


# -- entries -------------------------------------------------------------------------------------------------------------

_RAW = (*(pair for pair in ENTRIES if pair[0] not in ("salt", "entry")), ("salt", "VARCHAR"), ("entry", "VARCHAR"))
_PIECE = f"""
SELECT l.epoch, l.number, e.subject_kind, e.subject_id, e.subject_step, encode(l.salt, 'hex'), {CANONICAL_TEXT_SQL}
FROM (SELECT * FROM journal_leaf WHERE epoch = @epoch@ AND number >= @first@ AND number < @end@) l
JOIN journal_entry e ON e.recorded_at = l.recorded_at AND e.id = l.id
WHERE e.recorded_at BETWEEN '@since@' AND '@until@' AND e.subject_kind = ANY('{{@kinds@}}'::text[])
ORDER BY l.number
"""  # noqa: S608 - fixed texts
_SPANS = (
    f"SELECT number / {CHUNK}, min(recorded_at), max(recorded_at) FROM journal_leaf WHERE epoch = %s AND number < %s"  # noqa: S608 - a number
    " GROUP BY 1 ORDER BY 1"
)


def write_entries(
    work: duckdb.DuckDBPyConnection,
    opened: "psycopg.Connection[Any]",
    folder: Path,
    scratch: Path,
    trees: Trees,
    subjects: Sequence[Subject],
    tick: Tick,
) -> int:
    """Write the entries of the matters of `stands` that were sealed before the cut that proves them, and all of these
    subjects'; how many."""
    work.execute("CREATE TABLE wanted AS SELECT 'matter' AS kind, matter_id AS id, place FROM stands")
    further = sorted(set(subjects))
    work.execute(
        "INSERT INTO wanted SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[]), $3",
        [[kind for kind, _ in further], [pk for _, pk in further], 2**62],
    )
    select = (
        "SELECT r.epoch, r.leaf, r.subject_kind, r.subject_id, r.step, unhex(r.salt) AS salt, r.entry FROM {rows} r"  # noqa: S608 - a number
        " SEMI JOIN wanted w ON w.kind = r.subject_kind AND w.id = r.subject_id"
        f" AND (r.epoch::BIGINT << {EPOCH_BITS}) + r.leaf < w.place"
    )
    kinds = ",".join(sorted({MATTER, *(kind for kind, _ in subjects)}))

    def feed(out: IO[bytes]) -> None:
        for epoch in sorted(trees.heads):
            size = trees.size(epoch)
            for place, since, until in opened.execute(_SPANS, [epoch, size]).fetchall():
                first, end = place * CHUNK, min(place * CHUNK + CHUNK, size)
                given = {"epoch": epoch, "first": first, "end": end, "since": since, "until": until, "kinds": kinds}
                statement = _PIECE
                for name, value in given.items():
                    statement = statement.replace(f"@{name}@", str(value))
                copy_into(opened, statement, out)
                tick("entries", end - first)

    return parquet(work, scratch, folder / ENTRIES_FILE, tuple(_RAW), feed, select=select, options=_GROUPS)


# -- leaves, tiles, heads ------------------------------------------------------------------------------------------------


def write_trees(
    work: duckdb.DuckDBPyConnection, opened: "psycopg.Connection[Any]", folder: Path, scratch: Path, trees: Trees
) -> Heads:
    """Write the leaves beside the entries, the tiles above them, and tell the heads."""
    found = work.execute(f"SELECT DISTINCT epoch FROM {_entries(folder)} ORDER BY 1").fetchall()  # noqa: S608 - our own file
    epochs = [row[0] for row in found]

    def leaves(out: IO[bytes]) -> None:
        for epoch in epochs:
            _leaves(opened, epoch, trees.size(epoch), _marks(work.cursor(), folder, epoch, trees.size(epoch)), out)

    def tiles(out: IO[bytes]) -> None:
        for epoch in epochs:
            _tiles(opened, epoch, trees.size(epoch), out)

    raw = tuple((name, "VARCHAR" if of == "BLOB" else of) for name, of in LEAVES)
    parquet(
        work, scratch, folder / LEAVES_FILE, raw, leaves, select="SELECT epoch, leaf, unhex(hash) AS hash FROM {rows} r"
    )
    raw = tuple((name, "VARCHAR" if of == "BLOB" else of) for name, of in TILES)
    select = "SELECT epoch, level, place, unhex(hashes) AS hashes FROM {rows} r"
    parquet(work, scratch, folder / TILES_FILE, raw, tiles, select=select)
    return _heads(epochs, trees)


def _entries(folder: Path) -> str:
    return f"read_parquet('{(folder / ENTRIES_FILE).as_posix()}')"


def _marks(work: duckdb.DuckDBPyConnection, folder: Path, epoch: int, size: int) -> NDArray[np.bool_]:
    """Which leaves of an epoch are entries of the pack; of whole tiles, so that each has 256."""
    marks = np.zeros(-(-size // WIDTH) * WIDTH, dtype=np.bool_)
    statement = f"SELECT leaf FROM {_entries(folder)} WHERE epoch = {int(epoch)}"  # noqa: S608 - a number
    marks[work.execute(statement).fetchnumpy()["leaf"]] = True
    return marks


def _leaves(
    opened: "psycopg.Connection[Any]",
    epoch: int,
    size: int,
    marks: NDArray[np.bool_],
    out: IO[bytes],
) -> None:
    counts = marks.reshape(-1, WIDTH).sum(axis=1)
    is_edge = size % WIDTH != 0
    wanted = [
        place
        for place, count in enumerate(counts.tolist())
        if 0 < count < WIDTH or (is_edge and place == len(counts) - 1)
    ]
    with opened.cursor("leaves") as cursor:
        cursor.execute(
            "SELECT place, hashes FROM journal_tile WHERE epoch = %s AND level = 0 AND place = ANY(%s) ORDER BY place",
            [epoch, wanted],
        )
        for place, hashes in cursor:
            start, told = place * WIDTH, bytes(hashes).hex()
            end = min(start + WIDTH, size)
            rest = np.flatnonzero(~marks[start:end]).tolist()
            lines = (f"{epoch}\x1f{start + at}\x1f{told[at * 64 : at * 64 + 64]}\n" for at in rest)
            out.write("".join(lines).encode())


def _tiles(opened: "psycopg.Connection[Any]", epoch: int, size: int, out: IO[bytes]) -> None:
    with opened.cursor("tiles") as cursor:
        cursor.execute(
            "SELECT level, place, hashes FROM journal_tile WHERE epoch = %s AND level > 0 ORDER BY level, place",
            [epoch],
        )
        for level, place, hashes in cursor:
            count = min((size >> (8 * level)) - place * WIDTH, WIDTH)
            if count > 0:
                told = bytes(hashes)[: count * HASH_BYTES].hex()
                out.write(f"{epoch}\x1f{level}\x1f{place}\x1f{told}\n".encode())


def _heads(epochs: Sequence[int], trees: Trees) -> Heads:
    keys = journal.keys()
    return Heads(
        tuple(key.text for key in keys),
        tuple(key.statement for key in keys if key.statement),
        tuple(
            EpochTold(number, signed.head.hash, number in epochs, signed.note)
            for number, signed in sorted(trees.heads.items())
            if epochs and number >= epochs[0]
        ),
    )
