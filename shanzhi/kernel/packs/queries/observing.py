"""The figures of a pack: the guideline's indicators over the pack's own facts, and what was typed in by its own entries.

Whoever builds a pack and whoever checks it count here, each over what they have before them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Source
from shanzhi.kernel.indicators.policy.gathering import gathered
from shanzhi.kernel.indicators.policy.periods import Period, later, period_of, periods_kept
from shanzhi.kernel.indicators.policy.regions import Standing
from shanzhi.kernel.indicators.queries import running
from shanzhi.kernel.indicators.queries.engines.base import Engine

Observation = tuple[str, int, int, int, int, int, int, int | None, int | None]
"""A row of `contents.OBSERVATIONS`."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A figure as somebody typed it in: `indicators.value`'s payload, as far as figures go by it."""

    key: str
    region_id: int
    first: int
    number: int
    numerator: int
    denominator: int


def typed_of(payload: Mapping[str, Any]) -> Typed:
    """The figure of an entry of the kind `figure`."""
    names = ("key", "region_id", "first", "number", "numerator", "denominator")
    return Typed(*(payload[name] for name in names))


def months_of(first: int, last: int) -> list[int]:
    """The months from one to another, with both."""
    found = [first]
    while found[-1] < last:
        found.append(later(found[-1], 1))
    return found


class Observing:
    """Counts the figures of a period; trees are those of the engine's regions."""

    def __init__(self, engine: Engine, book: Catalogue, first: int, last: int) -> None:
        self.engine, self.book, self.first, self.last = engine, book, first, last
        self._trees: dict[date, Standing] = {}
        self._scopes: dict[int, list[tuple[int, int]]] = {}

    def observations(self, typed: Iterable[Typed]) -> list[Observation]:
        """All figures, in the order of the file."""
        found = [*self.computed(), *self.typed_in(typed)]
        found.sort(key=lambda row: (row[0], row[4], row[3], row[2]))
        return found

    def computed(self) -> Iterator[Observation]:
        """Figures of the computed indicators, of every period that is kept and lies wholly within.

        Raises:
            EngineUnusable, TookTooLong, TooLargeNumber: the formulas can't be run.
        """
        for key, periods in self._kept().items():
            for standing, same in self._by_tree(periods):
                scope = self._scope(standing)
                for one in running.each_counted(self.engine, self.book, key, same, standing, scope):
                    first, months = one.period.first, one.period.length.months
                    yield key, one.version, one.region_id, first, months, one.numerator, one.denominator, None, None

    def _scope(self, standing: Standing) -> list[tuple[int, int]]:
        """Made once a tree: the engine keeps what it was given last."""
        if id(standing) not in self._scopes:
            self._scopes[id(standing)] = standing.scope()
        return self._scopes[id(standing)]

    def _kept(self) -> dict[str, list[Period]]:
        kept: dict[str, set[Period]] = {}
        for month in months_of(self.first, self.last):
            for indicator in self.book.in_month(month):
                if indicator.source is Source.COMPUTED:
                    within = (
                        p for p in periods_kept(indicator, month) if self.first <= p.first and p.last <= self.last
                    )
                    kept.setdefault(indicator.key, set()).update(within)
        return {key: sorted(periods, key=lambda p: (p.last, p.length.months)) for key, periods in sorted(kept.items())}

    def _by_tree(self, periods: list[Period]) -> Iterator[tuple[Standing, list[Period]]]:
        """Periods in their order, together where the same tree stood at their ends."""
        together: list[Period] = []
        for period in periods:
            if together and not _is_same(self._standing(period), self._standing(together[0])):
                yield self._standing(together[0]), together
                together = []
            together.append(period)
        if together:
            yield self._standing(together[0]), together

    def _standing(self, period: Period) -> Standing:
        """The tree of a period's last day."""
        day = period.ends_on
        if day not in self._trees:
            fresh = running.standing_of(self.engine, day)
            same = next((one for one in self._trees.values() if _is_same(one, fresh)), None)
            self._trees[day] = same or fresh
        return self._trees[day]

    def typed_in(self, values: Iterable[Typed]) -> Iterator[Observation]:
        """Figures of what posts typed in, of every period with one of the months."""
        last: dict[tuple[str, int], dict[int, Typed]] = {}
        for one in values:
            of = last.setdefault((one.key, one.first), {})
            if one.region_id not in of or of[one.region_id].number < one.number:
                of[one.region_id] = one
        for indicator, period in typed_rules(self.book, self.first, self.last):
            rows = last.get((indicator.key, period.first), {}).values()
            told = (
                (row.region_id, row.numerator, row.denominator) for row in sorted(rows, key=lambda row: row.region_id)
            )
            cells = gathered(indicator, self._standing(period), told)
            key, version, months = indicator.key, indicator.version, period.length.months
            for region_id, cell in sorted(cells.items()):
                yield (
                    key, version, region_id, period.first, months, cell.numerator, cell.denominator, cell.handed_in, cell.owed
                )  # fmt: skip


def typed_rules(book: Catalogue, first: int, last: int) -> list[tuple[Indicator, Period]]:
    """Each typed-in indicator's periods with a month from `first` to `last`, with the rule of the last of these months."""
    found: dict[tuple[str, int], tuple[Indicator, Period]] = {}
    for month in months_of(first, last):
        for indicator in book.in_month(month):
            if indicator.source is not Source.COMPUTED:
                period = period_of(date(month // 100, month % 100, 1), indicator.period)
                found[indicator.key, period.first] = (indicator, period)
    return [found[at] for at in sorted(found)]


def periods_typed(book: Catalogue, first: int, last: int) -> set[tuple[str, int]]:
    """Keys and first months of the figures that are typed in: whose entries belong to the pack."""
    return {(indicator.key, period.first) for indicator, period in typed_rules(book, first, last)}


def _is_same(one: Standing, other: Standing) -> bool:
    return one is other or (one.states == other.states and one.home == other.home)
