"""Which matters are in a pack and by which cut each is proved: out of the hashes that were kept as months were cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import psycopg

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.facts import queries as facts
from shanzhi.kernel.facts.operations.cutting import HASH, leaf_of
from shanzhi.kernel.facts.policy.columns import ASSIGNMENT, RATING, STEP
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.facts.policy.tables import projected
from shanzhi.kernel.facts.queries import CutEntry
from shanzhi.kernel.journal.policy.tree import root_of
from shanzhi.kernel.packs.operations.building_streams import copy_into, lines_of, stream_into
from shanzhi.kernel.packs.policy.contents import CUT, cut_file
from shanzhi.kernel.packs.queries.observing import months_of

EPOCH_BITS = 48
"""A place of the journal as one number: the epoch above so many bits of the leaf's number."""
_LEAF = (("month", "INTEGER"), ("matter_id", "BIGINT"), ("steps", "INTEGER"), ("sha256", "VARCHAR"))
_PIECE = 100_000
_BY_EVENT = (STEP, ASSIGNMENT, RATING)
"""Tables whose rows belong to the month in which they were made: their matters stand in its cut."""


class NotCut(Conflict):
    """A month of the period isn't cut."""

    code = "pack-not-cut"


class CutDiffers(Conflict):
    """What was kept of a month doesn't give what the journal says of it."""

    code = "pack-cut-differs"


@dataclass(frozen=True, slots=True)
class Stands:
    """The cuts that prove the pack's matters, the first month first, and how many matters with rows in the period none
    proves."""

    cuts: tuple[CutEntry, ...]
    left_out: int


def place_of(epoch: int, leaf: int) -> int:
    """A place of the journal as one number."""
    return (epoch << EPOCH_BITS) + leaf


def check_cut(first: int, last: int) -> list[CutEntry]:
    """Every sealed cut there is, where all months of a period are among them.

    Raises:
        NotCut: one isn't; the sentence names it.
    """
    cuts = facts.cut_entries(0, 999_999)
    there = {cut.month for cut in cuts}
    for month in months_of(first, last):
        if month not in there:
            words = msg(
                "%(month)s 还没有封账（或封账的留痕还没有封存），不能生成验收包。请先运行 shanzhi facts cut --month %(month)s。"
            )
            raise NotCut(words, month=(month_text(month),))
    return cuts


def find_stands(
    work: duckdb.DuckDBPyConnection,
    opened: "psycopg.Connection[Any]",
    folder: Path,
    cuts: Sequence[CutEntry],
    first: int,
    last: int,
) -> Stands:
    """Fill the tables `leaf` (month, matter_id, steps, sha256) and `stands` (matter_id, month, steps, sha256, place) of
    `work`."""
    by_month = {cut.month: cut for cut in cuts}
    work.execute("CREATE TABLE leaf (month INTEGER, matter_id BIGINT, steps INTEGER, sha256 BLOB)")
    _load(work, opened, folder, [cut for cut in cuts if cut.month >= first])
    earlier, unproved = _earlier(work, opened, folder, first, last)
    _load(work, opened, folder, [by_month[month] for month in earlier if month in by_month])
    work.execute("CREATE TABLE cut (month INTEGER, place BIGINT)")
    work.executemany("INSERT INTO cut VALUES (?, ?)", [(cut.month, place_of(*cut.upto)) for cut in cuts])
    work.execute(
        "CREATE TABLE stands AS SELECT l.matter_id, l.month, l.steps, l.sha256, c.place FROM"
        " (SELECT matter_id, max(month) AS month, arg_max(steps, month) AS steps, arg_max(sha256, month) AS sha256"
        "  FROM leaf GROUP BY matter_id) l JOIN cut c USING (month) WHERE EXISTS"
        " (SELECT 1 FROM leaf p WHERE p.matter_id = l.matter_id AND p.month BETWEEN $1 AND $2)"
        " OR l.matter_id IN (SELECT matter_id FROM extra) ORDER BY l.matter_id",
        [first, last],
    )
    used = {row[0] for row in work.execute("SELECT DISTINCT month FROM stands").fetchall()} | set(
        months_of(first, last)
    )
    return Stands(tuple(by_month[month] for month in sorted(used)), unproved)


