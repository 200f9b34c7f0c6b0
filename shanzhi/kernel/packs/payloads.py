"""What letters write into the journal: who sent what to whom, by hash; never a line of a letter."""

from dataclasses import dataclass

from shanzhi.kernel.journal.policy import Payload, payload


@payload("packs.letter_taken")
@dataclass(frozen=True, slots=True)
class LetterTaken(Payload):
    """A letter was taken in: its SHA-256, what it is, whose keys signed it."""

    sha256: str
    kind: str
    uid: str
    round: str
    sender: str
    key_ids: tuple[str, ...]


@payload("packs.letter_sent")
@dataclass(frozen=True, slots=True)
class LetterSent(Payload):
    """A letter was written and signed, to be sent."""

    sha256: str
    kind: str
    uid: str
    round: str
    receiver: str
    key_ids: tuple[str, ...]


@payload("packs.letter_settled")
@dataclass(frozen=True, slots=True)
class LetterSettled(Payload):
    """A letter was read (what it said is in force) or refused."""

    sha256: str
    state: str


@payload("packs.peer_entered")
@dataclass(frozen=True, slots=True)
class PeerEntered(Payload):
    """From here on letters of this platform are believed when one of these keys signed them."""

    code: str
    key_ids: tuple[str, ...]
    signoff_id: int


@payload("packs.peer_withdrawn")
@dataclass(frozen=True, slots=True)
class PeerWithdrawn(Payload):
    """From here on letters of this platform are kept and not used."""

    code: str
    signoff_id: int
