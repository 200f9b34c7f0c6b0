"""From a rule and its value, as the ruler has them, to a figure of a report.

What is asked of them is written down as protocols, so that a report takes rules of any catalogue: `Indicator` of
`policy.definitions` and `Value` of `policy.values` are such.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from shanzhi.kernel.indicators.policy.reports.figures import Better, Definition, Figure, Moment, Shape, Value


class Text(Protocol):
    """A law or other text on which a rule stands."""

    @property
    def law(self) -> str:
        """Its name."""

    @property
    def article(self) -> str:
        """The article in it, or nothing."""


class Rule(Protocol):
    """One version of an indicator."""

    @property
    def key(self) -> str:
        """By which it is known."""

    @property
    def name(self) -> str:
        """As people call it."""

    @property
    def version(self) -> int:
        """Which version this is."""

    @property
    def definition(self) -> str:
        """How it is counted, in words."""

    @property
    def unit(self) -> str:
        """In what it is told."""

    @property
    def figure(self) -> str:
        """What its integers mean: ratio, count, amount or yes_no."""

    @property
    def direction(self) -> str:
        """Which way is better: higher, lower or none."""

    @property
    def scale(self) -> Fraction:
        """What turns its integers into its unit."""

    @property
    def decimals(self) -> int:
        """How many places it is told with."""

    @property
    def minimum(self) -> int:
        """The fewest cases from which it is told."""

    @property
    def target(self) -> Decimal | None:
        """What is to be reached, in its unit."""

    @property
    def ground(self) -> Sequence[Text]:
        """On what it stands."""


class Counted(Protocol):
    """Its two integers in one region and period, and whether there is a value: value, not_applicable, too_few, missing."""

    @property
    def state(self) -> str:
        """Whether there is a value, and why not."""

    @property
    def numerator(self) -> int | None:
        """None where there was nothing to take it from."""

    @property
    def denominator(self) -> int | None:
        """None where nothing is known."""


_SHAPES = {"ratio": Shape.SHARE, "yes_no": Shape.SHARE, "count": Shape.COUNT, "amount": Shape.AMOUNT}
_WAYS = {"higher": Better.HIGHER, "lower": Better.LOWER, "none": Better.NEITHER}


def value_of(counted: Counted | None) -> Value | None:
    """The integers of a value; None where nothing was computed or handed in."""
    if counted is None or counted.state == "missing" or counted.denominator is None:
        return None
    if counted.numerator is None or counted.state == "not_applicable":
        return Value(0, 0)
    return Value(counted.numerator, counted.denominator)


def figure_of(
    rule: Rule,
    now: Counted | None,
    before: Counted | None = None,
    *,
    before_rule: Rule | None = None,
    expected: tuple[Fraction, Fraction] | None = None,
    trend: Sequence[tuple[str, Counted | None]] = (),
    base_unit: str = "件",
) -> Figure:
    """A figure by its rule. `before_rule` held in the period before; `trend` are labels and values, the oldest first.

    Raises:
        KeyError: the rule has a figure or a direction that reports don't know.
    """
    return Figure(
        key=rule.key,
        name=rule.name,
        shape=_SHAPES[str(rule.figure)],
        unit=rule.unit,
        definition=Definition(rule.version, rule.definition, "；".join(_ground(text) for text in rule.ground)),
        now=value_of(now),
        before=value_of(before),
        before_version=None if before_rule is None else before_rule.version,
        scale=Fraction(rule.scale),
        decimals=rule.decimals,
        base_unit=base_unit,
        better=_WAYS[str(rule.direction)],
        target=None if rule.target is None else Fraction(rule.target),
        minimum=rule.minimum,
        expected=expected,
        trend=tuple(Moment(label, value_of(counted)) for label, counted in trend),
    )


def _ground(text: Text) -> str:
    return f"《{text.law.strip('《》')}》{text.article}"
