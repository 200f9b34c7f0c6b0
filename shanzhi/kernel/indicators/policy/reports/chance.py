"""What chance alone does: whether a figure has changed, whether a part of the city differs.

Shares: the interval of Wilson (1927, JASA 22), of a difference that of Newcombe (1998, Statistics in Medicine 17, method
10) made out of it, at 95 %. Counts: their difference against the square root of their sum (Poisson). Parts against the
whole: control limits at 99.8 % as in funnel plots (Spiegelhalter 2005, Statistics in Medicine 24), wide because many parts
are looked at together.
"""

from enum import StrEnum
from fractions import Fraction
from math import sqrt

from shanzhi.kernel.indicators.policy.reports.figures import Figure, Shape, Standing, Value

Z_CHANGE = 1.959964
Z_PARTS = 3.090232


class Change(StrEnum):
    """How a figure stands beside the period before."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    UNTOLD = "untold"
    FEW = "few"
    NOTHING = "nothing"
    RULE = "rule"


def wilson(value: Value, z: float = Z_CHANGE) -> tuple[float, float]:
    """Between which shares (0 to 1) the true one lies; (0, 1) of nothing."""
    n = value.denominator
    if n == 0:
        return 0.0, 1.0
    share = value.numerator / n
    middle = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def difference(now: Value, before: Value, z: float = Z_CHANGE) -> tuple[float, float]:
    """Between which differences of shares the true one lies."""
    low, high = wilson(now, z)
    low_before, high_before = wilson(before, z)
    share, share_before = now.numerator / now.denominator, before.numerator / before.denominator
    change = share - share_before
    down = sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    up = sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return change - down, change + up


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
    if figure.shape is Shape.SHARE:
        low, high = difference(now, before)
        return low > 0 or high < 0
    if figure.shape is Shape.COUNT:
        return abs(now.numerator - before.numerator) > Z_CHANGE * sqrt(max(0, now.numerator + before.numerator))
    # Of an amount (a median, an index) only the value is known: a difference that shows is told as it is.
    return True


def shown_difference(figure: Figure) -> Fraction:
    """The difference of the two numbers as they are printed, so that whoever subtracts them gets the same."""
    if figure.now is None or figure.before is None:
        return Fraction(0)
    now, before = (rounded(figure.number(value), figure.decimals) for value in (figure.now, figure.before))
    return now - before


def rounded(number: Fraction, decimals: int) -> Fraction:
    """To so many decimals, halves away from zero (GB/T 8170-2008 leaves figures of statistics to 四舍五入)."""
    power = 10**decimals
    size = (abs(number) * power * 2 + 1) // 2
    return Fraction(size if number >= 0 else -size, power)


def limits(whole: Fraction, size: int, z: float = Z_PARTS) -> tuple[float, float]:
    """Between which shares (0 to 1) a part of `size` cases lies, if it is like the whole."""
    share = float(whole)
    half = z * sqrt(share * (1 - share) / size) if size else 1.0
    return max(0.0, share - half), min(1.0, share + half)
