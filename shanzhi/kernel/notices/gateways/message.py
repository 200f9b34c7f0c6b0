"""What a gateway gets, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `to` is the mailbox, the phone or the address; it stands in no log and in no error. `text` is the
    subject, the text or the number that it is about; `body` the rest; `keys` sign, the first one first."""

    key: UUID
    step: str
    to: str = field(repr=False)
    text: str
    body: Mapping[str, Any]
    made_at: datetime
    keys: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has taken it."""


@dataclass(frozen=True, slots=True)
class Void:
    """There is nobody to tell: no mailbox, no phone. `code` says which."""

    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It wasn't taken, or nobody knows whether it was. `code` is ours, never the other side's words; `whole`: the
    destination fails, not this message; `for_good`: trying again is no use."""

    code: str
    whole: bool
    for_good: bool = False


Outcome = Sent | Void | Failed
