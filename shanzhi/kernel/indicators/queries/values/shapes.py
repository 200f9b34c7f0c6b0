"""What the pages of figures get: small frozen dataclasses around the ruler's own (Value, Points, Change, IndexResult).

Regions, units and indicators stand with their names; sentences and words of catalogues are message ids or the city's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grade, Index, Indicator, Project
from shanzhi.kernel.indicators.policy.fairness import Compared, Interval
from shanzhi.kernel.indicators.policy.index import IndexResult, PartResult, ProjectResult
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.scoring import Points
from shanzhi.kernel.indicators.policy.trend import Change, Seasonal
from shanzhi.kernel.indicators.policy.values import MISSING, Value


@dataclass(frozen=True, slots=True)
class Place:
    """A region as it was at the end of the period. `level` is that of `organisation.policy.Level`."""

    id: int
    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure as it stands: its value, and when it was computed up to which entry of the journal.

    `interval` is the 95 % interval in the figure's own unit (shares and ratios of parts to wholes only). Where it is typed
    in, `handed_in` of `owed` regions below have. `of` is the period that it belongs to: for a month, a yearly figure is that
    of the last year that has one.
    """

    value: Value
    of: Period
    interval: Interval | None = None
    handed_in: int | None = None
    owed: int | None = None
    version: int = 0
    computed_at: datetime | None = None
    cursor: int = 0


def nothing(period: Period) -> Amount:
    """No figure was computed or handed in."""
    return Amount(MISSING, period)


