"""Every fact row: each matter's rows in canonical form, hashed, against the hash of the last cut in which it stands.

DuckDB writes the rows as text, table by table, and hands out one long text of each; a matter's rows are a piece of it. This
first pass writes texts as they are and takes rows as they lie; what doesn't fit there is written once
more by the definition (`facts.policy.rows`), so that a fault is one by the definition, and speed costs no certainty.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import duckdb
import numpy as np

from shanzhi.kernel.facts.policy.columns import MATTER, Of, Table
from shanzhi.kernel.facts.policy.rows import FORM
from shanzhi.kernel.facts.policy.tables import Shape, shapes
from shanzhi.kernel.journal.policy.tree import HASH_BYTES
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries.checking.buffers import NOTHING, Numbers, bytes_of, columns
from shanzhi.kernel.packs.queries.checking.cuts import Cuts
from shanzhi.kernel.packs.queries.checking.opened import Opened, connect, in_time, quoted
from shanzhi.kernel.packs.queries.checking.rows import digest_of, in_slices, rows_of

CHUNK = 30_000
"""Matters that are written and hashed at once: about 90 MB of text."""
TEXT_MOST = 200_000_000
"""Bytes of text of a chunk; one with more is taken in parts."""
SHORT_MOST = 1_500
"""Bytes of the texts of a row that is hashed the quick way: DuckDB hands out a hundred thousand rows at once however long."""
EXACT_MOST = 5_000
"""Matters that are hashed once more by the definition; from there on a difference is taken as it is."""
_DEFINED_AT_ONCE = 500
NUMBER = "min(left(number, 100))"
"""The number of a matter, in SQL; of a hostile one the beginning."""
_FORM, _BETWEEN = FORM.encode(), ", "
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
    doubtful: set[int] = set()
    for matter_id in _check_matters(opened, found):
        if len(doubtful) < EXACT_MOST:
            doubtful.add(matter_id)
    for each in _by_definition(opened, _differing(opened, seconds=seconds, tick=tick)):
        if each.is_ is None:
            found.add([faults.matter_too_large(Step.FACTS, each.matter_id)])
            continue
        if len(doubtful) < EXACT_MOST:
            doubtful.add(each.matter_id)
        if each.number is not None:
            is_, should = each.is_[:16], each.should[:16]
            found.add([faults.matter_differs(each.matter_id, each.number, each.month, is_, should)])
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
    hashed = f"CASE WHEN octet_length(sha256) = {HASH_BYTES} THEN sha256 ELSE ''::BLOB END AS sha256"
    parts = " UNION ALL ".join(
        f'SELECT matter_id, {month} AS month, {hashed} FROM "cut_{month}"'  # noqa: S608 - whole numbers
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
    for matter_id, month in opened.each(
        "SELECT matter_id, month FROM last_cut ANTI JOIN fact_matter USING (matter_id) ORDER BY matter_id"
    ):
        found.add([faults.matter_missing(matter_id, month)])
        yield matter_id
    for matter_id, number, count in opened.each(
        f"SELECT matter_id, {NUMBER}, count(*) FROM fact_matter GROUP BY matter_id HAVING count(*) > 1 ORDER BY 1"  # noqa: S608 - own names
    ):
        found.add([faults.matter_twice(matter_id, number, count)])
        yield matter_id
    for name in shapes():
        number = NUMBER if name == MATTER.name else "''"
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
    """Is there a sign in a text that JSON writes otherwise? Such a row could be written like another one; whatever else is
    strange gives another hash anyway."""
    texts = _texts(table)
    if not texts:
        return "false"
    together = f"concat({', '.join(texts)})"
    return f"(contains({together}, '\"') OR contains({together}, '\\'))"


def _short_sql(table: Table) -> str:
    """Are there texts of usual length in all its columns for them? Not so of a row where one is NULL."""
    texts = _texts(table)
    return f"{' + '.join(f'strlen({each})' for each in texts)} <= {SHORT_MOST}" if texts else "true"


def _texts(table: Table) -> list[str]:
    return [f't."{each.name}"' for each in table.columns if each.of is Of.TEXT]


def _rows_sql(shape: Shape, file: str, first: int, last: int) -> str:
    """A table's rows of the matters between two ids as buffers: matter, steps, is it strange or long, text (of a long one
    none); rows in the order in which they lie, which is that of their keys in a pack that wasn't touched."""
    table = shape.table
    steps = "coalesce(t.steps, -1)::BIGINT" if shape.name == MATTER.name else "0::BIGINT"
    return (
        f"SELECT t.matter_id, {steps}, (CASE WHEN {_short_sql(table)} THEN {_strange_sql(table)} ELSE true END)::TINYINT,"  # noqa: S608 - own names
        f" CASE WHEN {_short_sql(table)} THEN concat({text_sql(table)}, '{_BETWEEN}') ELSE '' END"
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


def _said(db: duckdb.DuckDBPyConnection, statement: str, ids: Numbers, most: int) -> tuple[_Said, int]:
    """And how many bytes were read for it."""
    said = columns(db, statement, most)
    matters, steps, odd, texts = said or (np.zeros(0, np.int64), ids[:0], ids[:0], NOTHING)
    if (np.diff(matters) < 0).any():
        order = np.argsort(matters, kind="stable")
        matters, steps, odd, texts = matters[order], steps[order], odd[order], texts.ordered(order)
    first, end = np.searchsorted(matters, ids, "left"), np.searchsorted(matters, ids, "right")
    begins, ends = texts.bounds[first], texts.bounds[end]
    # Behind the last row stands nothing.
    ends = np.where(ends > begins, ends - len(_BETWEEN), begins)
    steps = np.append(steps, -1)[first].tolist()
    made = _Said(memoryview(texts.data), begins.tolist(), ends.tolist(), set(matters[odd != 0].tolist()), steps)
    return made, sum(bytes_of(column) for column in said)


def _wrong_of(
    db: duckdb.DuckDBPyConnection, files: dict[str, str], should: dict[int, str], some: Sequence[int]
) -> list[int]:
    """Those of these matters, neighbours in their order, whose rows as text have another hash than their last cut.

    Raises:
        TooMuch: there is more of them than `TEXT_MOST`.
    """
    ids, left = np.array(some, np.int64), TEXT_MOST
    tables: list[_Said] = []
    for shape in shapes().values():
        said, size = _said(db, _rows_sql(shape, files[shape.name], some[0], some[-1]), ids, left)
        tables.append(said)
        left -= size
    names = [f'["{name}", ['.encode() for name in shapes()]
    wrong = set().union(*(table.odd for table in tables)).intersection(some)
    for nth, (matter_id, steps) in enumerate(zip(some, tables[0].steps, strict=True)):
        parts: list[bytes | memoryview] = [b'["%b", %d, %d, [' % (_FORM, matter_id, steps)]
        for name, table in zip(names, tables, strict=True):
            parts += (name, table.data[table.begins[nth] : table.ends[nth]], b"]], ")
        parts[-1] = b"]]]]"
        if sha256(b"".join(parts)).hexdigest() != should[matter_id]:
            wrong.add(matter_id)
    return sorted(wrong)


def _wrong_in(db: duckdb.DuckDBPyConnection, files: dict[str, str], first: int, last: int) -> Iterator[int]:
    """The matters between two ids that aren't as their last cut says, and those with too much text to be looked at here."""
    cut = db.execute(
        f"SELECT matter_id, sha256 FROM last_cut WHERE matter_id BETWEEN {first} AND {last} ORDER BY matter_id"  # noqa: S608 - whole numbers
    )
    should = dict(cut.fetchall())
    for some, wrong in in_slices(list(should), lambda few: _wrong_of(db, files, should, few)):
        yield from some if wrong is None else wrong


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


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A matter whose hash isn't its cut's. `is_`: what it is (empty where that wasn't looked at); None where its rows are more
    than can be looked at. `number`: None where the matter has no row."""

    matter_id: int
    number: str | None
    month: int
    is_: str | None
    should: str


def _by_definition(opened: Opened, wrong: Sequence[int]) -> Iterator[_Wrong]:
    """Those of the matters whose hash differs by the definition too."""
    told = min(len(wrong), EXACT_MOST)
    slices = [*range(0, told, _DEFINED_AT_ONCE), *range(told, len(wrong), CHUNK), len(wrong)]
    for at, end in pairwise(slices):
        some = wrong[at:end]
        listed = ", ".join(str(each) for each in some)
        should = {
            row[0]: (row[1], row[2])
            for row in opened.rows(f"SELECT matter_id, month, sha256 FROM last_cut WHERE matter_id IN ({listed})")  # noqa: S608 - whole numbers
        }
        numbers = dict(
            opened.rows(
                f"SELECT matter_id, {NUMBER} FROM fact_matter WHERE matter_id IN ({listed}) GROUP BY matter_id"  # noqa: S608 - whole numbers
            )
        )
        for matter_id, is_ in _digests(opened, some) if at < EXACT_MOST else ((each, "") for each in some):
            month, sha256 = should[matter_id]
            if is_ != sha256:
                yield _Wrong(matter_id, numbers.get(matter_id), month, is_, sha256)


def _digests(opened: Opened, ids: Sequence[int]) -> Iterator[tuple[int, str | None]]:
    """The hash of each matter's facts as the pack has them, by the definition; None where they are too many."""
    for some, stored in in_slices(ids, lambda few: rows_of(opened.db, few, opened.most)):
        for matter_id in some:
            yield matter_id, None if stored is None else digest_of(matter_id, stored.get(matter_id, {}))
