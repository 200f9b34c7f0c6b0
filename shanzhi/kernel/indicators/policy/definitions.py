"""What an indicator, a project, an index and a catalogue are: the rule book's words as types.

A catalogue file (docs/indicators.md) is read into these by `loader.load_catalogue`, which refuses what isn't sound.
Months are whole numbers `yyyymm`; points, weights, targets and bounds are `Decimal`s, as they are written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Source(StrEnum):
    """Where a figure comes from."""

    COMPUTED = "computed"
    REPORTED = "reported"
    SURVEYED = "surveyed"
    DECLARED = "declared"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class Level(StrEnum):
    """Levels of regions, the lowest first."""

    GRID = "grid"
    COMMUNITY = "community"
    TOWNSHIP = "township"
    COUNTY = "county"
    CITY = "city"

    @property
    def height(self) -> int:
        """0 for a grid, 4 for a city."""
        return list(Level).index(self)


class Length(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Months in one such period."""
        return {"month": 1, "quarter": 3, "year": 12}[self.value]


class CountsBy(StrEnum):
    """By which month a record counts: that of the event itself, or that of the matter's report."""

    EVENT = "event"
    COHORT = "cohort"


class Grouping(StrEnum):
    """How a figure of a larger region or a longer period arises: by adding integers up, or by computing it anew."""

    ADDITIVE = "additive"
    ANEW = "anew"


class Figure(StrEnum):
    """What the two integers mean.

    `ratio`: numerator × scale ÷ denominator. `count`: numerator × scale; the denominator is what it was counted among.
    `amount`: the same, for a figure that can't be added up (a median). `yes_no`: 1 or 0 of 1; added up, a ratio.
    """

    RATIO = "ratio"
    COUNT = "count"
    AMOUNT = "amount"
    YES_NO = "yes_no"


class ScoringKind(StrEnum):
    """How a value becomes points."""

    LINEAR = "linear"
    THRESHOLD = "threshold"
    STEPS = "steps"
    VETO = "veto"
    DEDUCTION = "deduction"
    BONUS = "bonus"
    NONE = "none"


class ProjectKind(StrEnum):
    """The eleven projects: one on the system, five on kinds of risk, five on ways of governing; and a city's own."""

    SYSTEM = "system"
    RISK = "risk"
    WAY = "way"
    OWN = "own"


class Normalise(StrEnum):
    """How an indicator's value becomes 0 to 100 within an index."""

    RANGE = "range"
    SCORING = "scoring"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Ground:
    """On what an indicator stands: a law with its article, or another text; `quote` is what it says."""

    law: str
    article: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How points arise. What each kind uses is in docs/indicators.md; the rest is None.

    `most` is what can be had at best. A `deduction` starts there and may end below nought at `least`.
    """

    kind: ScoringKind
    most: Decimal = Decimal(100)
    least: Decimal = Decimal(0)
    floor: Decimal | None = None
    full: Decimal | None = None
    at: Decimal | None = None
    steps: tuple[tuple[Decimal, Decimal], ...] = ()
    """(value, points), the worst value first."""
    free: Decimal = Decimal(0)
    each: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """Who types a figure in, what has to be handed in with it, and what is plausible.

    `by` is a role of posts. `below` and `above` are refused beyond; a change by more than `jump` per cent is asked about.
    """

    by: str
    evidence: str
    level: Level
    below: Decimal | None = None
    above: Decimal | None = None
    jump: Decimal | None = None
    due_days: int = 10
    """Days after the period's end by which it is due; later only with permission."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A question put to people: `counted` are the answers that count; `sample` the fewest answers; `margin` the widest
    half interval at 95 %, in percentage points."""

    question: str
    answers: tuple[str, ...]
    counted: tuple[str, ...]
    sample: int
    margin: Decimal
    by: str
    level: Level


@dataclass(frozen=True, slots=True)
class Declared:
    """Yes or no, with a paper that shows it; said anew every `months`."""

    by: str
    paper: str
    level: Level
    months: int = 12


@dataclass(frozen=True, slots=True)
class Indicator:
    """One version of an indicator. `holds_from` and `holds_until` (excluded) are months; the figure's month decides."""

    key: str
    version: int
    holds_from: int
    holds_until: int | None
    name: str
    project: str
    definition: str
    unit: str
    direction: Direction
    level: Level
    period: Length
    source: Source
    figure: Figure
    scale: Fraction
    decimals: int
    counts_by: CountsBy | None
    grouping: Grouping
    formula: str
    """Computed: the SELECT as it is written in the file; empty otherwise."""
    exclusions: bool
    minimum: int
    """The smallest denominator from which a value is shown."""
    target: Decimal | None
    weight: Decimal
    scoring: Scoring
    ground: tuple[Ground, ...]
    reported: Reported | None = None
    survey: Survey | None = None
    declared: Declared | None = None

    @property
    def is_restated_anew(self) -> bool:
        """Is it computed from the records again for another tree of regions? Figures kept by communities are added up instead,
        typed-in ones can be neither."""
        by_community = self.level.height <= Level.COMMUNITY.height
        return self.source is Source.COMPUTED and (self.grouping is Grouping.ANEW or not by_community)

    def holds_in(self, month: int) -> bool:
        """Is this the rule for a month?"""
        return self.holds_from <= month and (self.holds_until is None or month < self.holds_until)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the assessment; weights of all add up to 100, and those of its indicators among themselves too."""

    code: str
    name: str
    kind: ProjectKind
    weight: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An indicator within a class: `zero` and `full` are the values that become 0 and 100 (`range`)."""

    indicator: str
    weight: Decimal
    normalise: Normalise
    zero: Decimal | None = None
    full: Decimal | None = None


