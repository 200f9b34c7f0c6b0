"""The tree of a day under which figures are restated, beside those of the periods' own ends; and figures read under it."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Indicator, Level
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, made_of, standing_on, tree_days, tree_since
from shanzhi.kernel.indicators.policy.values import Numbers, State
from shanzhi.kernel.indicators.queries.values.reading import Figures, candidates, interval_of
from shanzhi.kernel.indicators.queries.values.restating import Restatements
from shanzhi.kernel.indicators.queries.values.shapes import Amount
from shanzhi.kernel.organisation import queries as organisation

LEVELS = (Level.COMMUNITY, Level.TOWNSHIP, Level.COUNTY, Level.CITY)
TREES = 8
"""Days as of which restated figures are kept ready."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of the day under which figures are restated, since when it holds, and those of the periods' own ends."""

    now: Standing
    since: date | None
    then: Mapping[date, Standing]
    made: Mapping[tuple[date, Level], Mapping[int, tuple[int, ...]]]
    changed: frozenset[int]
    """Regions that aren't what they were at the end of some period; all others are read as under the periods' own trees."""

    @classmethod
    def of(cls, on: date, periods: Sequence[Period]) -> "Tree":
        """What is known of a tree of the city's is kept: it takes 2 queries (every state that regions ever had, what became of
        those that ended) and a while."""
        days = tuple(sorted({period.ends_on for period in periods}))
        kept = _trees.setdefault(organisation.tree_mark(), {})
        if (on, days) not in kept:
            if len(kept) >= TREES:
                kept.clear()
            kept[on, days] = cls._made_of(on, days)
        return kept[on, days]

    @classmethod
    def _made_of(cls, on: date, days: Sequence[date]) -> "Tree":
        spans = organisation.region_spans(grids=False)
        states = [
            RegionState(one.region_id, one.from_on, one.until_on, str(one.level), one.code, one.name, one.parent_id)
            for one in spans
        ]
        became = organisation.regions_became(max([on, *days]))
        now = standing_on(on, states, became)
        edges = sorted({one.from_on for one in states} | {one.until_on for one in states if one.until_on is not None})
        # Between two edges every day has the same tree.
        alike: dict[int, tuple[Standing, dict[Level, dict[int, tuple[int, ...]]]]] = {}
        then: dict[date, Standing] = {}
        made: dict[tuple[date, Level], Mapping[int, tuple[int, ...]]] = {}
        for day in days:
            place = bisect_right(edges, day)
            if place not in alike:
                tree = standing_on(day, states, became)
                alike[place] = (tree, {level: made_of(now, tree, level) for level in LEVELS})
            then[day] = alike[place][0]
            made |= {(day, level): found for level, found in alike[place][1].items()}
        changed = frozenset(region for found in made.values() for region in found)
        return cls(now, tree_since(tree_days(states), on), then, made, changed)

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

    def is_made_of_others(self, region_id: int, period: Period) -> bool:
        """Wasn't a region at a period's end what it is under this tree?"""
        return self._parts(region_id, Level.COMMUNITY, period) is not None

    def _parts(self, region_id: int, level: Level, period: Period) -> tuple[int, ...] | None:
        then = self.then.get(period.ends_on)
        if then is None:
            return None
        return self.made[period.ends_on, Level.COMMUNITY if level is Level.GRID else level].get(region_id)


_trees: WeakKeyDictionary[object, dict[tuple[date, tuple[date, ...]], Tree]] = WeakKeyDictionary()


class Amounts:
    """The figures of one indicator for some regions and periods, each by the version of its own time (today's where there was
    none: then nothing was computed); restated where a tree is given."""

    def __init__(self, book: Catalogue, now: Indicator, tree: Tree | None) -> None:
        self.book, self.now, self.tree = book, now, tree
        self._figures, self._anew = Figures(), Restatements()

    def read(self, wanted: Iterable[tuple[Collection[int], Sequence[Period]]]) -> None:
        """Read what is wanted of (regions, periods); 2 statements, 1 more where something was computed anew."""
        asked: list[tuple[Collection[int], list[Indicator], Sequence[Period]]] = []
        anew: set[tuple[int, str, Period]] = set()
        for regions, periods in wanted:
            asked.append(([one for one in regions if not self._is_remade(one)], [self.now], periods))
            for region_id in regions:
                if self.tree is None or not self._is_remade(region_id):
                    continue
                for at in periods:
                    every = candidates(self.now, at)
                    asked.append((self.tree.regions(region_id, self.now, every[0]), [self.now], [at]))
                    anew |= {(region_id, self.now.key, one) for one in every if self.now.is_restated_anew}
        self._figures = Figures.read(asked)
        self._anew = Restatements.read(self.tree.since if self.tree else None, anew)

    def _is_remade(self, region_id: int) -> bool:
        return self.tree is not None and region_id in self.tree.changed

    def of(self, region_id: int, at: Period) -> Amount:
        """A region's figure; no query."""
        rule = self.book.indicator(self.now.key, at.last) or self.now
        if self.tree is None or not self._is_remade(region_id):
            return self._figures.amount(region_id, rule, at)
        every = candidates(rule, at)
        for one in every:
            found = self._anew.value(region_id, rule, one) if self.tree.is_anew(region_id, rule, one) else None
            if found is not None:
                numbers = Numbers(found.numerator, found.denominator or 0)
                return Amount(found, one, interval_of(rule, numbers) if found.state is State.VALUE else None)
        return self._figures.restated(self.tree.regions(region_id, rule, every[0]), rule, at)
