"""An index of a region and period: its tree, its series, its neighbours; under the period's own regions, or restated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Index, Indicator
from shanzhi.kernel.indicators.policy.index import IndexResult, index_of
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NoSuchIndex
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, standing_on
from shanzhi.kernel.indicators.policy.trend import change
from shanzhi.kernel.indicators.policy.values import MISSING, Value
from shanzhi.kernel.indicators.queries.values.reading import Figures, candidates, where
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
    """An index for a region and a period; 3 statements, 5 where it is restated. `code` empty: the catalogue's first one.

    With `tree_on` the figures are those of the regions of that day: a region that merged has the figures of all that became
    it. What can't be added up is missing then, where the region isn't what it was.

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
    """The tree of the day under which figures are restated, and those of the periods' own ends."""

    now: Standing
    then: Mapping[date, Standing]

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
        return cls(standing_on(on, states, became), {day: standing_on(day, states, became) for day in days})

    def regions(self, region_id: int, indicator: Indicator, period: Period) -> tuple[int, ...]:
        """The regions of the period's own tree whose figures make up a region of today's: itself where it is what it was."""
        then = self.then.get(period.ends_on)
        if then is None:
            return (region_id,)
        lowest = [state.region_id for state in then.at_level(indicator.level)]
        are = [one for one in lowest if region_id in self.now.ancestors(one)]
        if region_id in then.states and are == [one for one in lowest if region_id in then.ancestors(one)]:
            return (region_id,)
        return tuple(are) if indicator.grouping is Grouping.ADDITIVE else ()


class _Reader:
    """The values of an index's parts for some regions and periods, restated where that is asked for."""

    def __init__(self, book: Catalogue, index: Index, tree: _Tree | None) -> None:
        self.book, self.index, self.tree = book, index, tree
        self.figures = Figures()
        self._regions: dict[tuple[int, str, Period], tuple[int, ...]] = {}

    def read(self, own: int, series: Sequence[Period], regions: Sequence[int], now: Sequence[Period]) -> None:
        """Read the region's own series, and all regions' figures of now."""
        wanted: list[tuple[Collection[int], list[Indicator], list[Period]]] = []
        for period in series:
            for one in _indicators(self.book, self.index, period).values():
                ids = {at for region in (regions if period in now else (own,)) for at in self._of(region, one, period)}
                wanted.append((ids, [one], [period]))
        self.figures = Figures.read(wanted)

    def _of(self, region_id: int, indicator: Indicator, period: Period) -> tuple[int, ...]:
        if self.tree is None:
            return (region_id,)
        at = (region_id, indicator.key, period)
        if at not in self._regions:
            self._regions[at] = self.tree.regions(region_id, indicator, candidates(indicator, period)[0])
        return self._regions[at]

    def values(self, region_id: int, period: Period) -> dict[str, Value]:
        """A region's values by key."""
        return {
            key: self.figures.restated(self._of(region_id, one, period), one, period).value
            for key, one in _indicators(self.book, self.index, period).items()
        }

    def point(self, region_id: int, period: Period) -> IndexPoint:
        """A region's index at a period; without a value where the index has no rule then."""
        return index_points(self.book, self.index, period, self.values(region_id, period))
