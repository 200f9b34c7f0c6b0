"""What chance alone does: whether a figure has changed, whether a part of the city differs.

The mathematics is the ruler's (`fairness`, `trend`): shares and their differences at 95 %, counts against the square root of
their sum (Poisson), parts against the whole at 99.8 %, wide because many parts are looked at together.
"""

from enum import StrEnum
from fractions import Fraction
from math import sqrt

from shanzhi.kernel.indicators.policy import fairness
from shanzhi.kernel.indicators.policy.reports.figures import Figure, Shape, Standing, Value
from shanzhi.kernel.indicators.policy.trend import difference_of_shares


class Change(StrEnum):
    """How a figure stands beside the period before."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    UNTOLD = "untold"
    FEW = "few"
    NOTHING = "nothing"
    RULE = "rule"


def is_share(value: Value) -> bool:
    """Is it a part of a whole? What can be more (papers per project) has no interval of a share."""
    return 0 <= value.numerator <= value.denominator


def wilson(value: Value) -> tuple[float, float]:
    """Between which shares (0 to 1) the true one lies, at 95 %; (0, 1) of nothing."""
    found = fairness.wilson(value.numerator, value.denominator)
    return (0.0, 1.0) if found is None else (found.low, found.high)


def difference(now: Value, before: Value) -> tuple[float, float]:
    """Between which differences of shares the true one lies, at 95 %; (-1, 1) where one is of nothing."""
    found = difference_of_shares((before.numerator, before.denominator), (now.numerator, now.denominator))
    return (-1.0, 1.0) if found is None else (found.low, found.high)


def change_of(figure: Figure) -> Change:
    """Whether it went up or down beyond what chance does, or why that isn't told."""
    if figure.before is None or figure.now is None:
        return Change.UNTOLD
    if figure.before_version not in (None, figure.definition.version):
        return Change.RULE
    kept = {Standing.NOTHING: Change.NOTHING, Standing.FEW: Change.FEW}
    standing = figure.standing(figure.before)
    if standing in kept:
        return kept[standing]
    step = shown_difference(figure)
    if step == 0 or not _is_beyond_chance(figure, figure.now, figure.before):
        return Change.SAME
    return Change.UP if step > 0 else Change.DOWN


def _is_beyond_chance(figure: Figure, now: Value, before: Value) -> bool:
    if figure.shape is Shape.SHARE and is_share(now) and is_share(before):
        low, high = difference(now, before)
        return low > 0 or high < 0
    if figure.shape is Shape.COUNT:
        return abs(now.numerator - before.numerator) > fairness.Z95 * sqrt(max(0, now.numerator + before.numerator))
    # Of an amount (a median, an index), and of what can be more than its whole, only the value is known: a difference that
    # shows is told as it is.
    return True


def shown_difference(figure: Figure) -> Fraction:
    """The difference as it is told: of the exact numbers, rounded once, as the pages have it. The printed numbers may differ by
    one more or less in their last place; docs/figures.md says so, and so does each report."""
    if figure.now is None or figure.before is None:
        return Fraction(0)
    return rounded(figure.number(figure.now) - figure.number(figure.before), figure.decimals)


def rounded(number: Fraction, decimals: int) -> Fraction:
    """To so many decimals, halves away from zero (GB/T 8170-2008 leaves figures of statistics to 四舍五入)."""
    power = 10**decimals
    size = (abs(number) * power * 2 + 1) // 2
    return Fraction(size if number >= 0 else -size, power)


def limits(whole: Fraction, size: int) -> tuple[float, float]:
    """Between which shares (0 to 1) a part of `size` cases lies at 99.8 %, if it is like the whole."""
    found = fairness.funnel_limits(float(whole), size, fairness.Z99_8)
    return (0.0, 1.0) if found is None else (found.low, found.high)
