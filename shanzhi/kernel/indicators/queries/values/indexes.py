"""An index of a region and period: its tree, its series, its neighbours; under the period's own regions, or restated."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Index, Indicator
from shanzhi.kernel.indicators.policy.index import IndexResult, index_of
from shanzhi.kernel.indicators.policy.index_points import IndexSum, Pair, index_sum
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NoSuchIndex
from shanzhi.kernel.indicators.policy.trend import change
from shanzhi.kernel.indicators.policy.values import MISSING, Value
from shanzhi.kernel.indicators.queries.values.reading import Figures, candidates, where
from shanzhi.kernel.indicators.queries.values.restating import Restatements
from shanzhi.kernel.indicators.queries.values.shapes import IndexBelow, IndexPage, IndexPoint
from shanzhi.kernel.indicators.queries.values.trees import Tree
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation.queries import one_tree

SERIES = 13
"""Periods of an index's series: a year and the same period of the year before."""


def index_points(book: Catalogue, index: Index, period: Period, values: Mapping[str, Value]) -> IndexPoint:
    """An index out of values by key; no query."""

    made = index_sum(index, _indicators(book, index, period))
    return _point(made, period, [_pair(values.get(one.key, MISSING)) for one in made.parts])


def _pair(value: Value) -> Pair | None:
    return None if value.denominator is None else (value.numerator, value.denominator)


def _point(made: IndexSum, period: Period, pairs: Sequence[Pair | None]) -> IndexPoint:
    found = made.of(pairs)
    return IndexPoint(period, found.value, found.share, found.grade, found.exact)


def _result(book: Catalogue, index: Index, period: Period, values: Mapping[str, Value]) -> IndexResult:
    return index_of(index, _indicators(book, index, period), values)


def _indicators(book: Catalogue, index: Index, period: Period) -> dict[str, Indicator]:
    rules = book.rules(period.last)
    return {key: rules[key] for key in index.keys if key in rules}


@one_tree(is_read=True)
def index_page(code: str, region_id: int, period: Period, *, tree_on: date | None = None) -> IndexPage:
    """An index for a region and a period; 3 statements, one more where it is restated, and 2 when the tree has
    changed. `code` empty: the catalogue's first one.

    With `tree_on` the figures are those of the regions of that day: a region that merged has the figures of all that became
    it. What can't be added up is what the background computed anew from the facts under that tree.

    Raises:
        NoSuchIndex: no index of this code in the period.
        NoSuchPlace: no region of this id on that day.
    """
    on = tree_on or period.ends_on
    book, around = catalogue(), where(region_id, on)
    index = index_in(book, code, period)
    series = [period.before(steps) for steps in range(SERIES - 1, -1, -1)]
    reader = _Reader(book, index, Tree.of(on, series) if tree_on else None)
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


def index_in(book: Catalogue, code: str, period: Period) -> Index:
    """The version of an index that is the rule for a period; `code` empty: the catalogue's first one.

    Raises:
        NoSuchIndex: there is none.
    """
    code = code or next((each.code for each in book.indices), "")
    found = book.index(code, period.last)
    if found is None:
        raise NoSuchIndex(msg("%(period)s 没有这个指数。请核对期间，或另选指数。"), period=str(period))
    return found


class _Reader:
    """The values of an index's parts for some regions and periods, restated where that is asked for."""

    def __init__(self, book: Catalogue, index: Index, tree: Tree | None) -> None:
        self.book, self.index, self.tree = book, index, tree
        self._rules: dict[Period, dict[str, Indicator]] = {}
        self.figures = Figures()
        self.anew = Restatements()
        self._regions: dict[tuple[int, str, Period], tuple[int, ...]] = {}

    def read(self, own: int, series: Sequence[Period], regions: Sequence[int], now: Sequence[Period]) -> None:
        """Read the region's own series, and all regions' figures of now."""
        wanted: list[tuple[Collection[int], list[Indicator], list[Period]]] = []
        wanted_anew: set[tuple[int, str, Period]] = set()
        for period in series:
            places = regions if period in now else (own,)
            # Most regions are what they were: they are asked for together.
            same = [region for region in places if self._tree_of(region) is None]
            wanted.append((same, list(self.rules(period).values()), [period]))
            for region in places:
                if self._tree_of(region) is not None:
                    wanted += [(self._of(region, one, period), [one], [period]) for one in self.rules(period).values()]
                    wanted_anew |= self._anew(region, period)
        self.figures = Figures.read(wanted)
        self.anew = self._read_anew(wanted_anew)

    def rules(self, period: Period) -> dict[str, Indicator]:
        """The version of each part that is the rule for a period."""
        if period not in self._rules:
            self._rules[period] = _indicators(self.book, self.index, period)
        return self._rules[period]

    def _tree_of(self, region_id: int) -> Tree | None:
        """The tree under which a region's figures are restated; None where it is what it was."""
        return self.tree if self.tree is not None and region_id in self.tree.changed else None

    def _anew(self, region_id: int, period: Period) -> set[tuple[int, str, Period]]:
        restated = [one for one in self.rules(period).values() if one.is_restated_anew]
        return {(region_id, one.key, each) for one in restated for each in candidates(one, period)}

    def _of(self, region_id: int, indicator: Indicator, period: Period) -> tuple[int, ...]:
        tree = self._tree_of(region_id)
        if tree is None:
            return (region_id,)
        at = (region_id, indicator.key, period)
        if at not in self._regions:
            self._regions[at] = tree.regions(region_id, indicator, candidates(indicator, period)[0])
        return self._regions[at]

    def _read_anew(self, wanted: set[tuple[int, str, Period]]) -> Restatements:
        return Restatements.read(self.tree.since if self.tree else None, wanted)

    def values(self, region_id: int, period: Period) -> dict[str, Value]:
        """A region's values by key."""
        return {key: self._value(region_id, one, period) for key, one in self.rules(period).items()}

    def _value(self, region_id: int, one: Indicator, period: Period) -> Value:
        tree = self._tree_of(region_id)
        for at in candidates(one, period) if tree is not None else ():
            if tree is not None and tree.is_anew(region_id, one, at):
                found = self.anew.value(region_id, one, at)
                if found is not None:
                    return found
        return self.figures.value(self._of(region_id, one, period), one, period)

    def point(self, region_id: int, period: Period) -> IndexPoint:
        """A region's index at a period; without a value where the index has no rule then."""
        if self._tree_of(region_id) is None:
            made = index_sum(self.index, self.rules(period))
            return _point(made, period, self.figures.integers(region_id, period, made))
        return index_points(self.book, self.index, period, self.values(region_id, period))