def write_cuts(work: duckdb.DuckDBPyConnection, folder: Path, cuts: Sequence[CutEntry]) -> None:
    """Write the leaves of each month, and make its root again.

    Raises:
        CutDiffers: it isn't the journaled one; the sentence names the month.
    """
    for cut in cuts:
        rows = work.execute("SELECT sha256 FROM leaf WHERE month = ? ORDER BY matter_id", [cut.month])
        if root_of(HASH, _leaves(rows)).hex() != cut.root:
            words = msg(
                "%(month)s 封账时留下的各事项哈希，算出的根和台账里的不同，没有生成验收包。请先运行 shanzhi facts verify 查明。"
            )
            raise CutDiffers(words, month=(month_text(cut.month),))
        path = folder / cut_file(cut.month)
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ", ".join(name for name, _ in CUT)
        work.execute(
            f"COPY (SELECT {names} FROM leaf WHERE month = {cut.month} ORDER BY matter_id) TO '{path.as_posix()}'"  # noqa: S608
            " (FORMAT parquet, COMPRESSION zstd)"
        )


def _leaves(rows: duckdb.DuckDBPyConnection) -> Iterator[bytes]:
    while piece := rows.fetchmany(_PIECE):
        yield from (leaf_of(row[0]) for row in piece)


def _load(
    work: duckdb.DuckDBPyConnection, opened: "psycopg.Connection[Any]", folder: Path, cuts: Sequence[CutEntry]
) -> None:
    """The hashes of months as they were kept; of a month that was cut before they were, made again from entries."""
    into = "INSERT INTO leaf SELECT month, matter_id, steps, unhex(sha256) FROM {rows} r"
    bare = []
    for cut in cuts:
        statement = (
            f"SELECT month, matter_id, steps, encode(sha256, 'hex') FROM fact_cut_leaf WHERE month = {cut.month}"  # noqa: S608
        )

        def feed(out: IO[bytes], statement: str = statement) -> None:
            copy_into(opened, statement, out)

        if not stream_into(work, folder, into, _LEAF, feed) and cut.matters:
            bare.append(cut)
    if bare:
        stream_into(work, folder, into, _LEAF, _Again(list(facts.hashes_again(bare))))


@dataclass(frozen=True, slots=True)
class _Again:
    rows: Sequence[tuple[int, int, int, bytes]]

    def __call__(self, out: IO[bytes]) -> None:
        for at in range(0, len(self.rows), _PIECE):
            out.write(lines_of(self.rows[at : at + _PIECE]))


def _earlier(
    work: duckdb.DuckDBPyConnection, opened: "psycopg.Connection[Any]", folder: Path, first: int, last: int
) -> tuple[list[int], int]:
    """Matters that had ended before the period and have a row in it (a date that was kept early): the table `extra`, the
    months of the cuts in which they stand last, and how many stand in none."""
    tables = [table for table in projected() if table.month and table not in _BY_EVENT]
    some = " UNION ".join(
        f"SELECT matter_id FROM {table.name} WHERE {table.month} BETWEEN {first} AND {last}"  # noqa: S608 - own names
        for table in tables
    )
    statement = (
        f"SELECT x.matter_id, (SELECT max(k.month) FROM fact_cut_leaf k WHERE k.matter_id = x.matter_id) FROM ({some}) x"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT FROM fact_cut_leaf k WHERE k.matter_id = x.matter_id AND k.month BETWEEN"
        f" {first} AND {last})"
    )
    work.execute("CREATE TABLE extra (matter_id BIGINT, month INTEGER)")

    def feed(out: IO[bytes]) -> None:
        copy_into(opened, statement, out)

    stream_into(
        work, folder, "INSERT INTO extra SELECT * FROM {rows} r", (("matter_id", "BIGINT"), ("month", "INTEGER")), feed
    )
    work.execute(
        "DELETE FROM extra WHERE EXISTS (SELECT 1 FROM leaf l WHERE l.matter_id = extra.matter_id AND l.month BETWEEN ? AND ?)",
        [first, last],
    )
    unproved = work.execute(
        "SELECT count(*) FROM extra WHERE month IS NULL AND matter_id NOT IN (SELECT matter_id FROM leaf)"
    ).fetchone()
    months = work.execute("SELECT DISTINCT month FROM extra WHERE month < ? ORDER BY 1", [first])
    return [row[0] for row in months.fetchall()], int(unproved[0]) if unproved else 0
