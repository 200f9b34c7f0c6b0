"""Matters folded again: out of their proved entries their rows are made anew, and compared one by one with those of the pack.

By default for a sample that the verifier's seed draws, for every matter whose hash didn't fit and for those that are left out
of an indicator; on demand for all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shanzhi.core.pool import pool
from shanzhi.kernel.facts.policy.columns import MATTER
from shanzhi.kernel.facts.policy.fold import fold
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.rows import Row, digest, rows_text
from shanzhi.kernel.facts.policy.tables import Shape, shapes
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries.checking.cuts import Cuts
from shanzhi.kernel.packs.queries.checking.entries import Told, read_entries
from shanzhi.kernel.packs.queries.checking.facts import Compared
from shanzhi.kernel.packs.queries.checking.opened import Opened, connect, fetched, quoted
from shanzhi.kernel.packs.queries.checking.rows import Stored, in_slices, rows_of
from shanzhi.kernel.packs.queries.checking.trees import Forest, prove

SUBJECT = "matter"
DOUBTFUL_MOST = 500
"""Matters whose hash didn't fit that are folded to find the column."""
EXCLUDED_MOST = 100
"""Matters that are left out of an indicator and folded beside the sample, drawn by the seed too."""
AT_ONCE = 200
BUCKET = 10_000
"""Matters that one process folds at once, where all are folded."""
_PART_MB = 500
_APART_AT_ONCE = 200_000
"""Entries that are put down by matter at once: DuckDB keeps what it partitions in memory."""
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Due:
    """A matter to be folded: up to which place, by which month's cut, and the hash that its facts should have."""

    matter_id: int
    month: int
    until: Place
    sha256: str


def sampled(opened: Opened, seed: str, count: int) -> list[int]:
    """As many matters as asked, drawn by the seed: those with the smallest SHA-256 over seed and id."""
    rows = opened.rows(
        "SELECT matter_id FROM last_cut ORDER BY sha256(concat($1, ':', matter_id)), matter_id LIMIT $2", [seed, count]
    )
    return sorted(row[0] for row in rows)


def check_folds(opened: Opened, forest: Forest, cuts: Cuts, compared: Compared, found: Checked) -> None:
    """Fold the sample, what is doubtful, and what is left out of an indicator."""
    ids = set(sampled(opened, found.seed, found.sample))
    ids |= set(compared.doubtful[:DOUBTFUL_MOST])
    ids |= {
        row[0]
        for row in opened.rows(
            "SELECT DISTINCT matter_id FROM fact_exclusion SEMI JOIN last_cut USING (matter_id)"
            " ORDER BY sha256(concat($1, ':', matter_id)) LIMIT $2",
            [found.seed, EXCLUDED_MOST],
        )
    }
    ordered = sorted(ids)
    for at in range(0, len(ordered), AT_ONCE):
        for some, read in in_slices(ordered[at : at + AT_ONCE], lambda few: _read(opened, few)):
            if read is None:
                found.add([faults.matter_too_large(Step.FOLD, some[0])])
            else:
                _fold_some(opened, forest, cuts, some, *read, found)


def _read(opened: Opened, ids: Sequence[int]) -> tuple[list[Row], Stored]:
    """The entries of matters as rows for `read_entries`, and the rows of their facts."""
    listed = ", ".join(str(each) for each in ids)
    entries = opened.rows(
        "SELECT epoch, leaf, subject_kind, subject_id, step, entry FROM entries"  # noqa: S608 - whole numbers
        f" WHERE subject_kind = '{SUBJECT}' AND subject_id IN ({listed}) ORDER BY subject_id, step, epoch, leaf"
    )
    return entries, rows_of(opened.db, ids, opened.most)


def _fold_some(
    opened: Opened, forest: Forest, cuts: Cuts, ids: Sequence[int], rows: list[Row], stored: Stored, found: Checked
) -> None:
    listed = ", ".join(str(each) for each in ids)
    due = [
        Due(matter_id, month, cuts.all[month], sha256)
        for matter_id, month, sha256 in opened.rows(
            f"SELECT matter_id, month, sha256 FROM last_cut WHERE matter_id IN ({listed}) ORDER BY matter_id"  # noqa: S608 - whole numbers
        )
    ]
    told = read_entries(rows, found)
    proved = prove(opened, forest, [each.at for each in told], found)
    for each in due:
        own = [one for one in told if one.subject_id == each.matter_id and one.at in proved]
        found.add(folded_again(each, own, stored.get(each.matter_id, {}), is_proved=each.month in cuts.proved))
        found.count("folded_entries", len(own))
    found.count("folded", len(due))


