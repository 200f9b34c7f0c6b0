"""What the reads of drives answer with: small frozen rows; posts and units by name, never a person."""

from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.evidence.queries import EvidenceRow
from shanzhi.modules.drives.policy.checklist import Checklist, Item
from shanzhi.modules.drives.policy.judging import Standing
from shanzhi.modules.drives.policy.states import State, TitleState


@dataclass(frozen=True, slots=True)
class DriveRow:
    """A drive in a list. `waiting` applications are to be visited or decided, `titles` were granted."""

    id: int
    name: str
    title: str
    region_code: str
    until_on: date
    months: int
    sample: bool
    applications: int
    waiting: int
    titles: int


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application in a list."""

    id: int
    drive_id: int
    drive_name: str
    title: str
    place_id: int
    place_name: str
    scope_code: str
    state: State
    unit_id: int
    unit: str
    typed: int
    begun_at: datetime
    applied_at: datetime | None
    visited_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class DriveView:
    """A drive whole. `decider` is the post that decides, with its unit; `is_admitted`: it still stands on the list today."""

    id: int
    name: str
    title: str
    scope_code: str
    region: str
    checklist: Checklist
    sha256: str
    admission_item: str
    is_admitted: bool
    opened_at: datetime
    until_on: date
    months: int
    unit: str
    decider: str
    decider_post_id: int
    rows: tuple[ApplicationRow, ...]
    more_after: int
    places: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class LookRow:
    """What was found about an item on site, by which unit; photos are numbers of attachments."""

    item: str
    found: bool
    words: str
    seen_at: datetime
    unit: str
    latitude: float | None
    longitude: float | None
    matter_number: str
    photos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with its answer, what was found, and what serves it."""

    item: Item
    standing: Standing
    is_record: bool
    is_carried: bool
    numerator: int | None
    denominator: int | None
    words: str
    look: LookRow | None
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class HearingRow:
    """How a holder was heard."""

    ground: str
    words: str
    until_on: date
    opened_at: datetime
    statement: str
    stated_at: datetime | None
    ended_at: datetime | None
    outcome: str
    decision: str


@dataclass(frozen=True, slots=True)
class TitleRow:
    """A title, public: what, where, from when until when. `ground` is why it was withdrawn."""

    id: int
    application_id: int
    code: str
    name: str
    place_id: int
    place_name: str
    place_kind: str
    scope_code: str
    state: TitleState
    granted_on: date
    until_on: date
    ended_on: date | None
    ground: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of an application's history: what was done, by which unit, when."""

    action: str
    unit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application whole. `proposed` is evidence that may serve an item; `lacking` the names of the items for want of which
    no title can be granted."""

    row: ApplicationRow
    drive_id: int
    checklist: Checklist
    decider_post_id: int
    months: int
    reason: str
    renews: int | None
    items: tuple[ItemRow, ...]
    proposed: tuple[EvidenceRow, ...]
    lacking: tuple[str, ...]
    title: TitleRow | None
    hearing: HearingRow | None
    steps: tuple[StepRow, ...]
