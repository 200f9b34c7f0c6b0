"""Every fact row: each matter's rows in canonical form, hashed, against the hash of the last cut in which it stands.

DuckDB writes the rows as text, table by table, and hands out one long text of each; a matter's rows are a piece of it. This
first pass writes texts as they are and takes rows as they lie; what doesn't fit there is written once
more by the definition (`facts.policy.rows`), so that a fault is one by the definition, and speed costs no certainty.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import duckdb
import numpy as np

from shanzhi.kernel.facts.policy.columns import MATTER, Of, Table
from shanzhi.kernel.facts.policy.rows import FORM, Row, digest, rows_text
from shanzhi.kernel.facts.policy.tables import Shape, shapes
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.buffers import NOTHING, Numbers, columns
from shanzhi.kernel.packs.queries.checking.cuts import Cuts
from shanzhi.kernel.packs.queries.checking.opened import Opened, connect, in_time, quoted

CHUNK = 30_000
"""Matters that are written and hashed at once: about 90 MB of text."""
EXACT_MOST = 5_000
"""Matters that are hashed once more by the definition; from there on a difference is taken as it is."""
_FORM, _BETWEEN = FORM.encode(), ", "
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """How many matters there are, those whose facts aren't what their cut says (or that are missing, or there twice);
    `is_done`: they could be compared at all."""

    matters: int
    doubtful: tuple[int, ...]
    is_done: bool = False


def check_facts(opened: Opened, cuts: Cuts, found: Checked, *, seconds: float | None, tick: Tick) -> Compared:
    """Compare all matters."""
    members = [contents.fact_file(shape.table) for shape in shapes().values()]
    if opened.told is None or not cuts.all or not opened.has(*members, *(contents.cut_file(m) for m in cuts.all)):
        return Compared(0, ())
    _make_last(opened, cuts)
    ((matters,),) = opened.rows("SELECT count(*) FROM last_cut")
    doubtful = {*_check_matters(opened, found)}
    wrong = _differing(opened, seconds=seconds, tick=tick)
    for matter_id, month, should in _by_definition(opened, wrong):
        doubtful.add(matter_id)
        is_ = exact_digest(opened, matter_id)
        number = number_of(opened, matter_id)
        if number is not None:
            found.add([faults.matter_differs(matter_id, number, month, is_[:16], should[:16])])
    found.count("matters", matters)
    found.count("rows", _rows(opened))
    return Compared(matters, tuple(sorted(doubtful)), is_done=True)


def _rows(opened: Opened) -> int:
    return sum(int(opened.rows(f'SELECT count(*) FROM "{name}"')[0][0]) for name in shapes())  # noqa: S608 - own names


def _make_last(opened: Opened, cuts: Cuts) -> None:
    """`last_cut`: the last cut in which each matter stands, with its hash there; of cuts outside the period only the matters
    that have rows."""
    told = opened.told
    within = f"BETWEEN {told.first} AND {told.last}" if told else "> 0"
    parts = " UNION ALL ".join(
        f'SELECT matter_id, {month} AS month, sha256 FROM "cut_{month}"'  # noqa: S608 - whole numbers
        for month in sorted(cuts.all)
    )
    opened.db.execute(
        "CREATE OR REPLACE TABLE last_cut AS SELECT matter_id, max(month) AS month,"  # noqa: S608 - own names
        " lower(hex(arg_max(sha256, month))) AS sha256"
        f" FROM ({parts}) GROUP BY matter_id HAVING bool_or(month {within}) OR matter_id IN (SELECT matter_id FROM fact_matter)"
        " ORDER BY matter_id"
    )


def _check_matters(opened: Opened, found: Checked) -> Iterator[int]:
    """Matters without a row, with several, and rows of matters that stand in no cut."""
    most = faults.FAULTS_MOST + 1
    for matter_id, month in opened.rows(
        "SELECT matter_id, month FROM last_cut ANTI JOIN fact_matter USING (matter_id) ORDER BY matter_id"
    ):
        found.add([faults.matter_missing(matter_id, month)])
        yield matter_id
    for matter_id, number, count in opened.rows(
        "SELECT matter_id, min(number), count(*) FROM fact_matter GROUP BY matter_id HAVING count(*) > 1 ORDER BY 1"
    ):
        found.add([faults.matter_twice(matter_id, number, count)])
        yield matter_id
    for name in shapes():
        number = "min(number)" if name == MATTER.name else "''"
        for matter_id, told in opened.rows(
            f'SELECT matter_id, {number} FROM "{name}" ANTI JOIN last_cut USING (matter_id)'  # noqa: S608 - own names
            f" GROUP BY matter_id ORDER BY matter_id LIMIT {most}"
        ):
            found.add([faults.matter_unproved(name, matter_id, told)])


# -- the quick way -------------------------------------------------------------------------------------------------------


def text_sql(table: Table) -> str:
    """A row `t` as `rows_text` writes it, in DuckDB's SQL; texts as they are."""
    parts = (_value_sql(f't."{each.name}"', each.of, nullable=each.nullable) for each in table.columns)
    return "concat('[', " + ", ', ', ".join(parts) + ", ']')"


