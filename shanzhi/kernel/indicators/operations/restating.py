"""Computing anew, under every tree that the city has had or has planned, what can't be added up from kept figures: medians and
the like, and whatever isn't kept by communities. Only for regions that a tree makes up of other communities than the period's
own tree did; all others are what they were."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db.models import Q

from shanzhi.core.periods import local_date
from shanzhi.kernel.indicators.models import Computing, Restated
from shanzhi.kernel.indicators.operations.computing import SECONDS, alone, decisions_waiting, held_of, snapshot
from shanzhi.kernel.indicators.operations.keeping import under
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Length, Level
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import (
    RegionState,
    Standing,
    made_of,
    standing_on,
    tree_days,
    tree_since,
)
from shanzhi.kernel.indicators.queries import running
from shanzhi.kernel.indicators.queries.engines import PostgresEngine
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation


def figures_restate(*, now: datetime, months: Collection[int] = ()) -> int:
    """Restate what was computed since it was restated last, and everything where the tree of regions has changed; returns how
    many indicators' periods. `months`: only periods that these months are part of. Worker's role; not inside a transaction
    of the caller's, but for tests."""
    version = organisation.tree_version()
    book = catalogue()
    keys = {one.key for one in book.indicators if one.is_restated_anew}
    waiting = Computing.objects.filter(Q(tree=None) | ~Q(tree=version), key__in=keys)
    if version is None or not waiting.exists():
        return 0
    trees, done = _Trees.read(), 0
    years = sorted({month // 100 for month in waiting.values_list("month", flat=True)})
    for year in years:
        with alone(year * 100 + 1, patient=True), snapshot():
            rows = list(waiting.filter(month__gte=year * 100 + 1, month__lte=year * 100 + 12).order_by("key", "pk"))
            rows = [row for row in rows if not months or set(months) & set(_period(row).months)]
            _year(book, trees, rows, now)
            Computing.objects.filter(pk__in=[row.pk for row in rows]).update(tree=version)
            done += len(rows)
    return done


def _period(row: Computing) -> Period:
    return Period(row.month, next(each for each in Length if each.months == row.months))


@dataclass
class _Trees:
    """Every tree of the city, by the day since which it holds."""

    states: Sequence[RegionState]
    heirs: Sequence[organisation.RegionHeir]
    days: Sequence[date]
    _standing: dict[date, Standing] = field(default_factory=dict)
    _moved: dict[tuple[date, date], frozenset[int]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "_Trees":
        """2 queries."""
        states = [
            RegionState(one.region_id, one.from_on, one.until_on, str(one.level), one.code, one.name, one.parent_id)
            for one in organisation.region_spans(grids=True)
        ]
        return cls(states, organisation.region_heirs(), tree_days(states))

    def standing(self, day: date) -> Standing:
        """The tree since a day."""
        if day not in self._standing:
            became = {heir.region_id: heir.heir_id for heir in self.heirs if heir.on <= day}
            self._standing[day] = standing_on(day, self.states, became)
        return self._standing[day]

    def moved(self, day: date, own: date) -> frozenset[int]:
        """The regions of a tree that are made up of other communities than in another; of those that nobody can tell apart
        there is nothing to compute."""
        if (day, own) not in self._moved:
            made = made_of(self.standing(day), self.standing(own), Level.COMMUNITY)
            self._moved[day, own] = frozenset(region for region, parts in made.items() if parts)
        return self._moved[day, own]


def _year(book: Catalogue, trees: _Trees, rows: Sequence[Computing], now: datetime) -> None:
    for key, group in groupby(rows, key=lambda row: row.key):
        periods = [period for row in group if _is_anew(book.indicator(key, (period := _period(row)).last))]
        Restated.objects.filter(
            Q(*[Q(month=one.first, months=one.length.months) for one in periods], _connector=Q.OR), key=key
        ).delete() if periods else None
        for own, of in _by_tree(trees, periods).items():
            for day in trees.days:
                if day != own:
                    _restate(book, trees, key, of, day, own, now)


def _is_anew(indicator: Indicator | None) -> bool:
    return indicator is not None and indicator.is_restated_anew


def _by_tree(trees: _Trees, periods: Sequence[Period]) -> Mapping[date, list[Period]]:
    found: dict[date, list[Period]] = {}
    for period in periods:
        own = tree_since(trees.days, period.ends_on)
        if own is not None:
            found.setdefault(own, []).append(period)
    return found


def _restate(
    book: Catalogue, trees: _Trees, key: str, periods: Sequence[Period], day: date, own: date, now: datetime
) -> None:
    moved = trees.moved(day, own)
    if not moved:
        return
    held = held_of(decisions_waiting(periods[0].first))
    engine, standing = PostgresEngine(seconds=SECONDS, held=held), trees.standing(day)
    found = running.figures(engine, book, [key], periods, standing, today=local_date(now), wanted=moved)
    Restated.objects.bulk_create(_rows(found, standing, day), batch_size=5000)


def _rows(found: Sequence[running.Figured], standing: Standing, day: date) -> Iterator[Restated]:
    for each in found:
        yield Restated(
            region_id=each.region_id, tree_on=day, month=each.period.first, months=each.period.length.months,
            key=each.indicator.key, numerator=each.numbers.numerator, denominator=each.numbers.denominator,
            under=under(standing, each.region_id),
        )  # fmt: skip
