"""What rounds write into the journal: codes, ids, days, points; of words a commitment alone."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("rounds.open")
@dataclass(frozen=True, slots=True)
class RoundOpened(Payload):
    """A round was opened here, or taken over from its organiser's letter (`letter`: its uid); the guideline by SHA-256."""

    uid: str
    kind: str
    guideline: str
    rule: int
    sha256: str
    first: int
    last: int
    days: tuple[date, ...]
    organiser: str
    city: str
    letter: str


@payload("rounds.city_move")
@dataclass(frozen=True, slots=True)
class RoundCityMoved(Payload):
    """A city went from one state of a round to another; `letter` is the uid of the letter that said so, `words` the
    commitment to a reason."""

    round: str
    city: str
    before: str
    after: str
    words: str
    letter: str


@payload("rounds.duty")
@dataclass(frozen=True, slots=True)
class DutyGiven(Payload):
    """Who owes a project's part, by when, and which post signs it off; an empty project is the whole."""

    round: str
    city: str
    project: str
    to_unit_id: int
    role: str
    signer_post_id: int
    due_on: date


@payload("rounds.item")
@dataclass(frozen=True, slots=True)
class ItemScored(Payload):
    """An item's score by one of the three levels: its figure in two integers, its points as written."""

    round: str
    city: str
    key: str
    stage: str
    number: int
    numerator: int | None
    denominator: int | None
    value: str
    points: str
    reason: str
    words: str


@payload("rounds.claim")
@dataclass(frozen=True, slots=True)
class ProjectClaimed(Payload):
    """A project was claimed as special, or no longer; practice papers by SHA-256."""

    round: str
    city: str
    project: str
    claimed: bool
    words: str
    papers: tuple[str, ...]


@payload("rounds.sign")
@dataclass(frozen=True, slots=True)
class ProjectSigned(Payload):
    """A named post signed a project off, or the whole (an empty project); `sha256` of what it signed."""

    round: str
    city: str
    project: str
    number: int
    sha256: str


@payload("rounds.lock")
@dataclass(frozen=True, slots=True)
class RoundLocked(Payload):
    """What was locked: SHA-256 over the canonical form of every item's last score and every claim; how many fields the city
    typed for the round."""

    round: str
    city: str
    number: int
    sha256: str
    items: int
    typed: int


@payload("rounds.pack_built")
@dataclass(frozen=True, slots=True)
class PackBuilt(Payload):
    """The pack of a submission is whole: its letter's uid and SHA-256, how large it is; how many items of the lock have
    another figure in it."""

    round: str
    city: str
    number: int
    letter: str
    sha256: str
    size: int
    differing: int


@payload("rounds.slip")
@dataclass(frozen=True, slots=True)
class SlipRead(Payload):
    """A slip of the organiser was read: by its letter's uid, how much it said."""

    round: str
    city: str
    letter: str
    submission: int
    state: str
    returned: int
    scores: int
    findings: int


@payload("rounds.object")
@dataclass(frozen=True, slots=True)
class ObjectionMade(Payload):
    """A city objects to a score; `words` commits to what it wrote."""

    round: str
    city: str
    objection: str
    key: str
    stage: str
    words: str


@payload("rounds.finding_take")
@dataclass(frozen=True, slots=True)
class FindingTaken(Payload):
    """A finding became a matter."""

    round: str
    city: str
    finding: str
    matter_id: int
