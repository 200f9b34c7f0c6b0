"""What a change of rows changes in the cubes: pure, out of the definitions in `cubes`."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.policy import columns, histogram
from shanzhi.kernel.facts.policy.cubes import CUBES, DAYS, TABLES, Cube, Histogram, Is, Measure, Where
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
_ON = _PLACES["fact_matter"]["reported_on"]
_Cells = dict[tuple[date | None, tuple[Any, ...]], Values]


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


class _Item:
    """One thing that a row of a table may count for, in the cubes named. `rests_on`: the places of the columns that decide."""

    def __init__(self, table: str, one: Measure | Histogram | None, at: str, cubes: tuple[str, ...]) -> None:
        """`one` None: that there is a row with this day at all."""
        column = "" if one is None else one.column if isinstance(one, Histogram) else one.sums
        where = () if one is None else (*one.where, Where(column, Is.KNOWN)) if column else one.where
        places = _PLACES[table]
        self.name = "facts" if one is None else one.name
        self.names = one.names if isinstance(one, Histogram) else ()
        self.at, self.cubes, self.test = places[at], cubes, _test(table, where)
        self.column = places[column] if column else -1
        self.rests_on = {self.at, *(places[each.column] for each in where)}

    def counts(self, row: Row) -> tuple[str, int]:
        """Which column it counts in, and how much, where its test holds."""
        if self.column < 0:
            return self.name, 1
        value = row[self.column]
        return (self.names[histogram.bin_of(value)], 1) if self.names else (self.name, value)


class _Counter:
    """What rows of one table count for in cubes that have their measures in common: those by region, or that by unit."""

    def __init__(self, cubes: tuple[Cube, ...], table: str) -> None:
        places, first, names = _PLACES[table], cubes[0], tuple(cube.name for cube in cubes)
        self.kind, self.category, self.region = places["kind"], places["category_1"], places["region_id"]
        self.unit = places[first.units[table]] if first.units else None
        self.under = (self.kind, self.unit) if self.unit is not None else (self.kind, self.category, self.region)
        items = [_Item(table, one, one.at, names) for one in first.measures if one.table == table]
        items += [
            _Item(table, one, one.at, (cube.name,)) for cube in cubes for one in cube.histograms if one.table == table
        ]
        days = dict.fromkeys(_TABLES[table].columns[item.at].name for item in items)
        self.items = [*items, *(_Item(table, None, at, names) for at in days)]
        self.by_place: dict[int, list[_Item]] = {}
        for item in self.items:
            for place in item.rests_on:
                self.by_place.setdefault(place, []).append(item)

    def count(
        self, kept: dict[str, _Cells], row: Row, sign: int, on: date, items: Iterable[_Item] | None = None
    ) -> None:
        """Count a row in, or out, that belongs to a matter reported on a day; only for `items` where they are given."""
        if self.unit is not None and row[self.unit] is None:
            return
        found: dict[tuple[int, str], Values] = {}
        for item in self.items if items is None else items:
            place = item.at
            if row[place] is None or not item.test(row):
                continue
            name, value = item.counts(row)
            for cube in item.cubes:
                cell = found.get((place, cube))
                if cell is None:
                    cell = found[place, cube] = kept[cube].setdefault(self._key(cube, row, row[place], on), {})
                cell[name] = cell.get(name, 0) + sign * value

    def follow(self, kept: dict[str, _Cells], old: Row, new: Row, on: date) -> None:
        """Count a row differently that has changed. Little of it does with one step, so only that is looked at."""
        if any(old[place] != new[place] for place in self.under):
            self.count(kept, old, -1, on)
            self.count(kept, new, 1, on)
            return
        changed = [place for place in self.by_place if old[place] != new[place]]
        items = dict.fromkeys(item for place in changed for item in self.by_place[place])
        if items:
            self.count(kept, old, -1, on, items)
            self.count(kept, new, 1, on, items)

    def _key(self, cube: str, row: Row, at: date | datetime, on: date) -> tuple[date | None, tuple[Any, ...]]:
        day = local_date(at) if isinstance(at, datetime) else at
        if self.unit is not None:
            return None, (day.year * 100 + day.month, row[self.unit], row[self.kind])
        if cube == DAYS.name:
            return on, (day, row[self.region])
        return on, (day.year * 100 + day.month, row[self.region], row[self.kind], row[self.category])


_BY_REGION = tuple(cube for cube in CUBES if not cube.units)
_COUNTERS = {
    table: [_Counter(cubes, table) for cubes in (_BY_REGION, *((cube,) for cube in CUBES if cube.units))]
    for table in TABLES
}


def apply(old: Rows, new: Rows, lines: Lines) -> Delta:
    """What a change of rows changes in the cubes: out with `old`, in with `new`.

    Rows that stay as they are may be left out. Of each matter of which there is a row, its own row (`fact_matter`) has to be
    among them, since it says the day of the report.
    """
    kept: dict[str, _Cells] = {cube.name: {} for cube in CUBES}
    before, after = _reports(old), _reports(new)
    # A row's own side says its matter's day; of a matter that is on the other side alone, that one does.
    was_on, is_on = after | before, before | after
    for table, counters in _COUNTERS.items():
        was = _by_key(table, old)
        for key, row in _by_key(table, new).items():
            earlier, on = was.pop(key, None), is_on[key[0]]
            for counter in counters:
                if earlier is not None and was_on[key[0]] == on:
                    counter.follow(kept, earlier, row, on)
                    continue
                if earlier is not None:
                    counter.count(kept, earlier, -1, was_on[key[0]])
                counter.count(kept, row, 1, on)
        for key, row in was.items():
            for counter in counters:
                counter.count(kept, row, -1, was_on[key[0]])
    return {cube.name: _spread(cube, kept[cube.name], lines) for cube in CUBES}


def _reports(rows: Rows) -> dict[int, date]:
    """The day of the report by matter."""
    return {row[0]: row[_ON] for row in rows.get("fact_matter", ())}


def _by_key(table: str, rows: Rows) -> dict[tuple[int, ...], Row]:
    """Rows by the columns that tell them apart, which stand first."""
    size = len(_TABLES[table].key)
    return {row[:size]: row for row in rows.get(table, ())}


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
            cell = spread.get(full)
            if cell is None:
                spread[full] = changed.copy()
                continue
            for name, value in changed.items():
                cell[name] = cell.get(name, 0) + value
    whole = ((key, {name: value for name, value in values.items() if value}) for key, values in spread.items())
    return {key: values for key, values in whole if values}


def _keys(cube: Cube, key: tuple[Any, ...], on: date | None, lines: Lines) -> list[tuple[Any, ...]]:
    if on is None:
        return [key]
    line = lines.on(key[1], on)
    if cube is DAYS:
        return [(key[0], line.base.region_id)]
    month, _region, kind, category = key
    return [(month, one.region_id, one.level, one.is_own, kind, category) for one in line.regions]
