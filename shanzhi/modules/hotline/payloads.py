"""What the hotline writes into the journal: that something was looked up or edited. No number, no word of a caller."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("hotline.caller_looked_up")
@dataclass(frozen=True, slots=True)
class CallerLookedUp(Payload):
    """The open matters of a caller's number were looked up by the blind index: how many were shown."""

    found: int


@payload("hotline.call_ended")
@dataclass(frozen=True, slots=True)
class CallEnded(Payload):
    """A call ended: how (`policy.Ending`), in which matter, and whether it had been rung through by the exchange."""

    ending: str
    number: str
    rung: bool


@payload("hotline.call_released")
@dataclass(frozen=True, slots=True)
class CallReleased(Payload):
    """A call that the vacant post had left open was ended by a supervisor, unread; its draft is gone."""

    post_id: int


@payload("hotline.knowledge_edited")
@dataclass(frozen=True, slots=True)
class KnowledgeEdited(Payload):
    """A knowledge item has a new version: from when to when it holds (None: open), where it was said to hold."""

    item: str
    item_version: int
    categories: tuple[str, ...]
    valid_from: date
    valid_until: date | None
    is_withdrawn: bool
