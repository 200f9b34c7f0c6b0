"""Figures as they stand in their tables, put together for any period: two statements, however many are asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Figure, Grouping, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import NoSuchIndicator
from shanzhi.kernel.indicators.policy.fairness import Compared, Interval, compared, wilson
from shanzhi.kernel.indicators.policy.index_points import IndexSum, Pair
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, State, Value, value_of
from shanzhi.kernel.indicators.queries.values.gone import not_there
from shanzhi.kernel.indicators.queries.values.shapes import Amount, Place, nothing
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow

SHARES = frozenset({Figure.RATIO, Figure.YES_NO})


@dataclass(frozen=True, slots=True)
class Where:
    """A region at the end of a period, with those above it, the nearest last, and those directly below."""

    place: Place
    above: tuple[Place, ...]
    below: tuple[Place, ...]


def where(region_id: int, on: date) -> Where:
    """A region and what stands around it as of a day; the tree is asked for once.

    Raises:
        NoSuchPlace: there is none of this id on that day; says what became of it.
    """
    row = organisation.region_by_id(region_id, on)
    if row is None:
        raise not_there(on, region_id=region_id)
    above: list[Place] = []
    at = row
    while at.parent_id is not None and (up := organisation.region_by_id(at.parent_id, on)) is not None:
        above.append(place_of(up))
        at = up
    below = tuple(place_of(one) for one in organisation.children(region_id, on) if one.level.value != "zone")
    return Where(place_of(row), tuple(reversed(above)), below)


def place_of(row: RegionRow) -> Place:
    """A region as pages have it."""
    return Place(row.id, row.code, row.name, row.level.value)


def rule(catalogue: Catalogue, key: str, period: Period) -> Indicator:
    """The version that is the rule for a period: that of its last month.

    Raises:
        NoSuchIndicator: there is none.
    """
    found = catalogue.indicator(key, period.last)
    if found is None:
        raise NoSuchIndicator(msg("%(period)s 没有“%(key)s”这个指标。请核对期间。"), period=str(period), key=key)
    return found


def candidates(indicator: Indicator, period: Period) -> tuple[Period, ...]:
    """The periods whose figure a period shows: itself; of a figure that comes less often the one that it lies in, else the
    one before that."""
    return tuple(one for one, _ in _kept(indicator.period, indicator.grouping is Grouping.ADDITIVE, period))


def bases(indicator: Indicator, period: Period) -> tuple[Period, ...]:
    """The kept periods that a period's figure is added up from: itself, where it can't be."""
    if indicator.grouping is Grouping.ADDITIVE:
        return tuple(period.within(indicator.period))
    return (period,)


@lru_cache(maxsize=4096)
def _kept(length: Length, is_additive: bool, period: Period) -> "_Listed":
    """The candidates of a period with where their figures are kept: (first month, how many), for any indicator of a length."""
    if length.months <= period.length.months:
        listed: tuple[Period, ...] = (period,)
    else:
        longer = period_of(period.ends_on, length)
        listed = (longer, longer.before())
    return tuple(
        (one, tuple((base.first, base.length.months) for base in (one.within(length) if is_additive else (one,))))
        for one in listed
    )


_Kept = tuple[int, int]
"""The first month of a period whose figures are kept, and how many it has."""
_Listed = tuple[tuple[Period, tuple[_Kept, ...]], ...]
_Cell = tuple[Pair, int | None, int | None]
_Run = tuple[int, datetime, int, date]
_Wanted = Iterable[tuple[Collection[int], Iterable[Indicator], Iterable[Period]]]


# Written here and in few rows: Django would look at each of hundreds of keys, and a row for each figure takes five times as
# long to take in.
_OF = "month = ANY(%s) AND key = ANY(%s) AND months = %s"
_CELLS = (
    "SELECT region_id, month, months, array_agg(key), array_agg(numerator), array_agg(denominator), array_agg(handed_in),"
    " array_agg(owed) FROM indicators_observation WHERE "
)
_BY_PLACE = " GROUP BY region_id, month, months"
_RUNS = (
    "SELECT month, months, version, computed_at, cursor, current_setting('shanzhi.place', true), array_agg(key)"
    " FROM indicators_computing WHERE "
)
_BY_RUN = " GROUP BY month, months, version, computed_at, cursor"


def _groups(wanted: _Wanted) -> dict[tuple[tuple[int, ...], int, frozenset[str]], set[int]]:
    """What is to be read: first months by regions, length of periods and keys, as few groups as there are."""
    keys: dict[tuple[tuple[int, ...], int, int], set[str]] = {}
    for regions, indicators, periods in wanted:
        listed, ids = tuple(periods), tuple(sorted(regions))
        alike: dict[tuple[Length, bool], list[str]] = {}
        for indicator in indicators:
            alike.setdefault((indicator.period, indicator.grouping is Grouping.ADDITIVE), []).append(indicator.key)
        for (length, is_additive), named in alike.items():
            found = {base for period in listed for _, kept in _kept(length, is_additive, period) for base in kept}
            for first, months in found:
                keys.setdefault((ids, months, first), set()).update(named)
    groups: dict[tuple[tuple[int, ...], int, frozenset[str]], set[int]] = {}
    for (ids, months, first), every in keys.items():
        groups.setdefault((ids, months, frozenset(every)), set()).add(first)
    return groups


class Figures:
    """What was read for some regions, indicators and periods; `amount` puts a figure together out of it."""

    def __init__(self) -> None:
        # By where and when, then by key.
        self._cells: dict[tuple[int, int, int], dict[str, _Cell]] = {}
        self._done: dict[_Kept, dict[str, _Run]] = {}
        self._place: CodeRanges | None = None

    @classmethod
    def read(cls, wanted: _Wanted) -> "Figures":
        """Read figures of (regions, indicators, periods), each group whole; 2 statements."""
        made, groups = cls(), _groups(wanted)
        if not groups:
            return made
        cells: list[Any] = []
        runs: list[Any] = []
        for (regions, months, keys), first in groups.items():
            of = [sorted(first), sorted(keys), months]
            cells += [*of, list(regions)]
            runs += of
        with connection.cursor() as cursor:
            of_cells = " OR ".join([f"({_OF} AND region_id = ANY(%s))"] * len(groups))
            cursor.execute(_CELLS + of_cells + _BY_PLACE, cells)
            made._take_cells(cursor.fetchall())
            cursor.execute(_RUNS + " OR ".join([f"({_OF})"] * len(groups)) + _BY_RUN, runs)
            made._take_runs(cursor.fetchall())
        return made

    def _take_cells(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for region, first, months, keys, tops, bottoms, *typed in rows:
            cells = zip(zip(tops, bottoms, strict=True), *typed, strict=True)
            self._cells[region, first, months] = dict(zip(keys, cells, strict=True))

    def _take_runs(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for month, length, version, computed_at, cursor, place, named in rows:
            run = (version, computed_at, cursor, local_date(computed_at))
            self._done.setdefault((month, length), {}).update(dict.fromkeys(named, run))
            self._place = CodeRanges.parse(place) if place else None

    def _is_in_sight(self, region_id: int, on: date) -> bool:
        """May who asks read this region's figures? As the policy on them says: does the region above touch its place?"""
        if self._place is None:
            return True
        region = organisation.region_by_id(region_id, on)
        if region is None:
            return False
        above = organisation.region_by_id(region.parent_id, on) if region.parent_id is not None else None
        (low, high), *_ = CodeRanges.from_prefixes((above or region).code)
        return any(low < end and begin < high for begin, end in self._place)

    def amount(self, region_id: int, indicator: Indicator, period: Period) -> Amount:
        """The figure of a region and period; no query."""
        return self.restated((region_id,), indicator, period)

    def restated(self, region_ids: Sequence[int], indicator: Indicator, period: Period) -> Amount:
        """The figure of several regions together, as if they had been one; no query."""
        kept = _kept(indicator.period, indicator.grouping is Grouping.ADDITIVE, period)
        for one, parts in kept:
            found = self._found(region_ids, indicator, one, parts)
            if found is not None:
                return _amount(indicator, one, len(parts), *found)
        return nothing(kept[0][0])

    def value(self, region_ids: Sequence[int], indicator: Indicator, period: Period) -> Value:
        """The value alone of such a figure; no query."""
        for one, parts in _kept(indicator.period, indicator.grouping is Grouping.ADDITIVE, period):
            found = self._found(region_ids, indicator, one, parts)
            if found is not None:
                return _value(indicator, one, len(parts), *found)
        return MISSING

    def integers(self, region_id: int, period: Period, asked: IndexSum) -> list[Pair | None]:
        """The integers of an index's parts in a region and period, in their order, None where one is missing; no query."""
        told: list[Pair | None] = [None] * len(asked.parts)
        for alike in asked.alike:
            listed = _kept(alike.length, alike.is_additive, period)
            # The usual case by the short way: thousands are asked for by a page.
            (_, parts), *_ = listed
            is_one = len(parts) == 1
            cells = self._cells.get((region_id, *parts[0]), {}) if is_one else {}
            done = self._done.get(parts[0], {}) if is_one else {}
            for place, indicator in alike.parts:
                key = indicator.key
                cell = cells.get(key) if key in done else None
                told[place] = cell[0] if cell is not None else self._integers(region_id, indicator, listed)
        return told

    def _integers(self, region_id: int, indicator: Indicator, listed: "_Listed") -> Pair | None:
        for one, parts in listed:
            found = self._found((region_id,), indicator, one, parts)
            if found is not None:
                return _pair(indicator, found[0])
        return None

    def _found(
        self, region_ids: Sequence[int], indicator: Indicator, period: Period, parts: Sequence[_Kept]
    ) -> tuple[list[_Cell], list[_Run]] | None:
        """What was read of a figure, and of its computing; None where it is missing."""
        key = indicator.key
        runs = [run for kept in parts if (run := self._done.get(kept, {}).get(key))]
        if not runs:
            return None
        cells = [
            cell
            for region in region_ids
            for first, months in parts
            if (cell := self._cells.get((region, first, months), {}).get(key))
        ]
        if cells:
            return cells, runs
        if indicator.source is not Source.COMPUTED:
            return None
        return (cells, runs) if any(self._is_in_sight(region, period.ends_on) for region in region_ids) else None