def _value_sql(name: str, of: Of, *, nullable: bool) -> str:
    if of is Of.TEXT:
        said = f"'\"', {name}, '\"'"
        return said if not nullable else f"coalesce('\"' || {name} || '\"', 'null')"
    if of is Of.TIME:
        said = f"'\"', replace({name}::TIMESTAMP::VARCHAR, ' ', 'T'), '\"'"
        return (
            said if not nullable else f"coalesce('\"' || replace({name}::TIMESTAMP::VARCHAR, ' ', 'T') || '\"', 'null')"
        )
    if of is Of.DATE:
        return f"'\"', {name}, '\"'" if not nullable else f"coalesce('\"' || {name} || '\"', 'null')"
    return f"coalesce({name}::VARCHAR, 'null')" if nullable else name


def _strange_sql(table: Table) -> str:
    """Is there a sign in a text that JSON writes otherwise, or nothing in one? Such a row could be written like another one;
    whatever else is strange gives another hash anyway."""
    texts = [f't."{each.name}"' for each in table.columns if each.of is Of.TEXT]
    if not texts:
        return "false"
    together = f"concat({', '.join(texts)})"
    nothing = " OR ".join(f"{each} IS NULL" for each in texts)
    return f"(contains({together}, '\"') OR contains({together}, '\\') OR {nothing})"