def folded_again(
    due: Due, told: Iterable[Told], stored: dict[str, list[Row]], *, is_proved: bool
) -> Iterator[faults.Fault]:
    """Everything in which a matter's rows differ from those that its entries make."""
    try:
        folded = _fold(due, told)
    except _UnfoldableError as error:
        each = error.told
        yield faults.entry_unfoldable(due.matter_id, each.epoch, each.leaf, each.entry.action)
        return
    if folded is None:
        yield faults.entries_missing(due.matter_id, _number(stored), 1)
        return
    number = str(folded.matter["number"])
    should = {name: folded.rows(name) for name in shapes()}
    if _digest(due.matter_id, folded) != due.sha256:
        if folded.steps < _steps(stored):
            yield faults.entries_missing(due.matter_id, number, folded.steps + 1)
            return
        if is_proved and all(stored.get(name, []) == rows for name, rows in should.items()):
            yield faults.fold_differs(due.matter_id, number, due.month)
    for shape in shapes().values():
        yield from _compared(shape, due.matter_id, number, stored.get(shape.name, []), should[shape.name])


class _UnfoldableError(Exception):
    """An entry isn't in the shape of its action."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.entry.action)
        self.told = told


def _fold(due: Due, told: Iterable[Told]) -> Folded | None:
    """A matter after its entries up to the cut, as far as they follow one on another."""
    folded: Folded | None = None
    for each in told:
        steps = folded.steps if folded is not None else 0
        if each.at >= due.until or each.step <= steps:
            # What was sealed after the cut isn't in it; a step that an epoch carried on stands in both.
            continue
        if each.step != steps + 1:
            break
        try:
            folded = fold(folded, each.entry)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise _UnfoldableError(each) from error
    return folded


def _digest(matter_id: int, folded: Folded) -> str:
    return digest(matter_id, folded.steps, {name: rows_text(folded.rows(name)) for name in shapes()}).hex()


def _place(name: str) -> int:
    return next(nth for nth, column in enumerate(MATTER.columns) if column.name == name)


def _number(stored: dict[str, list[Row]]) -> str:
    rows = stored.get(MATTER.name)
    return str(rows[0][_place("number")]) if rows else ""


def _steps(stored: dict[str, list[Row]]) -> int:
    rows = stored.get(MATTER.name)
    return int(rows[0][_place("steps")] or 0) if rows else 0


def _compared(
    shape: Shape, matter_id: int, number: str, stored: Sequence[Row], should: Sequence[Row]
) -> Iterator[faults.Fault]:
    if list(stored) == list(should):
        return
    there, made = {_row(shape, row): row for row in stored}, {_row(shape, row): row for row in should}
    for row in sorted(there.keys() | made.keys()):
        if row not in there:
            yield faults.row_missing(shape.name, matter_id, number, row)
        elif row not in made:
            yield faults.row_extra(shape.name, matter_id, number, row)
        else:
            for name, is_, must in zip(shape.names, there[row], made[row], strict=True):
                if is_ != must:
                    yield faults.row_differs(
                        table=shape.name, matter=matter_id, number=number, row=row, column=name, is_=is_, should=must
                    )


def _row(shape: Shape, row: Row) -> int:
    key = shape.key(row)
    return int(key[1] or 0) if isinstance(key, tuple) else 1


# -- all of them ---------------------------------------------------------------------------------------------------------


def fold_all(opened: Opened, cuts: Cuts, found: Checked, tick: Callable[[int], None]) -> None:
    """Fold every matter, in processes side by side. Its entries were proved before (`trees.prove_all`)."""
    folder = opened.folder / "by_matter"
    parts = _apart(opened, folder)
    months = tuple(sorted(cuts.all.items()))
    files = {name: opened.files[name].resolve().as_posix() for name in shapes()}
    last_cut = (opened.folder / "last_cut.parquet").resolve().as_posix()
    jobs = [
        (folder.as_posix(), part, first, last, last_cut, files, months, tuple(sorted(cuts.proved)))
        for part, first, last in parts
    ]
    with pool(worth_it=len(jobs) > 2) as running:
        for _, (matters, entries, wrong) in running.ordered(fold_part, jobs):
            found.add(wrong)
            found.count("folded", matters)
            found.count("folded_entries", entries)
            tick(matters)


def _apart(opened: Opened, folder: Path) -> list[tuple[int, int, int]]:
    """Entries by ranges of matters, each range in a folder of its own: (number, first id, last id)."""
    # Small, and the side that is kept: entries only pass by.
    opened.db.execute(
        "CREATE OR REPLACE TABLE parts AS SELECT matter_id, (row_number() OVER (ORDER BY matter_id) - 1)"  # noqa: S608 - a whole number
        f" // {BUCKET} AS part FROM last_cut"
    )
    parts: list[tuple[int, int, int]] = opened.rows(
        "SELECT part, min(matter_id), max(matter_id) FROM parts GROUP BY part ORDER BY part"
    )
    slices = opened.rows(
        "SELECT epoch, min(leaf), max(leaf) FROM (SELECT epoch, leaf, (row_number() OVER (ORDER BY epoch, leaf) - 1)"  # noqa: S608 - a whole number
        f" // {_APART_AT_ONCE} AS nth FROM entries WHERE subject_kind = '{SUBJECT}') GROUP BY epoch, nth ORDER BY epoch, nth"
    )
    folder.mkdir()
    for nth, (epoch, least, most) in enumerate(slices):
        opened.db.execute(
            "COPY (SELECT e.epoch, e.leaf, e.subject_kind, e.subject_id, e.step, e.entry, coalesce(p.part, 0) AS part"  # noqa: S608 - our own folder
            f" FROM entries AS e LEFT JOIN parts AS p ON p.matter_id = e.subject_id WHERE e.subject_kind = '{SUBJECT}'"
            f" AND e.epoch = {epoch} AND e.leaf BETWEEN {least} AND {most})"
            f" TO {quoted((folder / str(nth)).resolve().as_posix())} (FORMAT parquet, PARTITION_BY (part), COMPRESSION zstd)"
        )
    return parts


def fold_part(  # noqa: PLR0917 - a job of the pool: plain values
    folder: str,
    part: int,
    first: int,
    last: int,
    last_cut: str,
    files: dict[str, str],
    months: tuple[tuple[int, Place], ...],
    proved: tuple[int, ...],
) -> tuple[int, int, list[faults.Fault]]:
    """Fold the matters from one id to another: how many matters, how many entries, and what is wrong."""
    excluded.offer()
    within = f"*/part={part}/*.parquet"
    db = connect(Path(folder).parent, threads=1, memory_mb=_PART_MB)
    try:
        for name, file in files.items():
            db.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({quoted(file)})')  # noqa: S608 - own names
        due = [
            Due(matter_id, month, dict(months)[month], sha256)
            for matter_id, month, sha256 in db.execute(
                f"SELECT matter_id, month, sha256 FROM read_parquet({quoted(last_cut)})"  # noqa: S608 - own names
                f" WHERE matter_id BETWEEN {first} AND {last} ORDER BY matter_id"
            ).fetchall()
        ]
        rows = _entries_of(db, Path(folder) / within) if any(Path(folder).glob(within)) else []
        aside = Checked("", 0, is_full=True)
        told: dict[int, list[Told]] = {}
        for one in read_entries(rows, aside):
            told.setdefault(one.subject_id, []).append(one)
        wrong = list(aside.faults)
        by_id = {each.matter_id: each for each in due}
        for ids, stored in _stored_of(db, list(by_id)):
            if stored is None:
                wrong.append(faults.matter_too_large(Step.FOLD, ids[0]))
                continue
            for each in (by_id[matter_id] for matter_id in ids):
                own = told.get(each.matter_id, [])
                wrong += folded_again(each, own, stored.get(each.matter_id, {}), is_proved=each.month in proved)
        return len(due), len(rows), wrong[: faults.FAULTS_MOST]
    finally:
        db.close()


def _entries_of(db: duckdb.DuckDBPyConnection, within: Path) -> list[Row]:
    return list(
        fetched(
            db.execute(
                "SELECT epoch, leaf, subject_kind, subject_id, step, entry FROM"  # noqa: S608 - own names
                f" read_parquet({quoted(within.as_posix())}, hive_partitioning = false)"
                " ORDER BY subject_id, step, epoch, leaf"
            ),
            _PART_MB * 1_000_000,
        )
    )


def _stored_of(db: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> Iterator[tuple[Sequence[int], Stored | None]]:
    """The rows of matters, a thousand at a time."""
    for at in range(0, len(ids), 1000):
        yield from in_slices(ids[at : at + 1000], lambda some: rows_of(db, some, _PART_MB * 1_000_000))


def can_fold(opened: Opened) -> bool:
    """Is everything there that folding needs?"""
    members = [contents.fact_file(shape.table) for shape in shapes().values()]
    return opened.has(contents.ENTRIES_FILE, *members)
