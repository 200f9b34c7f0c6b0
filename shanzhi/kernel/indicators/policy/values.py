"""From two integers to a value, and from small regions and short periods to large ones.

A ratio is one exact division. It is rounded once, at the end, to the places of the indicator, a half away from nought.
Without a denominator there is no value: not 0 and not 100. Below the smallest sample there is none either.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Figure, Grouping, Indicator
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import Standing


class State(StrEnum):
    """Whether there is a value, and why not."""

    VALUE = "value"
    NOT_APPLICABLE = "not_applicable"
    TOO_FEW = "too_few"
    MISSING = "missing"


STATES: Mapping[State, str] = {
    State.VALUE: msg("有值"),
    State.NOT_APPLICABLE: msg("不适用"),
    State.TOO_FEW: msg("样本不足"),
    State.MISSING: msg("缺数据"),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The two integers of a figure. A numerator is None where there was nothing to take it from (a median of nothing)."""

    numerator: int | None
    denominator: int


@dataclass(frozen=True, slots=True)
class Value:
    """A figure: `exact` before rounding, `shown` after it; both None unless the state is `value`.

    `unfinished`: the period wasn't over when it was computed.
    """

    state: State
    numerator: int | None = None
    denominator: int | None = None
    exact: Fraction | None = None
    shown: Decimal | None = None
    unfinished: bool = False

    @property
    def words(self) -> str:
        """The number as text, or why there is none (a message id)."""
        return STATES[self.state] if self.shown is None else f"{self.shown:f}"


MISSING = Value(State.MISSING)
"""Nothing was computed or handed in."""


def is_divided(figure: Figure) -> bool:
    """Is the figure a numerator over its denominator, and not the numerator alone?"""
    return figure is Figure.RATIO or figure is Figure.YES_NO


def state_of(indicator: Indicator, numbers: Numbers) -> State:
    """Whether two integers make a value."""
    bottom = numbers.denominator
    if numbers.numerator is None or (bottom == 0 and indicator.figure is not Figure.COUNT):
        return State.NOT_APPLICABLE
    if bottom < indicator.minimum and not (bottom == 0 and indicator.minimum <= 1):
        return State.TOO_FEW
    return State.VALUE


def least_base(indicator: Indicator) -> int:
    """The smallest denominator with which integers make a value, as `state_of` says."""
    if indicator.figure is Figure.COUNT and indicator.minimum <= 1:
        return 0
    return max(indicator.minimum, 0 if indicator.figure is Figure.COUNT else 1)


def value_of(indicator: Indicator, numbers: Numbers | None, *, unfinished: bool = False) -> Value:
    """The value of an indicator from its integers; None where nothing is there."""
    if numbers is None:
        return Value(State.MISSING, unfinished=unfinished)
    top, bottom, state = numbers.numerator, numbers.denominator, state_of(indicator, numbers)
    if top is None or state is not State.VALUE:
        return Value(state, top, bottom, unfinished=unfinished)
    divisor = bottom if is_divided(indicator.figure) else 1
    exact = Fraction(top * indicator.scale.numerator, indicator.scale.denominator * divisor)
    return Value(State.VALUE, top, bottom, exact, rounded(exact, indicator.decimals), unfinished)


def rounded(exact: Fraction, decimals: int) -> Decimal:
    """An exact number to so many places, a half away from nought (GB/T 8170 leaves that rule to the user; schools and
    payrolls know it so)."""
    return rounded_ratio(*exact.as_integer_ratio(), decimals)


def rounded_ratio(top: int, bottom: int, decimals: int) -> Decimal:
    """The same of two whole numbers, the lower above nought, which needn't be the shortest."""
    whole = (2 * abs(top) * 10**decimals + bottom) // (2 * bottom)
    # Made of its digits: arithmetic of decimals would round again, to 28 places.
    return Decimal(f"{'-' if top < 0 and whole else ''}{whole}E-{decimals}")


@lru_cache(maxsize=4096)
def fraction_of(number: Decimal) -> Fraction:
    """A number of the catalogue as a fraction; there are few, and a page asks for each of them many times."""
    return Fraction(number)


def sum_of_products(pairs: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
    """Products added up and shortened once: fractions would be shortened at each step, and grow long."""
    parts = [(one.numerator * two.numerator, one.denominator * two.denominator) for one, two in pairs]
    bottom = lcm(*(each for _, each in parts))
    return Fraction(sum(top * (bottom // each) for top, each in parts), bottom)


class NotAdditive(InputError):
    """Integers that can't be added up."""

    code = "not-additive"


def roll_up(
    indicator: Indicator,
    numbers: Iterable[tuple[int, int, Numbers]],
    standing: Standing,
    periods: Iterable[Period],
) -> dict[tuple[int, Period], Numbers]:
    """Integers of regions and months, added up to every region that stands and holds them, and to each of the periods.

    `numbers` are (region_id, month, integers) of the lowest regions that have any; a region that is no more counts where the
    standing tree has its home. Months outside the periods are left out.

    Raises:
        NotAdditive: the indicator has to be computed anew for each region and period.
    """
    if indicator.grouping is not Grouping.ADDITIVE:
        raise NotAdditive(msg("“%(name)s”不能由下级和各月的数相加得出，请按区域和期间重新计算。"), name=indicator.name)
    of_month: dict[int, list[Period]] = defaultdict(list)
    for period in periods:
        for month in period.months:
            of_month[month].append(period)
    top: dict[tuple[int, Period], int] = defaultdict(int)
    bottom: dict[tuple[int, Period], int] = defaultdict(int)
    for region_id, month, each in numbers:
        for period in of_month.get(month, ()):
            for ancestor in standing.ancestors(region_id):
                top[ancestor, period] += each.numerator or 0
                bottom[ancestor, period] += each.denominator
    return {place: Numbers(top[place], bottom[place]) for place in top}