def _amount(indicator: Indicator, period: Period, parts: int, cells: Sequence[_Cell], runs: Sequence[_Run]) -> Amount:
    value = _value(indicator, period, parts, cells, runs)
    last = max(runs, key=_computed_at)
    typed = [cell for cell in cells if cell[1] is not None]
    return Amount(
        value,
        period,
        interval_of(indicator, Numbers(*_pair(indicator, cells))) if value.state is State.VALUE else None,
        handed_in=sum(cell[1] or 0 for cell in typed) if typed else None,
        owed=sum(cell[2] or 0 for cell in typed) if typed else None,
        version=last[0],
        computed_at=last[1],
        cursor=last[2],
    )


def _value(indicator: Indicator, period: Period, parts: int, cells: Sequence[_Cell], runs: Sequence[_Run]) -> Value:
    is_running = max(runs, key=_computed_at)[3] <= period.ends_on
    numbers = Numbers(*_pair(indicator, cells))
    return value_of(indicator, numbers, unfinished=is_running or len(runs) < parts)


def _computed_at(run: _Run) -> datetime:
    return run[1]


def _pair(indicator: Indicator, cells: Sequence[_Cell]) -> Pair:
    if len(cells) == 1:
        return cells[0][0]
    if not cells:
        return 0 if indicator.grouping is Grouping.ADDITIVE else None, 0
    return sum(cell[0][0] or 0 for cell in cells), sum(cell[0][1] for cell in cells)


def interval_of(indicator: Indicator, numbers: Numbers) -> Interval | None:
    """The 95 % interval in the figure's own unit; None for what is no part of a whole."""
    if not is_share(indicator, numbers):
        return None
    found, scale = wilson(numbers.numerator or 0, numbers.denominator), float(indicator.scale)
    return None if found is None else Interval(found.low * scale, found.high * scale)


def is_share(indicator: Indicator, numbers: Numbers) -> bool:
    """Is the figure a part of a whole, of which an interval can be given?"""
    top = numbers.numerator
    return (
        indicator.figure in SHARES and top is not None and 0 <= top <= numbers.denominator and numbers.denominator > 0
    )


def compared_places(indicator: Indicator, amounts: Mapping[int, Amount]) -> dict[int, Compared]:
    """Regions side by side, each against all together; empty for figures that are no parts of a whole."""
    counts = {}
    for region, amount in amounts.items():
        numbers = Numbers(amount.value.numerator, amount.value.denominator or 0)
        if amount.value.denominator and not is_share(indicator, numbers):
            return {}
        counts[region] = (numbers.numerator or 0, numbers.denominator)
    if indicator.figure not in SHARES:
        return {}
    return {one.region_id: one for one in compared(counts, max(indicator.minimum, 1))}