@dataclass(frozen=True, slots=True)
class IndexClass:
    """A class of an index; the weights of its parts add up to 100."""

    code: str
    name: str
    weight: Decimal
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """A colour from a value on. `color` is a token of the interface: green, blue, yellow, orange, red."""

    code: str
    name: str
    color: str
    at_least: Decimal


@dataclass(frozen=True, slots=True)
class Index:
    """A weighted tree: classes whose weights add up to 100, and colour grades, the best first.

    `minimum_share` is the least part of the whole weight, in per cent, that must have values for the index to have one.
    """

    code: str
    name: str
    version: int
    holds_from: int
    period: Length
    text: str
    classes: tuple[IndexClass, ...]
    grades: tuple[Grade, ...]
    minimum_share: Decimal

    @property
    def keys(self) -> tuple[str, ...]:
        """The indicators of all classes, in order."""
        return tuple(part.indicator for each in self.classes for part in each.parts)


MONTHS_KEPT = 240
"""Of so many months a catalogue remembers its rules."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue file that was found sound. A `sample` is one that a city replaces by its own; pages say so."""

    code: str
    name: str
    version: int
    sample: bool
    holds_from: int
    text: str
    projects: tuple[Project, ...]
    indicators: tuple[Indicator, ...]
    indices: tuple[Index, ...]
    _by_key: Mapping[str, tuple[Indicator, ...]] = field(init=False, repr=False, compare=False)
    """All versions of each indicator, in the file's order."""
    _by_month: dict[int, Mapping[str, Indicator]] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What `rules` has worked out."""

    def __post_init__(self) -> None:
        by_key: dict[str, list[Indicator]] = {}
        for each in self.indicators:
            by_key.setdefault(each.key, []).append(each)
        object.__setattr__(self, "_by_key", {key: tuple(found) for key, found in by_key.items()})

    def project(self, code: str) -> Project:
        """A project by its code; KeyError where there is none."""
        for project in self.projects:
            if project.code == code:
                return project
        raise KeyError(code)

    def versions(self, key: str) -> tuple[Indicator, ...]:
        """All versions of an indicator, the oldest first; empty where there is none."""
        return tuple(sorted(self._by_key.get(key, ()), key=lambda each: each.holds_from))

    def indicator(self, key: str, month: int) -> Indicator | None:
        """The version that is the rule for a month; None where the indicator isn't there or doesn't hold yet."""
        return self.rules(month).get(key)

    def rules(self, month: int) -> Mapping[str, Indicator]:
        """The version of each indicator that is the rule for a month; worked out once, since pages ask for thousands."""
        found = self._by_month.get(month)
        if found is None:
            if len(self._by_month) >= MONTHS_KEPT:
                self._by_month.clear()
            holding = {
                key: next((each for each in every if each.holds_in(month)), None) for key, every in self._by_key.items()
            }
            found = self._by_month[month] = {key: each for key, each in holding.items() if each is not None}
        return found

    def in_month(self, month: int) -> Iterator[Indicator]:
        """Every indicator that holds in a month, in the file's order."""
        return (each for each in self.indicators if each.holds_in(month))

    def index(self, code: str, month: int) -> Index | None:
        """The version of an index that is the rule for a month."""
        found = [each for each in self.indices if each.code == code and each.holds_from <= month]
        return max(found, key=lambda each: each.holds_from, default=None)
