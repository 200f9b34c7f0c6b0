"""What the organiser's side writes into the journal: posts, items, numbers; of words and ties a commitment alone."""

from dataclasses import dataclass

from shanzhi.kernel.journal.policy import Payload, payload


@payload("rounds.member")
@dataclass(frozen=True, slots=True)
class MemberNamed(Payload):
    """A post was named for a round's team, or is in it no longer."""

    round: str
    stage: str
    post_id: int
    named: bool


@payload("rounds.tie")
@dataclass(frozen=True, slots=True)
class TieDeclared(Payload):
    """A post's holder declared a tie; to which region is committed to and not said."""

    sealed: str


@payload("rounds.pack")
@dataclass(frozen=True, slots=True)
class PackReceived(Payload):
    """A city's pack was read for a submission; `faults` is how many its check found."""

    round: str
    city: str
    submission: int
    letter: str
    sha256: str
    faults: int


@payload("rounds.pack_refused")
@dataclass(frozen=True, slots=True)
class PackRefused(Payload):
    """A city's pack didn't pass its check, or can't be taken in; `faults` is how many were found."""

    round: str
    city: str
    letter: str
    sha256: str
    faults: int


@payload("rounds.return")
@dataclass(frozen=True, slots=True)
class ItemReturned(Payload):
    """An item went back to the city with its reason."""

    round: str
    city: str
    submission: int
    key: str
    words: str


@payload("rounds.look")
@dataclass(frozen=True, slots=True)
class LookedAt(Payload):
    """A piece of evidence or a matter was looked at for an item."""

    round: str
    city: str
    key: str
    stage: str
    kind: str
    reference: str
    is_right: bool


@payload("rounds.visit")
@dataclass(frozen=True, slots=True)
class VisitKept(Payload):
    """A check on site; photos by SHA-256."""

    round: str
    city: str
    key: str
    stage: str
    uid: str
    region: str
    numerator: int | None
    denominator: int | None
    contradicts: bool
    words: str
    files: tuple[str, ...]


@payload("rounds.finding")
@dataclass(frozen=True, slots=True)
class FindingMade(Payload):
    """What a check found, for the city to mend by a day."""

    round: str
    city: str
    key: str
    stage: str
    uid: str
    region: str
    due_on: str
    words: str


@payload("rounds.finding_mended")
@dataclass(frozen=True, slots=True)
class FindingMended(Payload):
    """The city told by a letter that its matter about a finding is closed."""

    round: str
    city: str
    uid: str
    number: str


@payload("rounds.finding_close")
@dataclass(frozen=True, slots=True)
class FindingClosed(Payload):
    """A finding came back closed."""

    round: str
    city: str
    uid: str
    reference: str


@payload("rounds.objection_decide")
@dataclass(frozen=True, slots=True)
class ObjectionDecided(Payload):
    """An objection was upheld or declined, by somebody else than the scorer."""

    round: str
    city: str
    uid: str
    key: str
    stage: str
    upheld: bool
    words: str


@payload("rounds.result")
@dataclass(frozen=True, slots=True)
class ResultPublished(Payload):
    """A city on a published list."""

    round: str
    city: str
    number: int
    total: str
    bonus: str
    vetoes: int
    passes: bool


@payload("rounds.practice")
@dataclass(frozen=True, slots=True)
class PracticeNamed(Payload):
    """A project was put on the list of best practices."""

    round: str
    city: str
    project: str
    words: str
