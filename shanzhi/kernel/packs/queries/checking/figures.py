"""Figures: every one again, the computed out of the pack's own facts, the typed-in out of their proved entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shanzhi.kernel.indicators.policy.definitions import Length, Source
from shanzhi.kernel.indicators.policy.excluded import EXCLUDE
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries.checking.entries import Told, of_kind, read_entries
from shanzhi.kernel.packs.queries.checking.opened import Opened, names_of_regions
from shanzhi.kernel.packs.queries.checking.trees import Forest, prove
from shanzhi.kernel.packs.queries.observing import Observation, Observing, Typed, typed_of

FIGURE_SUBJECT, FIGURE_ACTION = "figure", "indicators.value"
_REGIONS = tuple(f"facts/{name}.parquet" for name in ("fact_region", "fact_unit"))
_LENGTHS = {length.months: length for length in Length}
At = tuple[str, int, int, int]
"""Which figure: indicator, first month, how many months, region."""
Cell = tuple[int, int, int, int | None, int | None]
"""Version, numerator, denominator, handed_in, owed."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A value as a post typed it in, its period's text, its evidence, and where its entry is."""

    typed: Typed
    period: str
    files: tuple[str, ...]
    at: tuple[int, int]


def can_count(opened: Opened) -> bool:
    """Is everything there that figures are made of?"""
    return (
        opened.told is not None
        and opened.catalogue is not None
        and opened.has(contents.OBSERVATIONS_FILE, contents.ENTRIES_FILE, *_REGIONS)
    )


def observing_of(opened: Opened, seconds: float | None) -> tuple[Observing, DuckEngine]:
    """What counts the pack's figures, and its engine, to be closed; raises EngineUnusable where the facts can't be read."""
    told, catalogue = opened.told, opened.catalogue
    if told is None or catalogue is None:
        raise ValueError("can_count says that it can't be")
    limits = opened.limits
    engine = DuckEngine.over_folder(
        opened.folder / "facts", seconds=seconds or 3600, memory=f"{limits.memory_mb}MB", threads=limits.threads
    )
    return Observing(engine, catalogue, told.first, told.last), engine


def check_computed(opened: Opened, observing: Observing, found: Checked, tick: Callable[[int], None]) -> None:
    """All computed indicators, all regions, all periods; and figures that the guideline doesn't have."""
    made = _made(observing.computed())
    tick(len(made))
    _check_others(opened, observing, found)
    _compare(opened, observing, made, Step.FIGURES, found)


def check_typed(opened: Opened, observing: Observing, entered: Iterable[Entered], found: Checked) -> None:
    """What was typed in, made again out of the last value of each region."""
    values = list(entered)
    numbers: dict[tuple[str, int, str], set[int]] = {}
    for each in values:
        numbers.setdefault((each.typed.key, each.typed.region_id, each.period), set()).add(each.typed.number)
    for at, seen in numbers.items():
        gap = next((number for number in range(1, max(seen)) if number not in seen), 0)
        found.add([faults.value_gap(*at, gap)] if gap else [])
    _compare(opened, observing, _made(observing.typed_in(each.typed for each in values)), Step.VALUES, found)


def _made(rows: Iterable[Observation]) -> dict[At, Cell]:
    return {(key, first, months, region): (version, *cell) for key, version, region, first, months, *cell in rows}  # type: ignore[misc]


def _keys(observing: Observing) -> dict[str, bool]:
    """The guideline's indicators: is it computed?"""
    return {each.key: each.source is Source.COMPUTED for each in observing.book.indicators}


def _check_others(opened: Opened, observing: Observing, found: Checked) -> None:
    known = _keys(observing)
    rows = opened.rows("SELECT key, month, months, count(*) FROM observations GROUP BY ALL ORDER BY ALL")
    found.add(
        faults.figure_unknown(key, _when(month, months), count)
        for key, month, months, count in rows
        if key not in known
    )
    twice = opened.rows(
        "SELECT key, month, months, count(*) FROM (SELECT key, month, months FROM observations"
        " GROUP BY key, month, months, region_id HAVING count(*) > 1) GROUP BY ALL ORDER BY ALL"
    )
    found.add(faults.figure_twice(key, _when(month, months), count) for key, month, months, count in twice)