@dataclass(frozen=True, slots=True)
class ListLine:
    """An indicator in the list, with its value for the region and period, its points, and how it moved."""

    indicator: Indicator
    amount: Amount
    points: Points
    change: Change


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """The indicators that hold in a period, in the catalogue's order; `of` its projects. Pages say where it is a sample."""

    catalogue: Catalogue
    place: Place
    above: tuple[Place, ...]
    period: Period
    lines: tuple[ListLine, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a series. `expected` is where chance alone would have it, were it like the year before it."""

    period: Period
    amount: Amount
    expected: Interval | None = None
    unusual: bool = False


@dataclass(frozen=True, slots=True)
class Below:
    """A region below with its figure, and how it stands among its neighbours: one dot of the funnel.

    `compared` has share, interval and limits as parts of 1; None where the figure is no share of a whole.
    """

    place: Place
    amount: Amount
    compared: Compared | None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A value that was changed after its month was cut, or by an exclusion or a correction: before, after and why.

    `reason` is `late`, `exclusion`, `included`, `correction`, `redraw` or `rule`; `about` the exclusion's id, or 0.
    """

    number: int
    place: Place
    period: Period
    made_at: datetime
    reason: str
    about: int
    before: Value
    after: Value
    before_version: int
    after_version: int
    cursor: int


REASONS: Mapping[str, str] = {
    "late": msg("迟到的记录"),
    "exclusion": msg("剔除"),
    "included": msg("取消剔除"),
    "correction": msg("更正填报"),
    "redraw": msg("区划变更"),
    "rule": msg("指标规则变更"),
}
"""What a page says of a revision's reason (message ids)."""


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """A contested count as everybody in the city may read it once it is granted: the matter's number, no persons, no words.

    `state`: asked, granted, declined, withdrawn. `before` and `after`: the figure of the matter's own region, once computed.
    """

    id: int
    matter_number: str
    key: str
    name: str
    month: int
    place: Place
    unit: str
    decider: str
    ground: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    revised_at: datetime | None
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of evidence: the number of its attachment, its name, its hash."""

    id: int
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SaidRow:
    """What was said at a step of a contested count: asked (1), decided, revised."""

    step: int
    words: str


@dataclass(frozen=True, slots=True)
class ExclusionCard:
    """One contested count for those whom it concerns: what was said, with what evidence, its effect on every region's figure,
    and what the acting post may do now: `withdraw`, `decide`, `revise`."""

    row: ExclusionRow
    said: tuple[SaidRow, ...]
    evidence: tuple[FileRow, ...]
    decide_by: date
    effects: tuple[RevisionRow, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class ExclusionShare:
    """How much was left out of figures on a unit's wish, so that nobody improves a figure in silence. `counted` are the
    unit's shares of matters in the period, `share` the granted ones among them in per cent; None without any."""

    unit_id: int
    unit: str
    granted: int
    declined: int
    waiting: int
    counted: int
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A value as it was typed in; a later one of the same region and period takes its place and leaves it in sight."""

    id: int
    number: int
    place: Place
    period: Period
    value: Value
    half_interval: Decimal | None
    entered_at: datetime
    unit: str
    words: str
    confirmed: bool
    late: bool
    is_last: bool
    evidence: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """Everything that an indicator's page shows for a region and a period.

    `series` are 24 periods of the indicator's own length (or the one asked for), the oldest first. `tree_on` is the day whose
    regions hold; `restated` where that isn't the period's own end; `remade` the regions that weren't then what they are.
    """

    catalogue: Catalogue
    project: Project
    indicator: Indicator
    versions: tuple[Indicator, ...]
    place: Place
    above: tuple[Place, ...]
    period: Period
    tree_on: date
    restated: bool
    remade: frozenset[int]
    amount: Amount
    points: Points
    seasonal: Seasonal
    series: tuple[Point, ...]
    below: tuple[Below, ...]
    overall: Value
    """The figure of all regions below together, about which the funnel stands."""
    revisions: tuple[RevisionRow, ...]
    exclusions: tuple[ExclusionRow, ...]
    entered: tuple[EnteredRow, ...]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A matter behind a figure, as far as who asks may see it, with what it adds to numerator and denominator.

    `excluded`: it would count, were it not left out by decision.
    """

    matter_id: int
    number: str
    title: str
    category: str
    place: str
    stage: str
    numerator: int
    denominator: int
    excluded: bool
    category_name: str
    place_name: str
    stage_name: str


@dataclass(frozen=True, slots=True)
class Records:
    """A page of the matters behind a figure. `total`: all that count; `in_sight`: those that the acting post may see, at most
    1,000 (`capped`). `base` is the figure's denominator, `base_listed` what the matters add to it whose figures the post reads:
    the rest comes from regions whose figures it doesn't."""

    indicator: Indicator
    place: Place
    period: Period
    rows: tuple[RecordRow, ...]
    total: int
    in_sight: int
    capped: bool
    next_after: int | None
    base: int
    base_listed: int


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """An index at one period; no value where too little of its weight has values. `exact` is the value to twenty places."""

    period: Period
    value: Decimal | None
    share: Decimal
    grade: Grade | None
    exact: Fraction | None = None


@dataclass(frozen=True, slots=True)
class IndexBelow:
    """A region below with its index, now and a period before."""

    place: Place
    now: IndexPoint
    before: IndexPoint


@dataclass(frozen=True, slots=True)
class IndexPage:
    """An index for a region and a period: `now` is its tree of classes and parts. `tree_on` is the day whose regions hold;
    `restated` where that isn't the period's own end. `missing` are the parts without a value, with the reason in each."""

    catalogue: Catalogue
    index: Index
    indices: tuple[Index, ...]
    indicators: Mapping[str, Indicator]
    place: Place
    above: tuple[Place, ...]
    period: Period
    tree_on: date
    restated: bool
    now: IndexResult
    before: IndexPoint
    year_ago: IndexPoint
    series: tuple[IndexPoint, ...]
    below: tuple[IndexBelow, ...]
    missing: tuple[PartResult, ...]
    changes: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of a region's sheet: its figure, the region above's, and how it moved."""

    indicator: Indicator
    amount: Amount
    points: Points
    above: Value
    change: Change


@dataclass(frozen=True, slots=True)
class ProjectSheet:
    """A project with its lines and its result."""

    result: ProjectResult
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class RegionSheet:
    """One region, one period, all indicators by project; its indices; its neighbours below."""

    catalogue: Catalogue
    place: Place
    above: tuple[Place, ...]
    below: tuple[Place, ...]
    period: Period
    projects: tuple[ProjectSheet, ...]
    indices: tuple[tuple[Index, IndexPoint], ...]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One figure of a unit with that of the period before and of all units of its kind together; `compared` among them."""

    code: str
    name: str
    says: str
    value: Value
    before: Value
    peers: Value
    compared: Compared | None


@dataclass(frozen=True, slots=True)
class UnitSheet:
    """One unit, one period: its shares, how they were answered, solved and rated, beside its kind; what was excluded."""

    unit_id: int
    unit: str
    kind: str
    place: Place
    period: Period
    lines: tuple[UnitLine, ...]
    exclusions: ExclusionShare
    peers: int
    """Units of the kind that had anything in the period."""


@dataclass(frozen=True, slots=True)
class CompareLine:
    """An indicator in two periods, with what can be said of the change."""

    indicator: Indicator
    first: Amount
    second: Amount
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of one region; its indices in both."""

    catalogue: Catalogue
    place: Place
    above: tuple[Place, ...]
    first: Period
    second: Period
    lines: tuple[CompareLine, ...]
    indices: tuple[tuple[Index, IndexPoint, IndexPoint], ...]


@dataclass(frozen=True, slots=True)
class OwedLine:
    """A value that a post owes: until when, and what was handed in.

    `state`: `due`, `late`, `asked` (for permission), `permitted` (late, until `permitted_until`), `handed_in`.
    """

    indicator: Indicator
    place: Place
    period: Period
    due_on: date
    state: str
    entered: EnteredRow | None
    permitted_until: date | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """Who has handed in a typed-in figure of a period, and who hasn't."""

    indicator: Indicator
    period: Period
    due_on: date
    handed_in: tuple[Place, ...]
    missing: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class PermitRow:
    """A wish to hand in late: who asked why, and what the level above said."""

    id: int
    key: str
    name: str
    place: Place
    period: Period
    unit: str
    words: str
    state: str
    asked_at: datetime
    until_on: date | None
    reason: str
