"""An index's value without its parts: what `policy.index.index_of` says, by whole numbers alone.

A page of an index shows some thirty of them, each of 133 parts. Fractions of so many denominators grow long, so each part is
taken to 24 places here, cut off, and the bound of what was cut off is kept: where the rounded value hangs on it, the fractions
decide. The figures are the same (a property test), only sooner there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from shanzhi.kernel.indicators.policy.definitions import (
    Direction,
    Grade,
    Index,
    Indicator,
    Normalise,
    Part,
    ScoringKind,
)
from shanzhi.kernel.indicators.policy.index import DECIMALS, grade_of, index_of, kept, normalised
from shanzhi.kernel.indicators.policy.scoring import POINTS_DECIMALS
from shanzhi.kernel.indicators.policy.values import Numbers, State, Value, is_divided, rounded, state_of, value_of

UNIT = 10**24
FULL = 100 * UNIT
_Found = tuple[Decimal | None, Fraction | None]
"""A value, and as it is kept for changes."""
_Way = Callable[[int, int], int]
"""From an exact value (top, bottom > 0) to 0 to 100, in units, cut off."""


@dataclass(frozen=True, slots=True)
class IndexValue:
    """An index of one region and period without its parts."""

    value: Decimal | None
    share: Decimal
    grade: Grade | None
    exact: Fraction | None
    """The value as `policy.index` keeps it for changes."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part made ready: its weight in the whole index as a whole number, how its value is told and made 0 to 100."""

    indicator: Indicator
    weight: int
    top: int
    bottom: int
    divides: bool
    way: _Way


class IndexSum:
    """An index with the rules of its indicators, made ready to be added up for many regions."""

    def __init__(self, index: Index, indicators: Mapping[str, Indicator]) -> None:
        self.index, self.indicators = index, indicators
        weights = {
            (each.code, part.indicator): Fraction(each.weight) * Fraction(part.weight) / 100
            for each in index.classes
            for part in each.parts
        }
        self.whole = lcm(*(weight.denominator for weight in weights.values()))
        self.parts = [
            _ready(part, indicator, int(weights[each.code, part.indicator] * self.whole))
            for each in index.classes
            for part in each.parts
            if (indicator := indicators.get(part.indicator)) is not None and can_count(part, indicator)
        ]

    def of(self, numbers: Callable[[Indicator], Numbers | None]) -> IndexValue:
        """The index from the integers of its indicators, None where there are none."""
        there = summed = 0
        for part in self.parts:
            found = numbers(part.indicator)
            if found is None or state_of(part.indicator, found) is not State.VALUE:
                continue
            there += part.weight
            bottom = part.bottom * found.denominator if part.divides else part.bottom
            summed += part.weight * part.way((found.numerator or 0) * part.top, bottom)
        share = Fraction(there, self.whole)
        told: _Found = (None, None)
        if there and share >= Fraction(self.index.minimum_share):
            told = _between(summed, summed + there, there) or self._exactly(numbers)
        value, exact = told
        return IndexValue(value, rounded(share, DECIMALS), grade_of(self.index, value), exact)

    def _exactly(self, numbers: Callable[[Indicator], Numbers | None]) -> _Found:
        values = {key: value_of(one, numbers(one)) for key, one in self.indicators.items()}
        found = index_of(self.index, self.indicators, values)
        return found.value, found.exact


def _between(low: int, high: int, weight: int) -> _Found | None:
    """The value between two sums of weighted units; None where both don't round to the same."""
    found, other = (
        (rounded(sum_, DECIMALS), kept(sum_)) for sum_ in (Fraction(low, weight * UNIT), Fraction(high, weight * UNIT))
    )
    return found if found == other else None


def can_count(part: Part, indicator: Indicator) -> bool:
    """Can the part's rule give anything at all?"""
    if part.normalise is Normalise.TARGET:
        return indicator.target is not None and indicator.target > 0
    if part.normalise is Normalise.SCORING:
        scoring = indicator.scoring
        return scoring.kind not in (ScoringKind.NONE, ScoringKind.VETO) and bool(scoring.most)
    return True


def _ready(part: Part, indicator: Indicator, weight: int) -> _Part:
    scale = indicator.scale
    return _Part(
        indicator, weight, scale.numerator, scale.denominator, is_divided(indicator.figure), _way(part, indicator)
    )


