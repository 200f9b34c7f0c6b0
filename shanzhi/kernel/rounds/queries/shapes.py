"""What reads of a city's round answer with."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shanzhi.kernel.evidence.queries import ItemEvidence
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.indicators.policy.definitions import Indicator, Project
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import Value
from shanzhi.kernel.rounds.policy.items import ItemKind, Total
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.telling import Sentence
from shanzhi.kernel.rounds.policy.words import RoundKind


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A city's round in a list; `until` is the day by which the city's next step is due, None where there is none."""

    city_id: int
    uid: str
    name: str
    kind: RoundKind
    city: str
    city_code: str
    state: State
    since: datetime
    until: date | None
    period: Period
    organiser: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A city's round with its projects by code and name."""

    row: RoundRow
    submission: int
    projects: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The round's days, and the return's own where there is one."""

    opened_on: date
    self_until: date
    province_until: date
    centre_until: date
    objections_until: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Who owes a project's part, and who signs it."""

    project: str
    unit_id: int
    unit: str
    role: str
    signer_post_id: int
    signer: str
    due_on: date


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A signature that stands; `post` as it was named."""

    project: str
    post: str
    signed_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list. `points` is the self-score of `most`; `is_scored`: it was computed, or written to, once; `is_open`: it
    may be written to now; `returned` says why the province sent it back."""

    indicator: Indicator
    kind: ItemKind
    value: Value
    points: Decimal | None
    most: Decimal
    typed: int
    is_scored: bool
    is_complete: bool
    is_open: bool
    reason: str
    words: str
    returned: str
    evidence: int
    province: Decimal | None
    centre: Decimal | None


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project of the round: its items, how many are owed, its points of 100; who owes and signs it; is it claimed?"""

    project: Project
    items: tuple[ItemRow, ...]
    owed: int
    typed: int
    points: Decimal | None
    duty: DutyRow | None
    signed: SignedRow | None
    wants_signature: bool
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class BuildRow:
    """A pack on its way, or whole: of a submission; `part` and `done` say how far it is; `said` are sentences (message ids and
    what they are filled with): what is in the way, or which items differ."""

    id: int
    submission: int
    state: str
    part: str
    done: int
    sha256: str
    size: int
    asked_at: datetime
    ended_at: datetime | None
    said: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A city's round whole. `typed`: fields that were typed for the round, of computed items and of all; `may` are the
    features of the acting post within the city."""

    row: RoundRow
    calendar: Calendar
    reason: str
    submission: int
    locked_sha256: str
    projects: tuple[ProjectRow, ...]
    head: DutyRow | None
    head_signed: SignedRow | None
    total: Total
    items: int
    owed: int
    typed: int
    typed_computed: int
    uncut: tuple[int, ...]
    build: BuildRow | None

    @property
    def unsigned(self) -> tuple[ProjectRow, ...]:
        """The projects that still want a signature."""
        return tuple(one for one in self.projects if one.wants_signature and one.signed is None)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score as it was given, in an item's history; `by` is the unit, empty where it was computed."""

    stage: str
    number: int
    value: Value
    points: Decimal | None
    most: Decimal
    reason: str
    words: str
    by: str
    at: datetime
    is_last: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item with all that its page shows. `figure`: region and period under which the city's own pages have the figure by
    the same rule; None where they have another, then `behind` are the numbers of matters behind it. `head_post_id`: which post
    signs the whole, None where none is named."""

    row: RoundRow
    project: Project
    item: ItemRow
    evidence: ItemEvidence
    number: int
    period: Period
    region_id: int | None
    figure: bool
    behind: int
    scores: tuple[ScoreRow, ...]
    duty: DutyRow | None
    head_post_id: int | None
    due_by: date


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claimed project with its practice papers."""

    id: int
    project: str
    words: str
    claimed_at: datetime
    papers: tuple[AttachmentRow, ...]


@dataclass(frozen=True, slots=True)
class OwedRow:
    """What the acting post owes in a round: `items` of a project to complete, or a project (or the whole) to sign."""

    row: RoundRow
    project: str
    name: str
    due_on: date
    items: int
    to_sign: bool
