"""What the slice writes into the journal.

A shape that has been written never changes: register a new version. No names, no words: what people typed appears as a
salted commitment, and persons as the number of their staff record at most.
"""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.journal.policy import Payload, payload


@payload("signoff.ask")
@dataclass(frozen=True, slots=True)
class SignoffAsked(Payload):
    """Two-person sign-off was asked for. `fields` are (code, value): dates and choices as they are, texts as
    commitments (SHA-256 over the row's salt and the text, in hexadecimal)."""

    kind: str
    fields: tuple[tuple[str, str], ...]
    expires_at: datetime


@payload("signoff.decide")
@dataclass(frozen=True, slots=True)
class SignoffDecided(Payload):
    """The second person agreed or didn't; `words_sealed` is the commitment of what they wrote."""

    kind: str
    approved: bool
    words_sealed: str


@payload("signoff.withdraw")
@dataclass(frozen=True, slots=True)
class SignoffWithdrawn(Payload):
    """Who asked took it back."""

    kind: str


@payload("signoff.expire")
@dataclass(frozen=True, slots=True)
class SignoffExpired(Payload):
    """Nobody decided in time, or nobody used the approval in time (`was` is the state before)."""

    kind: str
    was: str


@payload("signoff.finish")
@dataclass(frozen=True, slots=True)
class SignoffFinished(Payload):
    """What was agreed to was carried out by the worker, or failed; `tries` counts the beginnings."""

    kind: str
    state: str
    tries: int


@payload("signoff.use")
@dataclass(frozen=True, slots=True)
class SignoffUsed(Payload):
    """A command used the approval."""

    kind: str


@payload("token.issue")
@dataclass(frozen=True, slots=True)
class TokenIssued(Payload):
    """A program got a key for a post; `staff_id` answers for it, `expires_at` is its end."""

    post_id: int
    staff_id: int
    expires_at: datetime


@payload("token.end")
@dataclass(frozen=True, slots=True)
class TokenEnded(Payload):
    """A token ended before its date; `why` is "ended" (by somebody) or "left" (who answered for it left the post)."""

    post_id: int
    why: str


@payload("session.end")
@dataclass(frozen=True, slots=True)
class SessionsEnded(Payload):
    """All sessions of a member of staff were ended by somebody else, or with their last post; `reason` is a code of
    `policy.sessions.END_REASONS`."""

    staff_id: int
    reason: str
    sessions: int


@payload("account.reset_factors")
@dataclass(frozen=True, slots=True)
class FactorsReset(Payload):
    """The second step was taken off an account whose device is lost: how many passkeys and apps there were."""

    factors: int
