"""An index of a region and period: its tree, its series, its neighbours; under the period's own regions, or restated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Index, Indicator, Level
from shanzhi.kernel.indicators.policy.index import IndexResult, index_of
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NoSuchIndex
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, made_of, standing_on, tree_days, tree_since
from shanzhi.kernel.indicators.policy.trend import change
from shanzhi.kernel.indicators.policy.values import MISSING, Value
from shanzhi.kernel.indicators.queries.values.reading import Figures, candidates, where
from shanzhi.kernel.indicators.queries.values.restating import Restatements
from shanzhi.kernel.indicators.queries.values.shapes import IndexBelow, IndexPage, IndexPoint
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

SERIES = 13
"""Periods of an index's series: a year and the same period of the year before."""


def index_points(book: Catalogue, index: Index, period: Period, values: Mapping[str, Value]) -> IndexPoint:
    """An index out of values by key; no query."""
    found = _result(book, index, period, values)
    return IndexPoint(period, found.value, found.share, found.grade)


def _result(book: Catalogue, index: Index, period: Period, values: Mapping[str, Value]) -> IndexResult:
    return index_of(index, _indicators(book, index, period), values)


def _indicators(book: Catalogue, index: Index, period: Period) -> dict[str, Indicator]:
    return {key: one for key in index.keys if (one := book.indicator(key, period.last)) is not None}


@one_tree(is_read=True)
def index_page(code: str, region_id: int, period: Period, *, tree_on: date | None = None) -> IndexPage:
    """An index for a region and a period; 3 statements, 6 where it is restated. `code` empty: the catalogue's first one.

    With `tree_on` the figures are those of the regions of that day: a region that merged has the figures of all that became
    it. What can't be added up is what the background computed anew from the facts under that tree.

    Raises:
        NoSuchIndex: no index of this code in the period.
        NoSuchPlace: no region of this id on that day.
    """
    on = tree_on or period.ends_on
    book, around = catalogue(), where(region_id, on)
    index = _index(book, code, period)
    series = [period.before(steps) for steps in range(SERIES - 1, -1, -1)]
    reader = _Reader(book, index, _Tree.of(on, series) if tree_on else None)
    places = [around.place, *around.below]
    reader.read(region_id, series, [one.id for one in places], (period, period.before()))
    points = {at: reader.point(region_id, at) for at in series}
    now = _result(book, index, period, reader.values(region_id, period))
    before_values = reader.values(region_id, period.before())
    indicators = _indicators(book, index, period)
    return IndexPage(
        catalogue=book,
        index=index,
        indices=tuple(dict.fromkeys(found for each in book.indices if (found := book.index(each.code, period.last)))),
        indicators=indicators,
        place=around.place,
        above=around.above,
        period=period,
        tree_on=on,
        restated=on != period.ends_on,
        now=now,
        before=points[period.before()],
        year_ago=points.get(period.year_ago()) or reader.point(region_id, period.year_ago()),
        series=tuple(points[at] for at in series),
        below=tuple(
            IndexBelow(one, reader.point(one.id, period), reader.point(one.id, period.before())) for one in around.below
        ),
        missing=now.missing,
        changes={
            part.part.indicator: change(
                indicators[part.part.indicator], before_values.get(part.part.indicator, MISSING), part.value
            )
            for each in now.classes
            for part in each.parts
            if part.part.indicator in indicators
        },
    )


def _index(book: Catalogue, code: str, period: Period) -> Index:
    code = code or next((each.code for each in book.indices), "")
    found = book.index(code, period.last)
    if found is None:
        raise NoSuchIndex(msg("%(period)s 没有这个指数。请核对期间，或另选指数。"), period=str(period))
    return found


