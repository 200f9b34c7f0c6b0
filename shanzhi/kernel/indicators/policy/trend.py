"""How a figure moved: against the period before and against the same period of the year before, with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import sqrt

from shanzhi.kernel.indicators.policy.definitions import Direction, Figure, Indicator
from shanzhi.kernel.indicators.policy.fairness import Z95, Interval, wilson
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import State, Value, rounded


class Move(StrEnum):
    """What can be said of a change. `unclear`: chance alone may have done it."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a figure in its own unit. `interval` at 95 %, where the figure is a share or a count."""

    move: Move
    difference: Decimal | None
    interval: Interval | None
    earlier: Value
    later: Value

    @property
    def percent(self) -> Decimal | None:
        """The difference in per cent of the earlier value; None where that was nought, or one of both is missing."""
        if self.later.exact is None or not self.earlier.exact:
            return None
        return rounded((self.later.exact - self.earlier.exact) / abs(self.earlier.exact) * 100, 1)


def change(indicator: Indicator, earlier: Value, later: Value) -> Change:
    """The change from one value to a later one, and whether it is more than chance."""
    if (
        earlier.state is not State.VALUE
        or later.state is not State.VALUE
        or earlier.exact is None
        or later.exact is None
    ):
        return Change(Move.UNKNOWN, None, None, earlier, later)
    difference = later.exact - earlier.exact
    interval = _interval(indicator, earlier, later)
    shown = rounded(difference, indicator.decimals)
    return Change(_move(indicator, difference, interval), shown, interval, earlier, later)


def _move(indicator: Indicator, difference: Fraction, interval: Interval | None) -> Move:
    if difference == 0:
        return Move.SAME
    if interval is not None and interval.holds(0.0):
        return Move.UNCLEAR
    rose = difference > 0
    if indicator.direction is Direction.NONE:
        return Move.HIGHER if rose else Move.LOWER
    return Move.BETTER if rose is (indicator.direction is Direction.HIGHER) else Move.WORSE


def _interval(indicator: Indicator, earlier: Value, later: Value) -> Interval | None:
    pairs = [(each.numerator, each.denominator) for each in (earlier, later)]
    if any(top is None or bottom is None or top < 0 for top, bottom in pairs):
        return None
    (top_1, bottom_1), (top_2, bottom_2) = [(top or 0, bottom or 0) for top, bottom in pairs]
    scale = float(indicator.scale)
    if indicator.figure in (Figure.RATIO, Figure.YES_NO) and top_1 <= bottom_1 and top_2 <= bottom_2:
        found = difference_of_shares((top_1, bottom_1), (top_2, bottom_2))
        return None if found is None else Interval(found.low * scale, found.high * scale)
    if indicator.figure is Figure.COUNT:
        half = Z95 * sqrt(top_1 + top_2) * scale
        middle = (top_2 - top_1) * scale
        return Interval(middle - half, middle + half)
    return None


def difference_of_shares(earlier: tuple[int, int], later: tuple[int, int], z: float = Z95) -> Interval | None:
    """The interval of later minus earlier share (0 to 1), each as (successes, trials): Newcombe's hybrid of two Wilson
    intervals (Newcombe 1998, Statistics in Medicine 17:873, method 10). None without a trial on either side."""
    old, new = wilson(*earlier, z), wilson(*later, z)
    if old is None or new is None:
        return None
    before, after = earlier[0] / earlier[1], later[0] / later[1]
    low = sqrt((after - new.low) ** 2 + (old.high - before) ** 2)
    high = sqrt((new.high - after) ** 2 + (before - old.low) ** 2)
    return Interval(after - before - low, after - before + high)


@dataclass(frozen=True, slots=True)
class Seasonal:
    """A figure beside the period before (环比), the same of a year ago (同比), and the mean of the same in all years known."""

    before: Change
    year_ago: Change
    usual: Decimal | None
    years: int


def seasonal(indicator: Indicator, values: Mapping[Period, Value], period: Period, missing: Value) -> Seasonal:
    """How a period's value stands in its season. `usual` is the mean of the same period of the earlier years in `values`,
    `years` how many there are."""
    now = values.get(period, missing)
    same = [
        value.exact
        for each, value in values.items()
        if each.length is period.length
        and each.first % 100 == period.first % 100
        and each.first < period.first
        and value.exact is not None
    ]
    usual = rounded(sum(same, Fraction(0)) / len(same), indicator.decimals) if same else None
    return Seasonal(
        change(indicator, values.get(period.before(), missing), now),
        change(indicator, values.get(period.year_ago(), missing), now),
        usual,
        len(same),
    )
