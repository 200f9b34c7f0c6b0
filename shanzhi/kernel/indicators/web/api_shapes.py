"""What the API of figures takes and gives, as OpenAPI describes it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

from shanzhi.core.errors import InputError
from shanzhi.core.papers import MEDIA_TYPES
from shanzhi.core.text import msg

PeriodText = Annotated[
    str,
    Field(max_length=10, pattern=r"^[0-9]{4}(-[0-9]{2}|-[Qq][1-4])?$", description="2026-10, 2026-Q4 or 2026."),
]
ReportPeriod = Annotated[
    str,
    Field(
        max_length=10,
        pattern=r"^[0-9]{4}(-[0-9]{2}|-[Qq][1-4]|-[Ww][0-9]{2})?$",
        description="A week 2026-W47, a month 2026-10 or a quarter 2026-Q4.",
    ),
]
ReportFormat = Literal["pdf", "docx", "xlsx"]
REPORT_FILES = {
    "responses": {
        200: {
            "description": "The report as a file, with its name in Content-Disposition.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()},
        }
    }
}
"""What a report's call answers, as OpenAPI says it."""
REGION_CODE = r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$"
REGION_SAID = "2, 4, 6, 9 or 12 digits; empty: the whole city."
RegionCode = Annotated[str, Field(pattern=REGION_CODE, description=REGION_SAID)]
Words = Annotated[str, Field(max_length=1000)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]


class ValueOut(Schema):
    """A figure: two whole numbers and what comes of them. `state` says why there is no `shown`: `missing`, `too_few`,
    `not_applicable`. `low` and `high` are the 95 % interval."""

    state: str
    numerator: int | None
    denominator: int | None
    shown: Decimal | None
    unfinished: bool
    low: float | None = None
    high: float | None = None
    period: str
    version: int
    computed_at: datetime | None
    cursor: int
    handed_in: int | None
    owed: int | None


class FigureOut(Schema):
    """An indicator with the figure of a region and period, and how it moved."""

    key: str
    name: str
    unit: str
    project: str
    source: str
    value: ValueOut
    points: Decimal | None
    move: str


class FiguresOut(Schema):
    """A region's figures. `sample`: the catalogue is one, not the city's own."""

    catalogue: str
    sample: bool
    region_code: str
    region_name: str
    period: str
    figures: list[FigureOut]


class BelowOut(Schema):
    """A region below with its figure; `standing` among its neighbours, chance considered (empty where it can't be said)."""

    region_code: str
    region_name: str
    value: ValueOut
    standing: str


class RevisionOut(Schema):
    """A change after the month was cut, or by a decision: before, after, why."""

    number: int
    period: str
    made_at: datetime
    reason: str
    about: int
    before_numerator: int | None
    before_denominator: int | None
    after_numerator: int | None
    after_denominator: int | None


class FigurePageOut(Schema):
    """One indicator whole: definition, formula, series, neighbours, revisions."""

    key: str
    name: str
    version: int
    definition: str
    formula: str
    region_code: str
    period: str
    value: ValueOut
    series: list[ValueOut]
    below: list[BelowOut]
    revisions: list[RevisionOut]


class RecordOut(Schema):
    """A matter behind a figure, with what it adds."""

    number: str
    title: str
    category: str
    stage: str
    numerator: int
    denominator: int
    excluded: bool


class RecordsOut(Schema):
    """A page of matters; `total` count, `in_sight` are seen by the caller (1,000 at most), `next_after` leads on."""

    rows: list[RecordOut]
    total: int
    in_sight: int
    next_after: int | None


class IndexPartOut(Schema):
    """A part of an index; no `score` where its figure is missing."""

    indicator: str
    weight: Decimal
    score: Decimal | None
    state: str


class IndexClassOut(Schema):
    """A class of an index."""

    code: str
    name: str
    weight: Decimal
    value: Decimal | None
    share: Decimal
    parts: list[IndexPartOut]


class IndexOut(Schema):
    """An index of a region and period; `share` of its weight has values."""

    code: str
    name: str
    region_code: str
    period: str
    tree_on: date
    value: Decimal | None
    grade: str
    share: Decimal
    classes: list[IndexClassOut]


class OwedOut(Schema):
    """A figure that the calling post types in; `state`: due, late, asked, permitted, handed_in."""

    key: str
    name: str
    region_code: str
    region_name: str
    period: str
    due_on: date
    state: str
    permitted_until: date | None


class ValueIn(Schema):
    """A figure that is typed in; `confirmed` with `words`: it is far from the last one, and true."""

    period: PeriodText
    numerator: Whole
    region_code: RegionCode = ""
    denominator: Whole | None = None
    words: Words = ""
    confirmed: bool = False
    based_on: int = Field(0, ge=0, le=10000)


class ContestIn(Schema):
    """What is contested: a matter by its number, an indicator, a month (2026-10); the ground's code, and words."""

    number: str = Field(max_length=20)
    key: str = Field(max_length=40)
    month: str = Field(max_length=7)
    ground: str = Field(max_length=40)
    words: Words


class PermitIn(Schema):
    """A wish to hand in late."""

    model_config = ConfigDict(extra="forbid")
    region_code: RegionCode = ""
    period: PeriodText
    words: Words


class PermitAnswerIn(Schema):
    """The answer: until when, or (without a day) not."""

    model_config = ConfigDict(extra="forbid")
    until_on: date | None = None
    reason: Words


class DecisionIn(Schema):
    """The decision on a contested count."""

    model_config = ConfigDict(extra="forbid")
    grant: bool
    reason: Words


class RevisionIn(Schema):
    """Why a decision is changed into its opposite."""

    model_config = ConfigDict(extra="forbid")
    reason: Words


class MadeOut(Schema):
    """The id of what was made or changed."""

    id: int


class ExclusionOut(Schema):
    """A contested count: the matter's number, no persons, no words."""

    id: int
    matter_number: str
    key: str
    name: str
    month: int
    region_code: str
    region_name: str
    unit: str
    decider: str
    ground: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    revised_at: datetime | None


ExclusionState = Literal["", "asked", "granted", "declined", "withdrawn"]
Pk = Annotated[int, Field(ge=1, le=2**63 - 1)]


def day_of(text: str) -> date | None:
    """A day as it is written; None for an empty text.

    Raises:
        BadDay: it is none.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadDay(msg("“%(text)s”不是日期，写成 2026-11-22 这样。"), text=text) from None


class BadDay(InputError):
    """A text that is no day."""

    code = "figure-day"
