"""The facts of a pack: rows as the tables have them where nothing happened since the cut that proves them, the others folded
again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

import duckdb
import psycopg

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.facts import queries as facts
from shanzhi.kernel.facts.operations.cutting import dimensions_now
from shanzhi.kernel.facts.policy.columns import REGION, UNIT, Table
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.facts.policy.rows import Row, dimensions_digest, dimensions_rows
from shanzhi.kernel.facts.policy.tables import projected
from shanzhi.kernel.facts.queries import CutEntry
from shanzhi.kernel.journal.queries import Leaf
from shanzhi.kernel.packs.operations.building_stands import EPOCH_BITS
from shanzhi.kernel.packs.operations.building_streams import aside, copy_into, lines_of, parquet, stream_into
from shanzhi.kernel.packs.policy.contents import fact_columns, fact_file
from shanzhi.kernel.packs.policy.digests import digests_duck

CHUNK = 25_000
"""Ids of matters that are read at a time: within a chunk rows of matters that were folded again stand behind the others."""
_FOLDED = 2000
_DIGESTED = 25_000
Tick = Callable[[str, int], None]
Fault = tuple[int, int]
"""A matter whose facts aren't those of the cut that proves it, and the cut's month."""


class FactsDiffer(Conflict):
    """Rows of facts aren't those of the cut that proves them: somebody changed them."""

    code = "pack-facts-differ"


class TreeDiffers(Conflict):
    """Regions and units that were kept aren't those of the cut."""

    code = "pack-tree-differs"


@dataclass(frozen=True, slots=True)
class Range:
    """Ids from `first` to `last`; the pack's matters among them, and those that were folded again."""

    first: int
    last: int
    wanted: tuple[int, ...] | None
    changed: tuple[int, ...]


def find_changed(work: duckdb.DuckDBPyConnection, opened: "psycopg.Connection[Any]", folder: Path) -> int:
    """Fill the table `changed` (matter_id, place): matters to which something happened since the cut that proves them; how
    many."""
    work.execute("CREATE TABLE stepped (matter_id BIGINT, steps INTEGER)")

    def feed(out: IO[bytes]) -> None:
        copy_into(opened, "SELECT matter_id, steps FROM fact_matter", out)

    columns = (("matter_id", "BIGINT"), ("steps", "INTEGER"))
    stream_into(work, folder, "INSERT INTO stepped SELECT * FROM {rows} r", columns, feed)
    work.execute(
        "CREATE TABLE changed AS SELECT s.matter_id, s.place FROM stands s LEFT JOIN stepped f USING (matter_id)"
        " WHERE f.steps IS DISTINCT FROM s.steps ORDER BY s.matter_id"
    )
    work.execute("DROP TABLE stepped")
    (count,) = work.execute("SELECT count(*) FROM changed").fetchone() or (0,)
    return int(count)


