"""What evidence writes into the journal: hashes, codes, ids, days; of words a commitment alone, of persons nothing."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("evidence.take")
@dataclass(frozen=True, slots=True)
class EvidenceTaken(Payload):
    """An object was taken into the archive: by a post (`hand`, `visit`), or by itself from daily work. `title` commits to the
    words, with the object's salt; `arose_on` is the day of the evidence."""

    sha256: str
    media_type: str
    size: int
    type: str
    project: str
    year: int
    source: str
    source_id: int
    region_id: int
    arose_on: date
    keep_until: date | None
    title: str


@payload("evidence.use")
@dataclass(frozen=True, slots=True)
class EvidenceUsed(Payload):
    """From now on it serves something, or (`is_on` false) serves it no longer."""

    kind: str
    subject: str
    key: str
    place: str
    is_on: bool


@payload("evidence.describe")
@dataclass(frozen=True, slots=True)
class EvidenceDescribed(Payload):
    """Its type, project or title was put right."""

    type: str
    project: str
    title: str


@payload("evidence.read")
@dataclass(frozen=True, slots=True)
class EvidenceRead(Payload):
    """A post opened it, and for what."""

    why: str


@payload("evidence.retire")
@dataclass(frozen=True, slots=True)
class EvidenceRetired(Payload):
    """Its file was destroyed, its time of retention being over; hash and line stay."""

    sha256: str
    keep_until: date