def _compare(opened: Opened, observing: Observing, made: Mapping[At, Cell], step: Step, found: Checked) -> None:
    is_computed = step is Step.FIGURES
    known = _keys(observing)
    rows = opened.rows(
        "SELECT key, month, months, region_id, version, numerator, denominator, handed_in, owed FROM observations"
        " ORDER BY key, months, month, region_id"
    )
    stored: dict[At, Cell] = {row[:4]: row[4:] for row in rows if known.get(row[0]) is is_computed}
    found.count("figures" if is_computed else "values", len(stored.keys() | made.keys()))
    if stored == made:
        return
    names = {each.key: each.name for each in observing.book.indicators}
    regions = names_of_regions(opened)
    for at in sorted(stored.keys() | made.keys()):
        is_, should = stored.get(at), made.get(at)
        if is_ == should:
            continue
        key, first, months, region = at
        fault = faults.figure_differs(
            key=key, name=names.get(key, key), region=region, region_name=regions.get(region, str(region)),
            period=_when(first, months), is_=_said(is_, should), should=_said(should, is_), step=step,
        )  # fmt: skip
        found.add([fault])


def _said(cell: Cell | None, other: Cell | None) -> str:
    """A figure in a sentence, with what else tells it from the other one."""
    if cell is None:
        return "（没有）"
    said = f"{cell[1]:,} / {cell[2]:,}"
    if other is not None and cell[1:3] == other[1:3]:
        said += f"（v{cell[0]}，{cell[3]} / {cell[4]}）"
    return said


def _when(month: int, months: int) -> str:
    known = _LENGTHS.get(months)
    return str(Period(month, known)) if known and 1 <= month % 100 <= 12 and month > 0 else f"{month} × {months}"


# -- what was typed in ---------------------------------------------------------------------------------------------------


def entered_in(opened: Opened, forest: Forest, found: Checked) -> list[Entered]:
    """All values that posts typed in whose entries are proved; what isn't is told."""
    entries = [each for each in of_kind(opened, FIGURE_SUBJECT, found) if each.entry.action == FIGURE_ACTION]
    proved = prove(opened, forest, [each.at for each in entries], found)
    made = []
    for each in entries:
        value = _entered(each)
        if value is None:
            found.add([faults.entry_unreadable(each.epoch, each.leaf)])
        elif each.at not in proved:
            found.add([faults.value_unproved(value.typed.key, value.typed.region_id, value.period, *each.at)])
        else:
            made.append(value)
    found.count("typed", len(made))
    return made


def _entered(told: Told) -> Entered | None:
    said: Mapping[str, Any] = told.entry.payload
    try:
        typed, files = typed_of(said), tuple(said["files"])
        period = Period(typed.first, Length(said["length"]))
    except (KeyError, TypeError, ValueError):
        return None
    numbers = (typed.region_id, typed.first, typed.number, typed.numerator, typed.denominator)
    is_shaped = all(type(each) is int for each in numbers) and all(type(each) is str for each in (typed.key, *files))
    is_month = is_shaped and 1 <= typed.first % 100 <= 12 and 1900 <= typed.first // 100 <= 2999
    return Entered(typed, str(period), files, told.at) if is_month else None


# -- what is left out ----------------------------------------------------------------------------------------------------


def check_excluded(opened: Opened, found: Checked) -> None:
    """Each row that leaves a matter out of an indicator, against the decision that stands among the matter's entries. The row
    itself is proved by the matter's hash, and a sample of these matters is folded out of proved entries."""
    rows = opened.rows(
        "SELECT x.matter_id, coalesce(m.number, ''), x.exclusion, x.indicator, x.month FROM fact_exclusion AS x"
        " LEFT JOIN fact_matter AS m USING (matter_id) ORDER BY x.matter_id, x.exclusion"
    )
    found.count("exclusions", len(rows))
    for at in range(0, len(rows), 2000):
        some = rows[at : at + 2000]
        listed = ", ".join(str(row[0]) for row in some)
        told = read_entries(
            opened.rows(
                "SELECT epoch, leaf, subject_kind, subject_id, step, entry FROM entries"  # noqa: S608 - whole numbers
                f" WHERE subject_kind = 'matter' AND subject_id IN ({listed}) AND contains(entry, '\"{EXCLUDE}\"')"
                " ORDER BY epoch, leaf"
            ),
            found,
        )
        said = {
            (each.subject_id, each.entry.payload.get("indicator"), each.entry.payload.get("month"))
            for each in told
            if each.entry.action == EXCLUDE
        }
        months = {(matter_id, month) for matter_id, _, month in said}
        for matter_id, number, row, key, month in some:
            # One that was undone has no indicator any more, and its month still.
            if ((matter_id, key, month) if key else (matter_id, month)) not in (said if key else months):
                found.add([faults.exclusion_unsaid(matter_id, number or str(matter_id), row, key, month)])
