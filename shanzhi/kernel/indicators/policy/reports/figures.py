"""What a report is made of: figures with the integers they rest on, parts of the city, projects, definitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from shanzhi.core.papers import Annex, Block
from shanzhi.kernel.indicators.policy.reports.period import Period

MINIMUM = 30
"""Under so many cases a share says nothing about whoever did the work."""


class Shape(StrEnum):
    """What the two integers mean: a share of cases, a number of them, or an amount measured on cases."""

    SHARE = "share"
    COUNT = "count"
    AMOUNT = "amount"


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Standing(StrEnum):
    """Whether there is something to say."""

    KNOWN = "known"
    FEW = "few"
    NOTHING = "nothing"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Value:
    """What was computed: a share is numerator ÷ denominator, a count or amount the numerator; the denominator is how many
    cases it rests on."""

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.denominator < 0:
            raise ValueError("no negative number of cases")


@dataclass(frozen=True, slots=True)
class Moment:
    """One period of a figure's past; `expected` is the range in which it was to be expected, in the figure's unit."""

    label: str
    value: Value | None
    expected: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """How a figure is counted, under the version that held in the period."""

    version: int
    says: str
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator in one region and period, with what it is held against.

    `scale` turns the integers into `unit` (100 for %, 1/3600 for seconds told in hours); target and ranges are in `unit`.
    `base_unit` is empty for what rests on no cases (an index). `before_version` is the definition's version in the period
    before; another one than now is not compared. `year_ago` is the same period a year earlier, by the same definition.
    """

    key: str
    name: str
    shape: Shape
    unit: str
    definition: Definition
    now: Value | None
    before: Value | None = None
    before_version: int | None = None
    year_ago: Value | None = None
    scale: Fraction = Fraction(1)
    decimals: int = 1
    base_unit: str = "件"
    better: Better = Better.NEITHER
    target: Fraction | None = None
    minimum: int = MINIMUM
    expected: tuple[Fraction, Fraction] | None = None
    trend: tuple[Moment, ...] = ()
    grade: str = ""

    def number(self, value: Value) -> Fraction:
        """A value in the figure's unit; ZeroDivisionError for a share of nothing."""
        if self.shape is Shape.SHARE:
            return Fraction(value.numerator, value.denominator) * self.scale
        return value.numerator * self.scale

    def standing(self, value: Value | None) -> Standing:
        """What can be said of a value. A count of nothing is a count: 0."""
        if value is None:
            return Standing.MISSING
        if self.shape is Shape.COUNT:
            return Standing.KNOWN
        if value.denominator == 0:
            return Standing.NOTHING
        return Standing.FEW if value.denominator < self.minimum else Standing.KNOWN


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the city with its values by the figures' keys. `expected` replaces the range that chance allows, where
    something better is known (the mix of cases)."""

    code: str
    name: str
    values: Mapping[str, Value | None]
    expected: Mapping[str, tuple[Fraction, Fraction]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """Figures that belong together."""

    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a report says beside its figures, under a head of its own."""

    head: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says. `overview` are counts, `rates` what leads; `compared` names the figures that are shown by
    parts of the city. `until` is the last day that is counted of a period that isn't over. Times are aware.

    `sections`, `annexes` and `attention` (sentences) are put where those of the figures end. `counted` says how its figures are
    counted and counted again where no catalogue says it (a week's).
    """

    city: str
    region: str
    issuer: str
    period: Period
    dated: date
    made_at: datetime
    data_at: datetime
    catalogue: str
    overview: tuple[Figure, ...]
    rates: tuple[Figure, ...]
    projects: tuple[Project, ...] = ()
    parts: tuple[Part, ...] = ()
    compared: tuple[str, ...] = ()
    parts_word: str = "县（区）"
    subject: str = "市域社会治理"
    whole: str = "全市"
    until: date | None = None
    is_sample: bool = False
    rates_head: str = "三率"
    projects_head: str = "各项目"
    sections: tuple[Section, ...] = ()
    annexes: tuple[Annex, ...] = ()
    attention: tuple[str, ...] = ()
    counted: tuple[Block, ...] = ()
    tells_all: bool = False

    def figures(self) -> tuple[Figure, ...]:
        """All figures, each once, in the order in which they come."""
        every = (*self.overview, *self.rates, *(figure for project in self.projects for figure in project.figures))
        return tuple({figure.key: figure for figure in reversed(every)}.values())[::-1]