@dataclass(frozen=True, slots=True)
class _Tree:
    """The tree of the day under which figures are restated, since when it holds, and those of the periods' own ends."""

    now: Standing
    since: date | None
    then: Mapping[date, Standing]
    _made: dict[tuple[date, Level], dict[int, tuple[int, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, on: date, periods: Sequence[Period]) -> "_Tree":
        """2 queries: every state that regions ever had, and what became of those that ended."""
        spans = organisation.region_spans(grids=False)
        states = [
            RegionState(one.region_id, one.from_on, one.until_on, str(one.level), one.code, one.name, one.parent_id)
            for one in spans
        ]
        became = organisation.regions_became(max([on, *(period.ends_on for period in periods)]))
        days = {period.ends_on for period in periods}
        then = {day: standing_on(day, states, became) for day in days}
        return cls(standing_on(on, states, became), tree_since(tree_days(states), on), then)

    def regions(self, region_id: int, indicator: Indicator, period: Period) -> tuple[int, ...]:
        """The regions of the period's own tree whose figures make up a region of today's: itself where it is what it was; none
        where they don't add up to it."""
        parts = self._parts(region_id, Level.COMMUNITY if indicator.is_restated_anew else indicator.level, period)
        if parts is None:
            return (region_id,)
        return parts if indicator.grouping is Grouping.ADDITIVE and not indicator.is_restated_anew else ()

    def is_anew(self, region_id: int, indicator: Indicator, period: Period) -> bool:
        """Is the figure one that was computed anew under this tree?"""
        return indicator.is_restated_anew and bool(self._parts(region_id, Level.COMMUNITY, period))

    def _parts(self, region_id: int, level: Level, period: Period) -> tuple[int, ...] | None:
        then = self.then.get(period.ends_on)
        if then is None:
            return None
        if (period.ends_on, level) not in self._made:
            self._made[period.ends_on, level] = made_of(self.now, then, level)
        return self._made[period.ends_on, level].get(region_id)


class _Reader:
    """The values of an index's parts for some regions and periods, restated where that is asked for."""

    def __init__(self, book: Catalogue, index: Index, tree: _Tree | None) -> None:
        self.book, self.index, self.tree = book, index, tree
        self.figures = Figures()
        self.anew = Restatements()
        self._regions: dict[tuple[int, str, Period], tuple[int, ...]] = {}

    def read(self, own: int, series: Sequence[Period], regions: Sequence[int], now: Sequence[Period]) -> None:
        """Read the region's own series, and all regions' figures of now."""
        wanted: list[tuple[Collection[int], list[Indicator], list[Period]]] = []
        wanted_anew: set[tuple[int, str, Period]] = set()
        for period in series:
            for one in _indicators(self.book, self.index, period).values():
                places = regions if period in now else (own,)
                ids = {at for region in places for at in self._of(region, one, period)}
                if self.tree is not None and one.is_restated_anew:
                    at = candidates(one, period)
                    wanted_anew |= {(region, one.key, each) for region in places for each in at}
                wanted.append((ids, [one], [period]))
        self.figures = Figures.read(wanted)
        self.anew = self._read_anew(wanted_anew)

    def _of(self, region_id: int, indicator: Indicator, period: Period) -> tuple[int, ...]:
        if self.tree is None:
            return (region_id,)
        at = (region_id, indicator.key, period)
        if at not in self._regions:
            self._regions[at] = self.tree.regions(region_id, indicator, candidates(indicator, period)[0])
        return self._regions[at]

    def _read_anew(self, wanted: set[tuple[int, str, Period]]) -> Restatements:
        return Restatements.read(self.tree.since if self.tree else None, wanted)

    def values(self, region_id: int, period: Period) -> dict[str, Value]:
        """A region's values by key."""
        return {
            key: self._value(region_id, one, period) for key, one in _indicators(self.book, self.index, period).items()
        }

    def _value(self, region_id: int, one: Indicator, period: Period) -> Value:
        for at in candidates(one, period) if self.tree is not None else ():
            if self.tree is not None and self.tree.is_anew(region_id, one, at):
                found = self.anew.value(region_id, one, at)
                if found is not None:
                    return found
        return self.figures.restated(self._of(region_id, one, period), one, period).value

    def point(self, region_id: int, period: Period) -> IndexPoint:
        """A region's index at a period; without a value where the index has no rule then."""
        return index_points(self.book, self.index, period, self.values(region_id, period))
