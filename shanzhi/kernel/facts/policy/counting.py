"""What a change of rows changes in the cubes: pure, out of the definitions in `cubes`."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.policy import columns, histogram
from shanzhi.kernel.facts.policy.cubes import CUBES, DAYS, TABLES, Cube, Is, Where
from shanzhi.kernel.facts.policy.lines import Lines

Row = tuple[Any, ...]
"""The values of a row of facts in the order of its table's columns."""
Rows = Mapping[str, Iterable[Row]]
"""Rows by table."""
Values = dict[str, int]
Delta = dict[str, dict[tuple[Any, ...], Values]]
"""By cube, by key: what is to be added to each column; nothing that stays as it is."""

_TABLES = {table.name: table for table in columns.TABLES}
_PLACES = {name: {column.name: nth for nth, column in enumerate(table.columns)} for name, table in _TABLES.items()}


def _test(table: str, where: tuple[Where, ...]) -> Callable[[Row], bool]:
    asked = [(_PLACES[table][one.column], one.asks, one.values) for one in where]

    def holds(row: Row) -> bool:
        for place, asks, values in asked:
            value = row[place]
            if (
                value is None
                or (asks is Is.ONE_OF and value not in values)
                or (asks is Is.NONE_OF and value in values)
                or (asks is Is.AT_LEAST and value < values[0])
            ):
                return False
        return True

    return holds


class _Counter:
    """What rows of one table add to one cube: by place of the day, tests with what they add."""

    def __init__(self, cube: Cube, table: str) -> None:
        places = _PLACES[table]
        self.kind, self.category, self.region = places["kind"], places["category_1"], places["region_id"]
        self.unit = places[cube.units[table]] if cube.units else None
        self.by_month = cube is not DAYS
        self.at: dict[int, list[tuple[Callable[[Row], bool], str, int | None]]] = {}
        for measure in cube.measures:
            if measure.table == table:
                summed = places[measure.sums] if measure.sums else None
                where = (*measure.where, Where(measure.sums, Is.KNOWN)) if measure.sums else measure.where
                self.at.setdefault(places[measure.at], []).append((_test(table, where), measure.name, summed))
        self.bins: dict[int, list[tuple[Callable[[Row], bool], tuple[str, ...], int]]] = {}
        for one in cube.histograms:
            if one.table == table:
                test = _test(table, (*one.where, Where(one.column, Is.KNOWN)))
                self.bins.setdefault(places[one.at], []).append((test, one.names, places[one.column]))
        self.days = tuple(dict.fromkeys((*self.at, *self.bins)))

    def tell(self, row: Row) -> list[tuple[tuple[Any, ...], Values]]:
        """Key without regions (a unit's key, or the day or month with what the region's key needs) and values."""
        if self.unit is not None and row[self.unit] is None:
            return []
        told = []
        for place in self.days:
            at = row[place]
            if at is None:
                continue
            values = {
                name: row[sums] if sums is not None else 1 for test, name, sums in self.at.get(place, ()) if test(row)
            }
            values |= {names[histogram.bin_of(row[n])]: 1 for test, names, n in self.bins.get(place, ()) if test(row)}
            values["facts"] = 1
            told.append((self._key(row, _day(at)), values))
        return told

    def _key(self, row: Row, day: date) -> tuple[Any, ...]:
        if self.unit is not None:
            return (day.year * 100 + day.month, row[self.unit], row[self.kind])
        if not self.by_month:
            return (day, row[self.region])
        return (day.year * 100 + day.month, row[self.region], row[self.kind], row[self.category])


def _day(at: date | datetime) -> date:
    return local_date(at) if isinstance(at, datetime) else at


_COUNTERS = {
    cube.name: {
        table: _Counter(cube, table)
        for table in dict.fromkeys(measure.table for measure in (*cube.measures, *cube.histograms))
    }
    for cube in CUBES
}
_MATTER = _PLACES["fact_matter"]


def apply(old: Rows, new: Rows, lines: Lines) -> Delta:
    """What a change of rows changes in the cubes: out with `old`, in with `new`.

    Rows that are in both may be left out or be there twice, it comes to the same; but of each matter of which there is a row,
    its own row (`fact_matter`) has to be among them, since it says the day of the report.
    """
    kept: dict[str, dict[tuple[date | None, tuple[Any, ...]], Values]] = {cube.name: {} for cube in CUBES}
    before, after = _reports(old), _reports(new)
    # A row's own side says its matter's day; of a matter that is on the other side alone, that one does.
    was_on, is_on = after | before, before | after
    for table in TABLES:
        was = {(row, was_on[row[0]]) for row in old.get(table, ())}
        becomes = {(row, is_on[row[0]]) for row in new.get(table, ())}
        for sign, rows in ((-1, was - becomes), (1, becomes - was)):
            for row, on in rows:
                _count(kept, table, row, sign, on)
    return {cube.name: _spread(cube, kept[cube.name], lines) for cube in CUBES}


def _reports(rows: Rows) -> dict[int, date]:
    """The day of the report by matter."""
    place, day = _MATTER["matter_id"], _MATTER["reported_on"]
    return {row[place]: row[day] for row in rows.get("fact_matter", ())}


def _count(
    kept: dict[str, dict[tuple[date | None, tuple[Any, ...]], Values]], table: str, row: Row, sign: int, on: date
) -> None:
    for cube, counters in _COUNTERS.items():
        counter = counters.get(table)
        if counter is None:
            continue
        under = None if counter.unit is not None else on
        for key, values in counter.tell(row):
            cell = kept[cube].setdefault((under, key), {})
            for name, value in values.items():
                cell[name] = cell.get(name, 0) + sign * value


def _spread(
    cube: Cube, cells: dict[tuple[date | None, tuple[Any, ...]], Values], lines: Lines
) -> dict[tuple[Any, ...], Values]:
    """From where it lies to the regions that it counts under; without what cancels out."""
    spread: dict[tuple[Any, ...], Values] = {}
    for (on, key), values in cells.items():
        changed = {name: value for name, value in values.items() if value}
        if not changed:
            continue
        for full in _keys(cube, key, on, lines):
            cell = spread.setdefault(full, {})
            for name, value in changed.items():
                cell[name] = cell.get(name, 0) + value
    whole = {key: {name: value for name, value in values.items() if value} for key, values in spread.items()}
    return {key: values for key, values in whole.items() if values}


def _keys(cube: Cube, key: tuple[Any, ...], on: date | None, lines: Lines) -> list[tuple[Any, ...]]:
    if on is None:
        return [key]
    line = lines.on(key[1], on)
    if cube is DAYS:
        return [(key[0], line.base.region_id)]
    month, _region, kind, category = key
    return [(month, one.region_id, one.level, one.is_own, kind, category) for one in line.regions]
