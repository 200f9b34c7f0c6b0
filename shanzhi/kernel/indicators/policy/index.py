"""Weighted trees: an index of classes of indicators, and a project of indicators.

What has no value is shown as missing and its weight stays named: the figure is the mean over the weight that is there, beside
it stands which share that is, and below the index's `minimum_share` there is no figure at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shanzhi.kernel.indicators.policy.definitions import (
    Catalogue,
    Direction,
    Grade,
    Index,
    IndexClass,
    Indicator,
    Normalise,
    Part,
    Project,
    ScoringKind,
)
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.policy.scoring import Points, between, score
from shanzhi.kernel.indicators.policy.values import (
    MISSING,
    State,
    Value,
    fraction_of,
    rounded,
    rounded_ratio,
    sum_of_products,
)

DECIMALS = 2
PLACES = 20


@dataclass(frozen=True, slots=True)
class PartResult:
    """An indicator within a class: its value, and as 0 to 100; None where it is missing, with the value's state as reason."""

    part: Part
    value: Value
    normalised: Decimal | None
    adds: Decimal | None
    """What it adds to the whole index, in points; None where it is missing."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """A class: the mean of what is there, and the share of its weight (per cent) that has values."""

    of: IndexClass
    value: Decimal | None
    share: Decimal
    parts: tuple[PartResult, ...]


@dataclass(frozen=True, slots=True)
class IndexResult:
    """An index of one region and period. `value` is None where less than the least share of the weight has values; `exact` is
    it to twenty places."""

    index: Index
    value: Decimal | None
    grade: Grade | None
    share: Decimal
    classes: tuple[ClassResult, ...]
    exact: Fraction | None = None

    @property
    def missing(self) -> tuple[PartResult, ...]:
        """The parts without a value."""
        return tuple(part for each in self.classes for part in each.parts if part.normalised is None)


def normalised(part: Part, indicator: Indicator, value: Value) -> Fraction | None:
    """A value as 0 to 100 by the part's rule; None without a value, or where the rule gives nothing (a veto, no target)."""
    if value.state is not State.VALUE or value.exact is None:
        return None
    if part.normalise is Normalise.RANGE:
        return between(value.exact, part.zero or Decimal(0), part.full or Decimal(0)) * 100
    if part.normalise is Normalise.SCORING:
        share = score(indicator, value).share
        return None if share is None else min(max(share, Fraction(0)), Fraction(1)) * 100
    return _to_target(indicator, value.exact)


def _to_target(indicator: Indicator, value: Fraction) -> Fraction | None:
    target = indicator.target
    if target is None or target <= 0:
        return None
    if indicator.direction is Direction.LOWER:
        wanted = fraction_of(target)
        return Fraction(100) if value <= wanted else wanted / value * 100
    return between(value, Decimal(0), target) * 100


def period_of_part(indicator: Indicator, period: Period) -> Period:
    """The period whose figure of an indicator enters an index of a period: the same, or for one by the quarter or year the
    last that was over when the index's period ended (a yearly survey goes on counting until the next)."""
    if indicator.period.months <= period.length.months:
        return period
    around = period_of(period.ends_on, indicator.period)
    return around if around.last == period.last else around.before()


def index_of(index: Index, indicators: Mapping[str, Indicator], values: Mapping[str, Value]) -> IndexResult:
    """The index of a region and period from its indicators' values, by key; what isn't in `values` is missing."""
    there = total = Fraction(0)
    classes: list[ClassResult] = []
    for each in index.classes:
        parts = [
            _part(part, indicators.get(part.indicator), values.get(part.indicator, MISSING)) for part in each.parts
        ]
        known = [(fraction_of(part.weight), got) for part, _, got in parts if got is not None]
        weight, summed = sum((own for own, _ in known), Fraction(0)), sum_of_products(known)
        share = fraction_of(each.weight) / 100
        there += share * weight
        total += share * summed
        mean = rounded(summed / weight, DECIMALS) if weight else None
        classes.append(ClassResult(each, mean, rounded(weight, DECIMALS), tuple(_told(*got, share) for got in parts)))
    enough = there > 0 and there >= Fraction(index.minimum_share)
    exact = total / there if enough else None
    value = None if exact is None else rounded(exact, DECIMALS)
    for_changes = None if exact is None else kept(exact)
    return IndexResult(index, value, grade_of(index, value), rounded(there, DECIMALS), tuple(classes), for_changes)


def _part(part: Part, indicator: Indicator | None, value: Value) -> tuple[Part, Value, Fraction | None]:
    return part, value, None if indicator is None else normalised(part, indicator, value)


def _told(part: Part, value: Value, got: Fraction | None, share: Fraction) -> PartResult:
    if got is None:
        return PartResult(part, value, None, None)
    top, bottom = got.as_integer_ratio()
    own = fraction_of(part.weight)
    whole = own.numerator * share.numerator, own.denominator * share.denominator * 100
    adds = rounded_ratio(top * whole[0], bottom * whole[1], DECIMALS)
    return PartResult(part, value, rounded(got, DECIMALS), adds)


def grade_of(index: Index, value: Decimal | None) -> Grade | None:
    """The colour of a value: the first grade that it reaches."""
    if value is None:
        return None
    return next((grade for grade in index.grades if value >= grade.at_least), None)


def kept(value: Fraction) -> Fraction:
    """A value as it is kept for changes: to twenty places, so that what is added up otherwise is the same (`index_sum`)."""
    return Fraction(rounded(value, PLACES))


def step_of(earlier: Fraction | None, later: Fraction | None) -> Decimal | None:
    """By how much an index rose: of the exact values, rounded once; None where one of both is missing."""
    return None if earlier is None or later is None else rounded(later - earlier, DECIMALS)


@dataclass(frozen=True, slots=True)
class ProjectResult:
    """A project's score: `value` 0 to 100 over the weight that is there, `bonus` on top of the whole assessment, and the
    indicators that failed it outright."""

    project: Project
    value: Decimal | None
    share: Decimal
    bonus: Decimal
    vetoed_by: tuple[str, ...]
    points: Mapping[str, Points]


def project_of(project: Project, catalogue: Catalogue, month: int, values: Mapping[str, Value]) -> ProjectResult:
    """A project's score in a month. A veto makes it 0, whatever else is there."""
    indicators = [each for each in catalogue.in_month(month) if each.project == project.code]
    points = {each.key: score(each, values.get(each.key, MISSING)) for each in indicators}
    vetoed = tuple(key for key, got in points.items() if got.vetoed)
    scored = [
        (Fraction(each.weight), share)
        for each in indicators
        if each.scoring.kind is not ScoringKind.BONUS and (share := points[each.key].share) is not None
    ]
    weight = sum((weight for weight, _ in scored), Fraction(0))
    bonus = sum(
        (points[each.key].points or Decimal(0) for each in indicators if each.scoring.kind is ScoringKind.BONUS),
        Decimal(0),
    )
    mean = sum((weight * share for weight, share in scored), Fraction(0)) * 100 / weight if weight else None
    value = Decimal(0) if vetoed else None if mean is None else rounded(mean, DECIMALS)
    return ProjectResult(project, value, rounded(weight, DECIMALS), bonus, vetoed, points)
