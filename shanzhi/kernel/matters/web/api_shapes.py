"""What the staff's API takes and gives, as OpenAPI describes it. Names and sentences are in the caller's language."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict

Code = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9._-]*$")]
RegionCode = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})?$",
        description="2, 4, 6, 9, 12 or 15 digits, or empty.",
    ),
]


def _as_written(value: object) -> object:
    """A day as text, never as a number: seconds since 1970 would pass otherwise."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written as 2026-11-22")
    return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_as_written), Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Value = bool | int | str | list[int | str | dict[str, str]] | None


class ListQuery(Schema):
    """Filters of a list; what is left out doesn't filter. Beneath them stands what the post may see at all."""

    stage: list[Code] = Field([], description="Codes of stages.")
    unit_id: int | None = Field(None, ge=1, le=2**63 - 1, description="A unit with an open share.")
    part: Literal["", "lead", "co"] = Field("", description="That unit's part.")
    region_code: RegionCode = Field("", description="Everything below this region code.")
    category: Code = Field("", description="A category's code, or the beginning of one.")
    light: Literal["", "normal", "warning", "overdue"] = ""
    kind: Code = Field("", description="A kind's code.")
    channel: Code = Field("", description="The code of the channel by which it was reported.")
    place: str = Field("", max_length=100, description="Words of the place's text.")
    words: str = Field("", max_length=100, description="A number, or text in title or place.")
    reported_from: Day | None = None
    reported_to: Day | None = None
    open_only: bool = True
    sort: Literal["due", "newest"] = "due"
    after: str = Field(
        "",
        pattern=r"^((-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(\+[0-9:]{5,8}|Z))_[0-9]{1,18}_[0-9a-f]{8})?$",
        description="`next_after` of the page before.",
    )
    size: int = Field(25, ge=1, le=100)


class MatterLine(Schema):
    """A line of a list."""

    number: str
    title: str
    category: str
    category_name: str
    region_name: str
    place: str
    stage: str
    stage_name: str
    light: str | None
    due_at: datetime | None
    reported_at: datetime
    ended_at: datetime | None
    holder_name: str
    reopened: int
    version: int


class MatterList(Schema):
    """One page. `next_after` is empty on the last one; `total` stops at 1,000, which `total_capped` says."""

    rows: list[MatterLine]
    next_after: str
    total: int
    total_capped: bool


class Input(Schema):
    """A field that an action takes: its type says what its value is (GET /kinds/{code})."""

    code: str
    name: str
    type: str
    needed: bool


class Button(Schema):
    """An action that this post may do now."""

    code: str
    name: str
    verb: str
    fields: list[Input]


class ShareOut(Schema):
    """A unit's share: `part` lead or co; `state` waiting, taken, done, returned, moved or over."""

    unit_name: str
    part: str
    state: str
    assigned_at: datetime
    is_open: bool


class FileOut(Schema):
    """A file; `size` in bytes, sides in pixels, `url` to fetch it by with the same token."""

    id: int
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    purpose: str
    shown_to_reporter: bool
    added_at: datetime
    taken_at: datetime | None
    sha256: str
    url: str


class MatterOut(Schema):
    """A matter as the post sees it: texts masked, `next` what comes next and by when, `actions` what it may do now."""

    number: str
    version: int
    kind_name: str
    title: str
    body: str
    category: str
    category_name: str
    region_code: str
    region_name: str
    place: str
    latitude: float | None
    longitude: float | None
    channel_name: str
    reported_at: datetime
    stage: str
    stage_name: str
    result: str | None
    next: str
    light: str | None
    due_at: datetime | None
    ended_at: datetime | None
    holder_name: str
    counts: dict[str, int]
    solved: bool | None
    satisfied: int | None
    reply: str
    has_contact: bool
    has_originals: bool
    shares: list[ShareOut]
    files: list[FileOut]
    actions: list[Button]


class EntryOut(Schema):
    """One thing that was done; `who` is a unit, never a person."""

    step: int
    at: datetime
    action: str
    title: str
    who: str
    ground: str
    words: str
    reply: str
    due_at: datetime | None
    overdue: bool
    lead: str
    co: str
    solved: bool | None
    satisfied: int | None
    reason: str


class TimelineOut(Schema):
    """Everything that was done, oldest first."""

    number: str
    entries: list[EntryOut]


class FilesOut(Schema):
    """A matter's files, oldest first."""

    number: str
    files: list[FileOut]


class ActionIn(BaseModel):
    """The action's fields by their codes, for `request`: ground, words, reply, category, region, lead, co (units' ids).

    `version` is the one that the caller has seen: if the matter has moved on since, the answer is 409.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Value]
    version: int | None = None


class DoneOut(Schema):
    """The matter's state after the step. `replayed`: it had been done before under the same key, nothing was done."""

    number: str
    stage: str
    stage_name: str
    version: int
    step: int
    replayed: bool


class ContactIn(Schema):
    """Why the contact is needed; the reporter will see it. `originals`: the unmasked texts in its place."""

    reason: str = Field(max_length=40, description="contact, visit, check or original")
    originals: bool = False


class ContactOut(Schema):
    """The reporter's name and phone, or the unmasked texts, by part; empty where nothing is kept."""

    number: str
    parts: dict[str, str]


class UnitOut(Schema):
    """A unit that can be given work."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: str
    region_code: str
    department: str | None


class RegionOut(Schema):
    """A region; `path` are the names from the county down."""

    code: str
    name: str
    short_name: str
    level: str
    path: str


class CategoryOut(Schema):
    """A second-level category."""

    code: str
    name: str


class CategoryGroupOut(Schema):
    """A first-level category and what is below it."""

    code: str
    name: str
    help: str
    second: list[CategoryOut]


class GroundOut(Schema):
    """A ground; `use` is refuse, return, transfer, withdraw or not_solved, `channel` the lawful way elsewhere."""

    code: str
    use: str
    name: str
    help: str
    channel: str
    needs_words: bool


class StageOut(Schema):
    """A stage; `limit` as the rule book writes it ("5wd": five working days), `result` in an end."""

    code: str
    name: str
    owner: str
    limit: str | None
    result: str | None


class FieldOut(Schema):
    """A field of actions; `max` is characters, how many, or the highest score."""

    code: str
    name: str
    type: str
    max: int | None
    choices: list[str]
    hint: str


class ActionOut(Schema):
    """An action of the process: from where, by whom, with which fields."""

    code: str
    name: str
    verb: str
    from_stages: list[str]
    by: list[str]
    needs: list[str]
    may: list[str]


class KindOut(Schema):
    """A kind's process in force."""

    code: str
    name: str
    version: int
    description: str
    initial: str
    stages: list[StageOut]
    fields: list[FieldOut]
    actions: list[ActionOut]