def fold_changed(work: duckdb.DuckDBPyConnection, folder: Path, tick: Tick) -> None:
    """Fold these again from their entries sealed before the cut, and put their rows down by table and chunk."""
    ids = work.execute("SELECT matter_id, place FROM changed ORDER BY matter_id").fetchall()
    for at in range(0, len(ids), _FOLDED):
        piece = {pk: Leaf(place >> EPOCH_BITS, place & ((1 << EPOCH_BITS) - 1)) for pk, place in ids[at : at + _FOLDED]}
        again: dict[Path, list[Row]] = {}
        for pk, tables in sorted(facts.rows_before(piece).items()):
            for name, rows in tables.items():
                again.setdefault(_folded_file(folder, name, pk // CHUNK), []).extend(rows)
        for path, rows in again.items():
            with path.open("ab") as out:
                out.write(lines_of(rows))
        tick("fold", len(piece))


def _folded_file(folder: Path, table: str, chunk: int) -> Path:
    return folder / f"folded-{table}-{chunk}.csv"


def ranges_of(work: duckdb.DuckDBPyConnection) -> list[Range]:
    """The pack's matters by chunks of ids; where most of a chunk's are in the pack it is read whole."""
    rows = work.execute(
        f"SELECT s.matter_id // {CHUNK} AS chunk, count(*), min(s.matter_id), max(s.matter_id) FROM stands s"  # noqa: S608 - a number
        " GROUP BY chunk ORDER BY chunk"
    ).fetchall()
    found = []
    for chunk, count, least, most in rows:
        bounds = [chunk * CHUNK, chunk * CHUNK + CHUNK - 1]
        changed = _ids(work, "changed", bounds)
        is_dense = count * 4 >= most - least + 1
        found.append(Range(least, most, None if is_dense else _ids(work, "stands", bounds), changed))
    return found


def _ids(work: duckdb.DuckDBPyConnection, table: str, bounds: Sequence[int]) -> tuple[int, ...]:
    statement = f"SELECT matter_id FROM {table} WHERE matter_id BETWEEN ? AND ? ORDER BY 1"  # noqa: S608 - one of two names
    return tuple(row[0] for row in work.execute(statement, list(bounds)).fetchall())


def write_facts(
    work: duckdb.DuckDBPyConnection, opened: "psycopg.Connection[Any]", folder: Path, scratch: Path, tick: Tick
) -> dict[str, int]:
    """Write every projected table's rows; how many of each."""
    ranges, counts = ranges_of(work), {}
    for table in projected():
        select = (
            "SELECT r.* FROM {rows} r SEMI JOIN stands s ON s.matter_id = r.matter_id"
            if any(one.wanted is None for one in ranges)
            else "SELECT * FROM {rows} r"
        )
        feed = _feeding(table, opened, scratch, ranges, tick)
        counts[table.name] = parquet(work, scratch, folder / fact_file(table), fact_columns(table), feed, select=select)
    return counts


def _feeding(
    table: Table, opened: "psycopg.Connection[Any]", scratch: Path, ranges: Iterable[Range], tick: Tick
) -> Callable[[IO[bytes]], None]:
    names, order = ", ".join(column.name for column in table.columns), ", ".join(table.key)

    def feed(out: IO[bytes]) -> None:
        for one in ranges:
            which = f"matter_id BETWEEN {one.first} AND {one.last}"
            if one.wanted is not None:
                which = f"matter_id = ANY('{{{','.join(map(str, one.wanted))}}}'::bigint[])"
            if one.changed:
                which += f" AND matter_id <> ALL('{{{','.join(map(str, one.changed))}}}'::bigint[])"
            copy_into(opened, f"SELECT {names} FROM {table.name} WHERE {which} ORDER BY {order}", out)  # noqa: S608 - own names
            again = _folded_file(scratch, table.name, one.first // CHUNK)
            if again.exists():
                out.write(again.read_bytes())
            tick(table.name, 1)

    return feed


def write_dimensions(work: duckdb.DuckDBPyConnection, folder: Path, scratch: Path, cut: CutEntry) -> None:
    """Write regions and units as of the last cut; of a cut that kept none as they are now.

    Raises:
        TreeDiffers: what was kept isn't what the journal has the hash of.
    """
    told = facts.cut_tree(cut.month)
    if told is not None and cut.dimensions and dimensions_digest(told).hex() != cut.dimensions:
        words = msg(
            "%(month)s 封账时留下的区划和单位，哈希和台账里的不同，没有生成验收包。请先运行 shanzhi facts verify 查明。"
        )
        raise TreeDiffers(words, month=(month_text(cut.month),))
    rows = dimensions_rows(told if told is not None else dimensions_now())
    for table in (REGION, UNIT):
        lines = lines_of(rows[table.name])

        def feed(out: IO[bytes], lines: bytes = lines) -> None:
            out.write(lines)

        parquet(work, scratch, folder / fact_file(table), fact_columns(table), feed)


def compare_facts(work: duckdb.DuckDBPyConnection, folder: Path, threads: Executor, tick: Tick) -> Iterator[Fault]:
    """Begin to compare the hash of each matter's rows, as they were written, with that of the cut that proves it; what differs
    comes as it is found."""
    relation = f"read_parquet('{folder.as_posix()}/facts/{{}}.parquet')"

    def differ(first: int, last: int, *, is_sorted: bool) -> list[Fault]:
        digests = digests_duck(projected(), first, last, relation, is_sorted=is_sorted)
        found = aside(work).execute(
            f"SELECT s.matter_id, s.month FROM stands s LEFT JOIN ({digests}) d"  # noqa: S608 - whole numbers and own names
            f" USING (matter_id) WHERE s.matter_id BETWEEN {first} AND {last}"
            " AND lower(hex(s.sha256)) IS DISTINCT FROM d.digest ORDER BY 1"
        )
        return found.fetchall()

    def differing(piece: tuple[int, int]) -> list[Fault]:
        found = differ(*piece, is_sorted=False) and differ(*piece, is_sorted=True)
        tick("hash", 1)
        return found

    return chain.from_iterable(threads.map(differing, _digested(work)))


def check_none(differing: Iterator[Fault]) -> None:
    """Raises FactsDiffer, naming the first matter and the month of its cut, where one differs."""
    faults = list(differing)
    if faults:
        words = msg(
            "%(count)d 件事项的事实和封账时的哈希不同（例如第 %(matter)d 号，%(month)s 封账），没有生成验收包。"
            "请先运行 shanzhi facts verify 查明。"
        )
        raise FactsDiffer(words, count=len(faults), matter=faults[0][0], month=(month_text(faults[0][1]),))


def _digested(work: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    rows = work.execute(
        f"SELECT min(matter_id), max(matter_id) FROM stands GROUP BY matter_id // {_DIGESTED} ORDER BY 1"  # noqa: S608 - a number
    ).fetchall()
    yield from rows
