"""How much of an index is known: which part of its weight has figures, of which an interval can be said, what isn't known."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator
from shanzhi.kernel.indicators.policy.index import DECIMALS, IndexResult
from shanzhi.kernel.indicators.policy.values import State, Value, fraction_of, rounded, sum_of_products

SHARES = frozenset({Figure.RATIO, Figure.YES_NO})


@dataclass(frozen=True, slots=True)
class Known:
    """Parts of an index's weight, in per cent of the whole: of figures that are parts of a whole, so that an interval can be
    said; of other figures; and by state what has no figure. `least` and `most` are the index if all that isn't known had no
    point, or all points; None where nothing is known."""

    with_interval: Decimal
    without_interval: Decimal
    unknown: Mapping[State, Decimal]
    least: Decimal | None
    most: Decimal | None

    @property
    def missing(self) -> Decimal:
        """All that isn't known."""
        return sum(self.unknown.values(), Decimal(0))


def known_of(result: IndexResult, indicators: Mapping[str, Indicator]) -> Known:
    """What is known of an index's weight; what has a value and yet no points (a veto, no target) counts as missing."""
    sure = plain = Fraction(0)
    points: list[tuple[Fraction, Fraction]] = []
    unknown: dict[State, Fraction] = {}
    for each in result.classes:
        for part in each.parts:
            weight = fraction_of(each.of.weight) * fraction_of(part.part.weight) / 100
            if part.normalised is None:
                state = State.MISSING if part.value.state is State.VALUE else part.value.state
                unknown[state] = unknown.get(state, Fraction(0)) + weight
                continue
            points.append((weight, fraction_of(part.normalised) / 100))
            if is_part_of_whole(indicators[part.part.indicator], part.value):
                sure += weight
            else:
                plain += weight
    there = sure + plain
    # Of the exact index, not of the rounded points of its parts.
    total = result.exact * there / 100 if result.exact is not None else sum_of_products(points)
    return Known(
        rounded(sure, DECIMALS),
        rounded(plain, DECIMALS),
        {state: rounded(weight, DECIMALS) for state, weight in unknown.items()},
        rounded(total, DECIMALS) if there else None,
        rounded(total + 100 - there, DECIMALS) if there else None,
    )


def is_part_of_whole(indicator: Indicator, value: Value) -> bool:
    """Is the value a part of a whole, of which an interval can be said?"""
    top, bottom = value.numerator, value.denominator
    return indicator.figure in SHARES and top is not None and bool(bottom) and 0 <= top <= (bottom or 0)
