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
    Grouping,
    Index,
    Indicator,
    Length,
    Normalise,
    Part,
    ScoringKind,
)
from shanzhi.kernel.indicators.policy.index import DECIMALS, grade_of, index_of, kept, normalised
from shanzhi.kernel.indicators.policy.scoring import POINTS_DECIMALS
from shanzhi.kernel.indicators.policy.values import (
    Numbers,
    State,
    Value,
    is_divided,
    least_base,
    rounded,
    value_of,
)

UNIT = 10**24
FULL = 100 * UNIT
_Found = tuple[Decimal | None, Fraction | None]
"""A value, and as it is kept for changes."""
Pair = tuple[int | None, int]
"""The two integers of a figure, as `values.Numbers` names them: a page of an index asks for thousands."""
_Way = Callable[[int, int], int]
"""From numerator and denominator (1 where the figure is no ratio) to 0 to 100, in units, cut off."""


@dataclass(frozen=True, slots=True)
class IndexValue:
    """An index of one region and period without its parts."""

    value: Decimal | None
    share: Decimal
    grade: Grade | None
    exact: Fraction | None
    """The value as `policy.index` keeps it for changes."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Parts whose figures are kept alike: by periods of one length, added up or not; each with its place among all."""

    length: Length
    is_additive: bool
    parts: tuple[tuple[int, Indicator], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part made ready: its weight in the whole index as a whole number, the smallest denominator with which it has a value,
    how that is made 0 to 100."""

    indicator: Indicator
    weight: int
    least: int
    divides: bool
    way: _Way


class IndexSum:
    """An index with the rules of its indicators, made ready to be added up for many regions. `parts` are the indicators of the
    parts that can count, in their order; `alike` the same by how their figures are kept."""

    def __init__(self, index: Index, indicators: Mapping[str, Indicator]) -> None:
        self.index, self.indicators = index, indicators
        weights = {
            (each.code, part.indicator): Fraction(each.weight) * Fraction(part.weight) / 100
            for each in index.classes
            for part in each.parts
        }
        self.whole = lcm(*(weight.denominator for weight in weights.values()))
        ready = [
            _ready(part, indicator, int(weights[each.code, part.indicator] * self.whole))
            for each in index.classes
            for part in each.parts
            if (indicator := indicators.get(part.indicator)) is not None and can_count(part, indicator)
        ]
        self.parts = tuple(part.indicator for part in ready)
        self.alike = _alike(self.parts)
        # Plain tuples: naming a field of each part takes as long as adding it up.
        self._ready = [(part.weight, part.least, part.divides, part.way) for part in ready]

    def of(self, pairs: Sequence[Pair | None]) -> IndexValue:
        """The index from the integers of its parts, in the order of `parts`; None where there are none."""
        there = summed = 0
        for (weight, least, divides, way), pair in zip(self._ready, pairs, strict=True):
            if pair is None:
                continue
            top, bottom = pair
            if top is not None and bottom >= least:
                there += weight
                summed += weight * way(top, bottom if divides else 1)
        share = Fraction(there, self.whole)
        told: _Found = (None, None)
        if there and share >= Fraction(self.index.minimum_share):
            told = _between(summed, summed + there, there) or self._exactly(pairs)
        value, exact = told
        return IndexValue(value, rounded(share, DECIMALS), grade_of(self.index, value), exact)

    def _exactly(self, pairs: Sequence[Pair | None]) -> _Found:
        values = {
            one.key: value_of(one, None if pair is None else Numbers(*pair))
            for one, pair in zip(self.parts, pairs, strict=True)
        }
        found = index_of(self.index, self.indicators, values)
        return found.value, found.exact


def _alike(indicators: Sequence[Indicator]) -> tuple[Alike, ...]:
    found: dict[tuple[Length, bool], list[tuple[int, Indicator]]] = {}
    for place, one in enumerate(indicators):
        found.setdefault((one.period, one.grouping is Grouping.ADDITIVE), []).append((place, one))
    return tuple(Alike(*kind, tuple(parts)) for kind, parts in found.items())


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
    return _Part(indicator, weight, least_base(indicator), is_divided(indicator.figure), _way(part, indicator))


def _way(part: Part, indicator: Indicator) -> _Way:
    scale, is_lower = indicator.scale, indicator.direction is Direction.LOWER
    if part.normalise is Normalise.RANGE:
        return _linear(part.zero or Decimal(0), part.full or Decimal(0), scale)
    if part.normalise is Normalise.TARGET:
        return _to_target(Fraction(indicator.target or 1), scale, is_lower=is_lower)
    scoring = indicator.scoring
    if scoring.kind is ScoringKind.LINEAR:
        return _points(scoring.floor or Decimal(0), scoring.full or Decimal(0), scoring.most, scale)
    if scoring.kind is ScoringKind.THRESHOLD:
        steps: Iterable[tuple[Decimal, Decimal]] = [(scoring.at or Decimal(0), scoring.most)]
        return _reached(steps, scoring.most, scale, is_lower=is_lower)
    if scoring.kind is ScoringKind.STEPS:
        return _reached(scoring.steps, scoring.most, scale, is_lower=is_lower)
    return _by_fractions(part, indicator)


def _line(zero: Decimal, full: Decimal, scale: Fraction) -> tuple[int, int, int]:
    """a, b, c > 0 so that n/d, scaled, lies (a·n + b·d) ÷ (c·d) of the way from `zero` to `full`."""
    start, width = Fraction(zero), Fraction(full) - Fraction(zero)
    a, b = start.denominator * width.denominator, -start.numerator * width.denominator
    c = start.denominator * width.numerator
    a, b, c = a * scale.numerator, b * scale.denominator, c * scale.denominator
    return (a, b, c) if c > 0 else (-a, -b, -c)


def _linear(zero: Decimal, full: Decimal, scale: Fraction) -> _Way:
    a, b, c = _line(zero, full, scale)

    def way(top: int, bottom: int) -> int:
        over, under = a * top + b * bottom, c * bottom
        return 0 if over <= 0 else FULL if over >= under else FULL * over // under

    return way


def _to_target(target: Fraction, scale: Fraction, *, is_lower: bool) -> _Way:
    a, c = target.denominator * scale.numerator, target.numerator * scale.denominator

    def way(top: int, bottom: int) -> int:
        over, under = a * top, c * bottom
        if is_lower:
            return FULL if over <= under else FULL * under // over
        return 0 if over <= 0 else FULL if over >= under else FULL * over // under

    return way


def _points(zero: Decimal, full: Decimal, most: Decimal, scale: Fraction) -> _Way:
    """Points are rounded before they become a share."""
    (a, b, c), all_points = _line(zero, full, scale), Fraction(most)
    places: int = 10**POINTS_DECIMALS
    m, n = all_points.numerator * places, all_points.denominator

    def way(top: int, bottom: int) -> int:
        over, under = a * top + b * bottom, c * bottom
        over = 0 if over <= 0 else under if over >= under else over
        points = (2 * over * m + under * n) // (2 * under * n)
        return min(FULL * points * n // m, FULL)

    return way


def _reached(steps: Iterable[tuple[Decimal, Decimal]], most: Decimal, scale: Fraction, *, is_lower: bool) -> _Way:
    listed: Sequence[tuple[int, int, int]] = [
        (
            mark.numerator * scale.denominator,
            mark.denominator * scale.numerator,
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
        exact = Fraction(top, bottom) * indicator.scale
        found = normalised(part, indicator, Value(State.VALUE, top, bottom, exact))
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
