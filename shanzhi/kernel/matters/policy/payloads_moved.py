"""What the journal keeps where something beside the loop's steps moved by itself: a promise, or who is to answer."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.journal.policy import Payload, payload


@payload("matters.promise_moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMoved(Payload):
    """A date that is promised beside the clocks followed the calendar: by when the unit answers what was asked (its code in
    the process; empty: by when it gives its result as a co-handler)."""

    number: str
    ask: str
    unit_id: int
    limit: str
    was_due_at: datetime
    due_at: datetime
    calendar: str


@payload("matters.ask_fall")
@dataclass(frozen=True, slots=True, kw_only=True)
class AskFall(Payload):
    """Nobody was left who could answer what was asked (its code in the process): it went from one unit to another, or, with
    `to_unit_id` None, it is over without an answer."""

    number: str
    ask: str
    from_unit_id: int
    to_unit_id: int | None = None


@payload("matters.helper_left")
@dataclass(frozen=True, slots=True, kw_only=True)
class HelperLeft(Payload):
    """Nobody is left in a unit that was a co-handler: the lead doesn't wait for it any longer."""

    number: str
    unit_id: int
