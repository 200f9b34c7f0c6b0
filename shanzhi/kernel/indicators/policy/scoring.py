"""From a value to points: linear, threshold, steps, veto, deduction, bonus."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shanzhi.kernel.indicators.policy.definitions import Direction, Indicator, Scoring, ScoringKind
from shanzhi.kernel.indicators.policy.values import State, Value, rounded

POINTS_DECIMALS = 2
_NONE, _ALL = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Points:
    """Points of an indicator: None where there is no value, or nothing is scored. `vetoed`: the project fails by it."""

    points: Decimal | None
    most: Decimal
    vetoed: bool = False

    @property
    def share(self) -> Fraction | None:
        """Points as a share of the most; None without points or where nothing can be had."""
        if self.points is None or not self.most:
            return None
        return Fraction(self.points) / Fraction(self.most)


def score(indicator: Indicator, value: Value) -> Points:
    """The points for a value, to two places. They follow the exact value, not the one that is shown."""
    scoring = indicator.scoring
    if value.state is not State.VALUE or value.exact is None or scoring.kind is ScoringKind.NONE:
        return Points(None, scoring.most)
    if scoring.kind is ScoringKind.VETO:
        return Points(None, Decimal(0), vetoed=value.exact > Fraction(scoring.at or 0))
    points = _WAYS[scoring.kind](scoring, indicator.direction, value.exact)
    return Points(rounded(points, POINTS_DECIMALS), scoring.most)


def is_reached(value: Fraction, mark: Decimal, direction: Direction) -> bool:
    """Is a value at a mark or better? Without a direction, higher counts as better."""
    return value <= Fraction(mark) if direction is Direction.LOWER else value >= Fraction(mark)


def between(value: Fraction, zero: Decimal, full: Decimal) -> Fraction:
    """How far a value is from `zero` to `full`, from 0 to 1; `zero` may be the larger one."""
    # By whole numbers: a page of an index asks for a hundred and more, and each step of fractions would shorten anew.
    (top, bottom), (low, of_low), (high, of_high) = (each.as_integer_ratio() for each in (value, zero, full))
    over, under = (top * of_low - low * bottom) * of_high, (high * of_low - low * of_high) * bottom
    if under < 0:
        over, under = -over, -under
    return _NONE if over <= 0 else _ALL if over >= under else Fraction(over, under)


def _linear(scoring: Scoring, direction: Direction, value: Fraction) -> Fraction:
    return between(value, scoring.floor or Decimal(0), scoring.full or Decimal(0)) * Fraction(scoring.most)


def _threshold(scoring: Scoring, direction: Direction, value: Fraction) -> Fraction:
    return Fraction(scoring.most if is_reached(value, scoring.at or Decimal(0), direction) else 0)


def _steps(scoring: Scoring, direction: Direction, value: Fraction) -> Fraction:
    reached = [points for mark, points in scoring.steps if is_reached(value, mark, direction)]
    return Fraction(max(reached, default=Decimal(0)))


def _deduction(scoring: Scoring, direction: Direction, value: Fraction) -> Fraction:
    over = max(value - Fraction(scoring.free), Fraction(0))
    return max(Fraction(scoring.most) - Fraction(scoring.each or 0) * over, Fraction(scoring.least))


def _bonus(scoring: Scoring, direction: Direction, value: Fraction) -> Fraction:
    over = max(value - Fraction(scoring.free), Fraction(0))
    return min(Fraction(scoring.each or 0) * over, Fraction(scoring.most))


_WAYS: Mapping[ScoringKind, Callable[[Scoring, Direction, Fraction], Fraction]] = {
    ScoringKind.LINEAR: _linear,
    ScoringKind.THRESHOLD: _threshold,
    ScoringKind.STEPS: _steps,
    ScoringKind.DEDUCTION: _deduction,
    ScoringKind.BONUS: _bonus,
}