def _rows_sql(shape: Shape, file: str, first: int, last: int) -> str:
    """A table's rows of the matters between two ids as buffers: matter, steps, is it strange, text; rows in the order in which
    they lie, which is that of their keys in a pack that wasn't touched."""
    steps = "coalesce(t.steps, -1)::BIGINT" if shape.name == MATTER.name else "0::BIGINT"
    return (
        f"SELECT t.matter_id, {steps}, ({_strange_sql(shape.table)})::TINYINT, concat({text_sql(shape.table)}, '{_BETWEEN}')"  # noqa: S608 - own names
        f" FROM read_parquet({quoted(file)}, hive_partitioning = false) AS t WHERE t.matter_id BETWEEN {first} AND {last}"
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """A table's rows as text, one behind the other with ", " behind each; a matter's lie from `begins` to `ends`."""

    data: memoryview
    begins: list[int]
    ends: list[int]
    odd: set[int]
    steps: list[int]


def _said(db: duckdb.DuckDBPyConnection, statement: str, ids: Numbers) -> _Said:
    matters, steps, odd, texts = columns(db, statement) or (np.zeros(0, np.int64), ids[:0], ids[:0], NOTHING)
    if (np.diff(matters) < 0).any():
        order = np.argsort(matters, kind="stable")
        matters, steps, odd, texts = matters[order], steps[order], odd[order], texts.ordered(order)
    first, end = np.searchsorted(matters, ids, "left"), np.searchsorted(matters, ids, "right")
    begins, ends = texts.bounds[first], texts.bounds[end]
    # Behind the last row stands nothing.
    ends = np.where(ends > begins, ends - len(_BETWEEN), begins)
    said = np.append(steps, -1)[first]
    return _Said(memoryview(texts.data), begins.tolist(), ends.tolist(), set(matters[odd != 0].tolist()), said.tolist())


def _wrong_in(db: duckdb.DuckDBPyConnection, files: dict[str, str], first: int, last: int) -> list[int]:
    """The matters between two ids whose rows, as text, have another hash than their last cut."""
    ids, hashes = columns(db, f"SELECT matter_id, sha256 FROM last_cut WHERE matter_id BETWEEN {first} AND {last}")  # noqa: S608 - whole numbers
    tables = [_said(db, _rows_sql(shape, files[shape.name], first, last), ids) for shape in shapes().values()]
    names = [f'["{name}", ['.encode() for name in shapes()]
    wrong = set().union(*(table.odd for table in tables)).intersection(ids.tolist())
    should, places = hashes.data.decode(), hashes.bounds.tolist()
    for nth, (matter_id, steps) in enumerate(zip(ids.tolist(), tables[0].steps, strict=True)):
        parts: list[bytes | memoryview] = [b'["%b", %d, %d, [' % (_FORM, matter_id, steps)]
        for name, table in zip(names, tables, strict=True):
            parts += (name, table.data[table.begins[nth] : table.ends[nth]], b"]], ")
        parts[-1] = b"]]]]"
        if sha256(b"".join(parts)).hexdigest() != should[places[nth] : places[nth + 1]]:
            wrong.add(matter_id)
    return sorted(wrong)


def _differing(opened: Opened, *, seconds: float | None, tick: Tick) -> list[int]:
    """Chunk by chunk, on one connection a processor: each of one thread, so that rows come as they lie."""
    bounds = opened.rows(
        f"SELECT min(matter_id), max(matter_id), count(*) FROM (SELECT matter_id, (row_number() OVER (ORDER BY matter_id) - 1)"  # noqa: S608 - a whole number
        f" // {CHUNK} AS part FROM last_cut) GROUP BY part ORDER BY part"
    )
    files = {name: opened.files[name].resolve().as_posix() for name in shapes()}
    workers = max(1, opened.limits.threads)
    memory = max(200, opened.limits.memory_mb // (workers + 1))
    dumped = opened.folder / "last_cut.parquet"
    opened.db.execute(f"COPY last_cut TO {quoted(dumped.resolve().as_posix())} (FORMAT parquet)")

    def work(nth: int) -> list[int]:
        db = connect(opened.folder, threads=1, memory_mb=memory)
        try:
            db.execute(
                f"CREATE VIEW last_cut AS SELECT * FROM read_parquet({quoted(dumped.resolve().as_posix())})"  # noqa: S608 - own names
            )
            found: list[int] = []
            with in_time(db, seconds):
                for first, last, count in bounds[nth::workers]:
                    found += _wrong_in(db, files, first, last)
                    tick(count)
            return found
        finally:
            db.close()

    with ThreadPoolExecutor(workers) as running:
        return sorted(each for some in running.map(work, range(workers)) for each in some)


# -- by the definition ---------------------------------------------------------------------------------------------------


def _by_definition(opened: Opened, wrong: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Those of the matters whose hash differs by the definition too: id, month, the hash that it should have."""
    for at in range(0, len(wrong), 500):
        some = wrong[at : at + 500]
        listed = ", ".join(str(each) for each in some)
        should = {
            row[0]: (row[1], row[2])
            for row in opened.rows(f"SELECT matter_id, month, sha256 FROM last_cut WHERE matter_id IN ({listed})")  # noqa: S608 - whole numbers
        }
        stored = rows_of(opened.db, some) if at < EXACT_MOST else {}
        for matter_id in some:
            month, sha256 = should[matter_id]
            if at >= EXACT_MOST or digest_of(matter_id, stored.get(matter_id, {})) != sha256:
                yield matter_id, month, sha256


def exact_digest(opened: Opened, matter_id: int) -> str:
    """The hash of a matter's facts as the pack has them, by the definition."""
    return digest_of(matter_id, rows_of(opened.db, [matter_id]).get(matter_id, {}))


def digest_of(matter_id: int, rows: dict[str, list[Row]]) -> str:
    """The hash of a matter's rows by table, in hexadecimal."""
    own = rows.get(MATTER.name) or []
    place = next(nth for nth, column in enumerate(MATTER.columns) if column.name == "steps")
    steps = own[0][place] if own else 0
    return digest(matter_id, steps or 0, {name: rows_text(rows.get(name, [])) for name in shapes()}).hex()


def rows_of(db: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, dict[str, list[Row]]]:
    """The rows of matters by table, in the order of their keys; times in UTC."""
    found: dict[int, dict[str, list[Row]]] = {}
    listed = ", ".join(str(each) for each in ids)
    if not listed:
        return found
    for shape in shapes().values():
        names = ", ".join(
            f'epoch_us("{each.name}")' if each.of is Of.TIME else f'"{each.name}"' for each in shape.table.columns
        )
        times = [nth for nth, each in enumerate(shape.table.columns) if each.of is Of.TIME]
        order = ", ".join(f'"{name}"' for name in shape.table.key)
        told = db.execute(f'SELECT {names} FROM "{shape.name}" WHERE matter_id IN ({listed}) ORDER BY {order}')  # noqa: S608 - own names
        for row in told.fetchall():
            found.setdefault(row[0], {}).setdefault(shape.name, []).append(_timed(row, times))
    return found


def _timed(row: tuple[Any, ...], times: Sequence[int]) -> Row:
    made = list(row)
    for nth in times:
        if made[nth] is not None:
            made[nth] = _EPOCH + timedelta(microseconds=made[nth])
    return tuple(made)


def number_of(opened: Opened, matter_id: int) -> str | None:
    """A matter's number as the pack has it; None where it has no row."""
    rows = opened.rows("SELECT min(number) FROM fact_matter WHERE matter_id = ?", [matter_id])
    return rows[0][0] if rows else None
