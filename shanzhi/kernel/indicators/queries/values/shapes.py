"""What the pages of figures get: small frozen dataclasses.

Regions, units and indicators stand with their names; numbers are whole numbers, `Decimal`s as they are shown, and shares in
per cent. Sentences and words of catalogues are message ids or the city's own text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grade, Index, Indicator, Project
from shanzhi.kernel.indicators.policy.periods import Period


class Gap(StrEnum):
    """Why there is no value to be shown, or why it isn't the whole of it."""

    NONE = ""
    NO_DENOMINATOR = "not-applicable"
    SMALL = "sample-too-small"
    NOT_COMPUTED = "not-computed"
    NOT_HANDED_IN = "not-handed-in"
    NOT_YET = "not-over"
    NO_RULE = "no-rule"
    BELOW_LEVEL = "below-level"


@dataclass(frozen=True, slots=True)
class Place:
    """A region as it was at the end of the period. `level` is a `Level`'s value."""

    id: int
    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure: two whole numbers and the one exact division.

    `value` is None where `gap` says why. `low` and `high` are the 95 % interval (ratios only), in the figure's unit.
    `sample` are the answers of a survey, `handed_in` of `owed` the regions that have typed theirs in.
    """

    numerator: int
    denominator: int | None
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    gap: Gap = Gap.NONE
    points: Decimal | None = None
    handed_in: int | None = None
    owed: int | None = None
    computed_at: datetime | None = None
    cursor: int = 0


NOTHING = Amount(0, None, None, gap=Gap.NOT_COMPUTED)


@dataclass(frozen=True, slots=True)
class ListLine:
    """An indicator in the list, with its value for the region and period asked for, and for the period before."""

    indicator: Indicator
    project: str
    amount: Amount
    before: Amount
    trend: str
    """`better`, `worse`, `same`, or empty where it can't be said."""


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """All indicators that hold in a period, by project; `sample` where the catalogue is one."""

    catalogue: str
    sample: bool
    place: Place
    period: Period
    projects: tuple[Project, ...]
    lines: tuple[ListLine, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a series; `low` and `high` are what was to be expected from the periods before."""

    period: Period
    amount: Amount
    version: int
    low: Decimal | None = None
    high: Decimal | None = None
    unusual: bool = False


@dataclass(frozen=True, slots=True)
class Below:
    """A region below with its figure: one dot of the funnel. `verdict`: `in`, `above`, `below` the limits, or `small`."""

    place: Place
    amount: Amount
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The funnel's limits for one size of denominator, about the mean of all, in the figure's unit."""

    denominator: int
    low95: Decimal
    high95: Decimal
    low998: Decimal
    high998: Decimal


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A value that was changed after its month was cut, or by an exclusion or a correction: before, after and why.

    `reason` is `late`, `exclusion`, `included`, `correction`, `redraw` or `rule`; `about` is the exclusion's number, or 0.
    """

    number: int
    place: Place
    period: Period
    made_at: datetime
    reason: str
    about: int
    before: Amount
    after: Amount
    cursor: int


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """A contested count as everybody in the city may read it: the matter's number, no persons, no words.

    `state`: asked, granted, declined, withdrawn. `before` and `after` are the figure of the matter's own region.
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
    revised: bool
    before: Amount | None
    after: Amount | None


@dataclass(frozen=True, slots=True)
class ExclusionCard:
    """One contested count for those whom it concerns: what was said, with what evidence, and what may be done now.

    `may`: `withdraw`, `decide`, `revise`.
    """

    row: ExclusionRow
    words: str
    reason: str
    evidence: tuple["FileRow", ...]
    decide_by: date
    effects: tuple[RevisionRow, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of evidence: the number of its attachment, its name, its hash."""

    id: int
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ExclusionShare:
    """How much of what a unit's figures count was excluded on its wish: kept in sight, so that nobody improves a figure in
    silence. `share` is in per cent of all that the unit contested or had counted; `open` are waiting."""

    unit_id: int
    unit: str
    granted: int
    declined: int
    open: int
    counted: int
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A value as it was typed in; a later one of the same region and period takes its place and leaves it in sight."""

    id: int
    number: int
    place: Place
    period: Period
    numerator: int
    denominator: int
    margin: Decimal | None
    entered_at: datetime
    unit: str
    post: str
    words: str
    confirmed: bool
    late: bool
    is_last: bool
    evidence: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """Everything that an indicator's page shows for a region and a period."""

    catalogue: str
    sample: bool
    project: Project
    indicator: Indicator
    versions: tuple[Indicator, ...]
    place: Place
    above: tuple[Place, ...]
    period: Period
    amount: Amount
    series: tuple[Point, ...]
    below: tuple[Below, ...]
    funnel: tuple[Limits, ...]
    mean: Decimal | None
    revisions: tuple[RevisionRow, ...]
    exclusions: tuple[ExclusionRow, ...]
    entered: tuple[EnteredRow, ...]
    records: int | None
    """How many records the figure counts; None where nothing is counted (typed in)."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A matter behind a figure, as far as who asks may see it. `counts`: also in the numerator; `excluded`: left out."""

    matter_id: int
    number: str
    kind: str
    category: str
    place: str
    month: int
    counts: bool
    excluded: bool


@dataclass(frozen=True, slots=True)
class Records:
    """One page of the matters behind a figure; `total` are all that count, `shown` those in sight of who asks."""

    rows: tuple[RecordRow, ...]
    total: int
    in_sight: int
    next_after: int | None


@dataclass(frozen=True, slots=True)
class IndexPart:
    """An indicator within an index: 0 to 100, or the gap."""

    indicator: Indicator
    weight: Decimal
    amount: Amount
    score: Decimal | None
    trend: str


@dataclass(frozen=True, slots=True)
class IndexClassRow:
    """A class with its parts; `share` is the per cent of its weight that has values."""

    code: str
    name: str
    weight: Decimal
    score: Decimal | None
    grade: Grade | None
    share: Decimal
    parts: tuple[IndexPart, ...]


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """An index at one period; no score where too little of its weight has values."""

    period: Period
    score: Decimal | None
    share: Decimal
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class IndexBelow:
    """A region below with its index."""

    place: Place
    score: Decimal | None
    share: Decimal
    grade: Grade | None
    before: Decimal | None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """An index for a region and a period. `tree_on` is the day whose regions hold; `restated` where that isn't the
    period's own end."""

    catalogue: str
    sample: bool
    index: Index
    indices: tuple[Index, ...]
    place: Place
    above: tuple[Place, ...]
    period: Period
    tree_on: date
    restated: bool
    now: IndexPoint
    before: IndexPoint
    classes: tuple[IndexClassRow, ...]
    series: tuple[IndexPoint, ...]
    below: tuple[IndexBelow, ...]
    missing: tuple[IndexPart, ...]


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of a region's sheet."""

    indicator: Indicator
    amount: Amount
    before: Amount
    above: Amount
    trend: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ProjectSheet:
    """A project's lines, with its points of 100; `missing` lines have none."""

    project: Project
    lines: tuple[SheetLine, ...]
    points: Decimal | None
    share: Decimal
    vetoed: bool


@dataclass(frozen=True, slots=True)
class RegionSheet:
    """One region, one period, all indicators; beside each the period before and the region above."""

    catalogue: str
    sample: bool
    place: Place
    above: tuple[Place, ...]
    period: Period
    projects: tuple[ProjectSheet, ...]
    points: Decimal | None
    share: Decimal
    indices: Mapping[str, IndexPoint]
    below: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One figure of a unit: its value, that of the period before, and of all units of its kind together.

    `interval` is the 95 % interval; `verdict` as of a funnel among the units of the kind."""

    code: str
    name: str
    unit_of_measure: str
    amount: Amount
    before: Amount
    peers: Amount
    verdict: str


@dataclass(frozen=True, slots=True)
class UnitSheet:
    """One unit, one period: what it was given, what it answered, solved and how it was rated, with what was excluded."""

    unit_id: int
    unit: str
    kind: str
    place: Place
    period: Period
    lines: tuple[UnitLine, ...]
    exclusions: ExclusionShare
    peers: int


@dataclass(frozen=True, slots=True)
class CompareLine:
    """An indicator in two periods. `difference` is value minus value; `overlaps`: the intervals do, so the difference may
    be chance."""

    indicator: Indicator
    first: Amount
    second: Amount
    difference: Decimal | None
    overlaps: bool | None
    trend: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of one region."""

    catalogue: str
    sample: bool
    place: Place
    above: tuple[Place, ...]
    first: Period
    second: Period
    lines: tuple[CompareLine, ...]


@dataclass(frozen=True, slots=True)
class OwedLine:
    """A value that a post owes: until when, and what was handed in.

    `state`: `due`, `late`, `handed-in`, `permitted` (late, with permission until `permitted_until`), `asked`.
    """

    indicator: Indicator
    place: Place
    period: Period
    due_on: date
    state: str
    entered: EnteredRow | None
    permitted_until: date | None


@dataclass(frozen=True, slots=True)
class Owed:
    """What a post owes now, the most urgent first, and what it has handed in lately."""

    lines: tuple[OwedLine, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """Who has handed in an indicator of a period, and who hasn't."""

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


__all__ = [
    "Amount",
    "Below",
    "Catalogue",
    "CompareLine",
    "Comparison",
    "Completeness",
    "EnteredRow",
    "ExclusionCard",
    "ExclusionRow",
    "ExclusionShare",
    "FileRow",
    "Gap",
    "IndexBelow",
    "IndexClassRow",
    "IndexPage",
    "IndexPart",
    "IndexPoint",
    "IndicatorList",
    "IndicatorPage",
    "Limits",
    "ListLine",
    "Owed",
    "OwedLine",
    "PermitRow",
    "Place",
    "Point",
    "ProjectSheet",
    "RecordRow",
    "Records",
    "RegionSheet",
    "RevisionRow",
    "SheetLine",
    "UnitLine",
    "UnitSheet",
]