def _way(part: Part, indicator: Indicator) -> _Way:
    if part.normalise is Normalise.RANGE:
        return _linear(part.zero or Decimal(0), part.full or Decimal(0))
    if part.normalise is Normalise.TARGET:
        return _to_target(Fraction(indicator.target or 1), is_lower=indicator.direction is Direction.LOWER)
    scoring = indicator.scoring
    if scoring.kind is ScoringKind.LINEAR:
        return _points(scoring.floor or Decimal(0), scoring.full or Decimal(0), scoring.most)
    if scoring.kind is ScoringKind.THRESHOLD:
        steps: Iterable[tuple[Decimal, Decimal]] = [(scoring.at or Decimal(0), scoring.most)]
        return _reached(steps, scoring.most, is_lower=indicator.direction is Direction.LOWER)
    if scoring.kind is ScoringKind.STEPS:
        return _reached(scoring.steps, scoring.most, is_lower=indicator.direction is Direction.LOWER)
    return _by_fractions(part, indicator)


def _line(zero: Decimal, full: Decimal) -> tuple[int, int, int]:
    """a, b, c > 0 so that n/d lies (a·n + b·d) ÷ (c·d) of the way from `zero` to `full`."""
    start, width = Fraction(zero), Fraction(full) - Fraction(zero)
    a, b = start.denominator * width.denominator, -start.numerator * width.denominator
    c = start.denominator * width.numerator
    return (a, b, c) if c > 0 else (-a, -b, -c)


def _linear(zero: Decimal, full: Decimal) -> _Way:
    a, b, c = _line(zero, full)

    def way(top: int, bottom: int) -> int:
        over, under = a * top + b * bottom, c * bottom
        return 0 if over <= 0 else FULL if over >= under else FULL * over // under

    return way


def _to_target(target: Fraction, *, is_lower: bool) -> _Way:
    a, c = target.denominator, target.numerator

    def way(top: int, bottom: int) -> int:
        over, under = a * top, c * bottom
        if is_lower:
            return FULL if over <= under else FULL * under // over
        return 0 if over <= 0 else FULL if over >= under else FULL * over // under

    return way


def _points(zero: Decimal, full: Decimal, most: Decimal) -> _Way:
    """Points are rounded before they become a share."""
    (a, b, c), all_points = _line(zero, full), Fraction(most)
    places: int = 10**POINTS_DECIMALS
    m, n = all_points.numerator * places, all_points.denominator

    def way(top: int, bottom: int) -> int:
        over, under = a * top + b * bottom, c * bottom
        over = 0 if over <= 0 else under if over >= under else over
        points = (2 * over * m + under * n) // (2 * under * n)
        return min(FULL * points * n // m, FULL)

    return way


def _reached(steps: Iterable[tuple[Decimal, Decimal]], most: Decimal, *, is_lower: bool) -> _Way:
    listed: Sequence[tuple[int, int, int]] = [
        (
            mark.numerator,
            mark.denominator,
            _units(Fraction(rounded(Fraction(points), POINTS_DECIMALS)) / Fraction(most)),
        )
        for mark, points in ((Fraction(mark), points) for mark, points in steps)
    ]

    def way(top: int, bottom: int) -> int:
        best = 0
        for mark, of, units in listed:
            left, right = top * of, mark * bottom
            if units > best and (left <= right if is_lower else left >= right):
                best = units
        return best

    return way


def _by_fractions(part: Part, indicator: Indicator) -> _Way:
    def way(top: int, bottom: int) -> int:
        found = normalised(part, indicator, Value(State.VALUE, top, bottom, Fraction(top, bottom)))
        return 0 if found is None else FULL * found.numerator // (100 * found.denominator)

    return way


def _units(share: Fraction) -> int:
    share = min(max(share, Fraction(0)), Fraction(1))
    return FULL * share.numerator // share.denominator


class _Same:
    """An index with its indicators' rules, told apart by which objects they are: equality of so many fields takes long."""

    __slots__ = ("_ids", "index", "indicators")

    def __init__(self, index: Index, indicators: Mapping[str, Indicator]) -> None:
        self.index, self.indicators = index, indicators
        self._ids = (id(index), *map(id, indicators.values()))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._ids == other._ids


@lru_cache(maxsize=64)
def _made(given: _Same) -> IndexSum:
    return IndexSum(given.index, given.indicators)


def index_sum(index: Index, indicators: Mapping[str, Indicator]) -> IndexSum:
    """The index made ready; remembered, since a catalogue seldom changes."""
    return _made(_Same(index, indicators))
