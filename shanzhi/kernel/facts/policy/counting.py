"""What a change of rows changes in the cubes: pure, out of the definitions in `cubes`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from operator import itemgetter
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
_Cells = dict[tuple[date | None, tuple[Any, ...]], list[Values]]
"""What counts in each cell, not yet added up: the same few `Values` thousands of times over, which are never changed."""


_MOST = 20_000
"""So many likenesses are remembered before it begins anew."""
_Signed = tuple[Any, ...] | None
_Told = dict[str, Values]


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


def _signer(exact: tuple[int, ...], known: tuple[int, ...], binned: tuple[int, ...]) -> Callable[[Row], Row]:
    """All that decides what a row counts for, beside its key: values as they are, whether they are known, their bins."""
    # The first once more, so that it is a tuple, however many there are.
    of_exact: Callable[[Row], Row] = itemgetter(*exact, exact[0]) if exact else lambda row: ()
    if not known and not binned:
        return of_exact

    def sign(row: Row) -> Row:
        bins = [None if row[place] is None else histogram.bin_of(row[place]) for place in binned]
        return (*of_exact(row), *[row[place] is None for place in known], *bins)

    return sign


class _Item:
    """One thing that a row of a table may count for, in the cubes named."""

    def __init__(self, table: str, one: Measure | Histogram, cubes: tuple[str, ...]) -> None:
        column = one.column if isinstance(one, Histogram) else one.sums
        where = (*one.where, Where(column, Is.KNOWN)) if column else one.where
        self.name, self.cubes, self.test, self.where = one.name, cubes, _test(table, where), where
        self.names = one.names if isinstance(one, Histogram) else ()
        self.column = _PLACES[table][column] if column else -1

    def counts(self, row: Row) -> tuple[str, int]:
        """Which column it counts in, and how much, where its test holds."""
        if self.column < 0:
            return self.name, 1
        value = row[self.column]
        return (self.names[histogram.bin_of(value)], 1) if self.names else (self.name, value)


class _Day:
    """What rows of one table count for by one of their days, in cubes that have their measures in common.

    Rows that are alike in all that decides count alike: that is worked out once for each likeness and remembered. There are
    few of them, since of times only whether they are known decides, and of durations their bin.
    """

    def __init__(self, table: str, at: str, cubes: tuple[Cube, ...]) -> None:
        places, names = _PLACES[table], tuple(cube.name for cube in cubes)
        self.at, self.cubes = places[at], names
        self.items = [_Item(table, one, names) for one in cubes[0].measures if (one.table, one.at) == (table, at)]
        durations = [(one, cube) for cube in cubes for one in cube.histograms if (one.table, one.at) == (table, at)]
        self.items += [_Item(table, one, (cube.name,)) for one, cube in durations]
        asked = [where for item in self.items for where in item.where]
        binned = tuple(dict.fromkeys(places[one.column] for one, _ in durations))
        exact = {places[one.column] for one in asked if one.asks is not Is.KNOWN}
        exact |= {item.column for item in self.items if item.column >= 0 and not item.names}
        known = {places[one.column] for one in asked} - exact - set(binned)
        self.sign = _signer(tuple(exact), tuple(known), binned)
        # The day twice, so that it is a tuple whatever else there is.
        seen = (self.at, self.at, *exact, *known, *binned)
        self.look: Callable[[Row], Row] = itemgetter(*seen)
        self.remembered: dict[tuple[_Signed, _Signed], _Told] = {}

    def change(self, old: Row | None, new: Row | None) -> _Told:
        """By cube what is added to each column as one row takes the place of another (None: there was, or is, none)."""
        signs = None if old is None else self.sign(old), None if new is None else self.sign(new)
        told = self.remembered.get(signs)
        if told is None:
            if len(self.remembered) >= _MOST:
                self.remembered.clear()
            told = self.remembered[signs] = self._work_out(old, new)
        return told

    def _work_out(self, old: Row | None, new: Row | None) -> _Told:
        told: _Told = {cube: {} for cube in self.cubes}
        for row, sign in ((old, -1), (new, 1)):
            if row is None:
                continue
            counted = [("facts", 1, self.cubes)]
            counted += [(*item.counts(row), item.cubes) for item in self.items if item.test(row)]
            for name, value, cubes in counted:
                for cube in cubes:
                    told[cube][name] = told[cube].get(name, 0) + sign * value
        changed = {cube: {name: value for name, value in values.items() if value} for cube, values in told.items()}
        return {cube: values for cube, values in changed.items() if values}


class _Counter:
    """What rows of one table count for in cubes that have their measures in common: those by region, or that by unit."""

    def __init__(self, cubes: tuple[Cube, ...], table: str) -> None:
        places, first = _PLACES[table], cubes[0]
        self.kind, self.category, self.region = places["kind"], places["category_1"], places["region_id"]
        self.unit = places[first.units[table]] if first.units else None
        under = (self.kind, self.unit) if self.unit is not None else (self.kind, self.category, self.region)
        self.under: Callable[[Row], Row] = itemgetter(*under)
        ones: list[Measure | Histogram] = [*first.measures, *(one for cube in cubes for one in cube.histograms)]
        self.days = [_Day(table, at, cubes) for at in dict.fromkeys(one.at for one in ones if one.table == table)]

    def count(self, kept: dict[str, _Cells], old: Row | None, new: Row | None, on: date) -> None:
        """Count a row differently that has changed, or in, or out, which belongs to a matter reported on a day."""
        if self.unit is not None:
            old = None if old is None or old[self.unit] is None else old
            new = None if new is None or new[self.unit] is None else new
        if old is None or new is None or self.under(old) != self.under(new):
            for day in self.days:
                self._move(kept, day, old, new, on)
            return
        for day in self.days:
            # Little changes with one step, so that most days have nothing to tell.
            if day.look(old) == day.look(new):
                continue
            if old[day.at] is not None and old[day.at] == new[day.at]:
                self._add(kept, day.change(old, new), new, old[day.at], on)
            else:
                self._move(kept, day, old, new, on)

    def _move(self, kept: dict[str, _Cells], day: _Day, old: Row | None, new: Row | None, on: date) -> None:
        """Out under the old key, in under the new."""
        if old is not None and old[day.at] is not None:
            self._add(kept, day.change(old, None), old, old[day.at], on)
        if new is not None and new[day.at] is not None:
            self._add(kept, day.change(None, new), new, new[day.at], on)

    def _add(self, kept: dict[str, _Cells], told: _Told, row: Row, at: date | datetime, on: date) -> None:
        day = local_date(at) if isinstance(at, datetime) else at
        for cube, values in told.items():
            cells, key = kept[cube], self._key(cube, row, day, on)
            cell = cells.get(key)
            if cell is None:
                cells[key] = [values]
            else:
                cell.append(values)

    def _key(self, cube: str, row: Row, day: date, on: date) -> tuple[date | None, tuple[Any, ...]]:
        if cube == DAYS.name:
            return on, (day, row[self.region])
        month = day.year * 100 + day.month
        if self.unit is not None:
            return None, (month, row[self.unit], row[self.kind])
        return on, (month, row[self.region], row[self.kind], row[self.category])


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
                if earlier is None or was_on[key[0]] == on:
                    counter.count(kept, earlier, row, on)
                    continue
                counter.count(kept, earlier, None, was_on[key[0]])
                counter.count(kept, None, row, on)
        for key, row in was.items():
            for counter in counters:
                counter.count(kept, row, None, was_on[key[0]])
    return {cube.name: _spread(cube, kept[cube.name], lines) for cube in CUBES}


def _reports(rows: Rows) -> dict[int, date]:
    """The day of the report by matter."""
    return {row[0]: row[_ON] for row in rows.get("fact_matter", ())}


def _by_key(table: str, rows: Rows) -> dict[tuple[int, ...], Row]:
    """Rows by the columns that tell them apart, which stand first."""
    size = len(_TABLES[table].key)
    return {row[:size]: row for row in rows.get(table, ())}


def _spread(cube: Cube, cells: _Cells, lines: Lines) -> dict[tuple[Any, ...], Values]:
    """From where it lies to the regions that it counts under, added up; without what cancels out."""
    spread: dict[tuple[Any, ...], list[Values]] = {}
    for (on, key), counted in cells.items():
        for full in _keys(cube, key, on, lines):
            cell = spread.get(full)
            if cell is None:
                spread[full] = counted.copy()
            else:
                cell += counted
    whole = ((key, _added_up(counted)) for key, counted in spread.items())
    return {key: values for key, values in whole if values}


def _added_up(counted: list[Values]) -> Values:
    """The sum by column, without noughts."""
    if len(counted) == 1:
        return counted[0]
    known = {id(values): values for values in counted}
    sums: Values = {}
    for one, times in Counter(map(id, counted)).items():
        for name, value in known[one].items():
            sums[name] = sums.get(name, 0) + times * value
    return {name: value for name, value in sums.items() if value}


def _keys(cube: Cube, key: tuple[Any, ...], on: date | None, lines: Lines) -> list[tuple[Any, ...]]:
    if on is None:
        return [key]
    line = lines.on(key[1], on)
    if cube is DAYS:
        return [(key[0], line.base.region_id)]
    month, _region, kind, category = key
    return [(month, one.region_id, one.level, one.is_own, kind, category) for one in line.regions]
