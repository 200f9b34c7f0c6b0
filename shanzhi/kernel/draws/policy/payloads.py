"""What draws write into the journal: hashes, numbers, and nonces once they are shown; no names of what may be drawn."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.journal.policy import Payload, payload

SUBJECT = "draw"


@payload("draws.announce")
@dataclass(frozen=True, slots=True)
class DrawAnnounced(Payload):
    """A draw was announced: SHA-256 of its announcement and of its frame, how many there are and how many are taken."""

    number: int
    purpose: str
    turn: int
    ground: str
    announcement: str
    frame: str
    size: int
    take: int
    window: int


@payload("draws.open")
@dataclass(frozen=True, slots=True)
class DrawOpened(Payload):
    """The first signed head that includes the announcement was taken, and our own nonce (of the side at `side`, from 0) shown:
    from here on the others show theirs, until `until`."""

    number: int
    epoch: int
    size: int
    root: str
    side: int
    nonce: str
    until: datetime


@payload("draws.show")
@dataclass(frozen=True, slots=True)
class NonceShown(Payload):
    """A side (from 0, in the announcement's order) showed its nonce."""

    number: int
    side: int
    nonce: str


@payload("draws.make")
@dataclass(frozen=True, slots=True)
class DrawMade(Payload):
    """The draw was made: SHA-256 of its result, and the sides that didn't show their nonce in time."""

    number: int
    result: str
    forfeited: tuple[int, ...]


@payload("draws.withdraw")
@dataclass(frozen=True, slots=True)
class DrawWithdrawn(Payload):
    """A draw was withdrawn before anything of it could be known, on a ground of the list."""

    number: int
    ground: str


@payload("draws.publish")
@dataclass(frozen=True, slots=True)
class DrawPublished(Payload):
    """List and result of a draw, kept back until then, were made public."""

    number: int
