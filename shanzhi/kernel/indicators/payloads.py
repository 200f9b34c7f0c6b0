"""What figures write into the journal: numbers, ids, days, grounds; of words a commitment alone."""

from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Payload, payload


@payload("indicators.value")
@dataclass(frozen=True, slots=True)
class FigureEntered(Payload):
    """A post typed a figure in, or corrected it (`number` counts from 1): `first` and `length` are its period, `files` the
    evidence by SHA-256."""

    key: str
    rule: int
    region_id: int
    first: int
    length: str
    number: int
    numerator: int
    denominator: int
    confirmed: bool
    late: bool
    words: str
    files: tuple[str, ...]


@payload("indicators.permit_ask")
@dataclass(frozen=True, slots=True)
class PermitAsked(Payload):
    """A unit asked to hand a figure in late; the unit one level up decides."""

    key: str
    region_id: int
    first: int
    length: str
    to_unit_id: int
    words: str


@payload("indicators.permit")
@dataclass(frozen=True, slots=True)
class PermitDecided(Payload):
    """The unit one level up said yes, until a day, or no."""

    key: str
    region_id: int
    first: int
    length: str
    granted: bool
    until_on: date | None
    words: str


@payload("indicators.contest")
@dataclass(frozen=True, slots=True)
class CountContested(Payload):
    """A unit contests that a matter counts in an indicator's month; `rule` is the version of that month."""

    matter_id: int
    indicator: str
    rule: int
    month: int
    region_id: int
    to_unit_id: int
    ground: str
    decide_by: date
    words: str
    files: tuple[str, ...]


@payload("indicators.contest_withdraw")
@dataclass(frozen=True, slots=True)
class ContestWithdrawn(Payload):
    """The unit took it back before it was decided."""

    matter_id: int
    indicator: str
    month: int


@payload("indicators.decide")
@dataclass(frozen=True, slots=True)
class ContestDecided(Payload):
    """The unit one level up granted it or not; `revised`: the level above that changed the decision into this one."""

    matter_id: int
    indicator: str
    month: int
    granted: bool
    revised: bool
    words: str


@payload("indicators.exclude")
@dataclass(frozen=True, slots=True)
class CountExcluded(Payload):
    """On the matter itself: from now on it doesn't count in the indicator's month. Facts are projected from it."""

    exclusion_id: int
    indicator: str
    month: int
    region_id: int
    asked_by_unit: int
    ground: str


@payload("indicators.include")
@dataclass(frozen=True, slots=True)
class CountIncluded(Payload):
    """On the matter itself: an exclusion was undone, it counts again."""

    exclusion_id: int
    indicator: str
    month: int
    region_id: int
    asked_by_unit: int
