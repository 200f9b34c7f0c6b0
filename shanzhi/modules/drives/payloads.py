"""What drives write into the journal: codes, places, days, numbers; of words a commitment alone."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("drives.open")
@dataclass(frozen=True, slots=True)
class DriveOpened(Payload):
    """A drive was opened on an entry of the admission list; the checklist by SHA-256."""

    code: str
    rule: int
    sha256: str
    admission: int
    until_on: date
    months: int
    decider_post: int


@payload("drives.close")
@dataclass(frozen=True, slots=True)
class DriveClosed(Payload):
    """The term of a drive was shortened: its last day."""

    until_on: date


@payload("drives.begin")
@dataclass(frozen=True, slots=True)
class ApplicationBegun(Payload):
    """An application for a place was begun; `renews` is the title that it is to follow."""

    drive: int
    place: int
    renews: int | None


@payload("drives.apply")
@dataclass(frozen=True, slots=True)
class ApplicationMade(Payload):
    """An application was handed in: each item with its answer (`item 1`, `item 0`), of the records with numerator and
    denominator, words committed to; how many fields were typed."""

    drive: int
    place: int
    answers: tuple[str, ...]
    words: tuple[str, ...]
    typed: int


@payload("drives.look")
@dataclass(frozen=True, slots=True)
class LookKept(Payload):
    """An item was looked at on site; photos by SHA-256; `matter` is the finding that came of it."""

    drive: int
    place: int
    item: str
    uid: str
    found: bool
    words: str
    files: tuple[str, ...]
    matter: str


@payload("drives.visit")
@dataclass(frozen=True, slots=True)
class Visited(Payload):
    """All that is looked at on site was."""

    drive: int
    place: int


@payload("drives.back")
@dataclass(frozen=True, slots=True)
class ApplicationWithdrawn(Payload):
    """The applicant took an application back."""

    drive: int
    place: int


@payload("drives.decide")
@dataclass(frozen=True, slots=True)
class Decided(Payload):
    """A title was granted from a day until a last day, or refused (no days); the reason committed to."""

    drive: int
    place: int
    title: int | None
    granted_on: date | None
    until_on: date | None
    words: str


@payload("drives.hear")
@dataclass(frozen=True, slots=True)
class HearingOpened(Payload):
    """The holder of a title is heard before it is withdrawn: on what ground, until which day."""

    title: int
    ground: str
    until_on: date
    words: str


@payload("drives.state")
@dataclass(frozen=True, slots=True)
class StatementMade(Payload):
    """The holder made a statement."""

    title: int
    words: str


@payload("drives.heard")
@dataclass(frozen=True, slots=True)
class HearingEnded(Payload):
    """The hearing ended: the title was withdrawn on a ground, or the matter dropped (no ground)."""

    title: int
    ground: str
    words: str


@payload("drives.expire")
@dataclass(frozen=True, slots=True)
class TitleEnded(Payload):
    """A title came to its last day, or another one took its place."""

    title: int
    until_on: date
