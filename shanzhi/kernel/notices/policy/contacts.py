"""How a message finds a person: the slice that owns the subject reads the phone, at the moment of sending, and records it."""

from collections.abc import Callable
from datetime import datetime

from shanzhi.kernel.clock.policy import WorkCalendar

PhoneOf = Callable[[int, datetime], str]
"""Subject's id and the time → the reporter's phone, or nothing where none is kept. Reads the vault, and says so to its
subject in the journal; worker's role."""

_phones: dict[str, PhoneOf] = {}
_calendars: list[Callable[[], WorkCalendar]] = []


def offer_phone(subject_kind: str, read: PhoneOf) -> None:
    """Say how the phone of a subject's reporter is read."""
    _phones[subject_kind] = read


def phone_reader(subject_kind: str) -> PhoneOf | None:
    """Who reads phones for a kind of subject."""
    return _phones.get(subject_kind)


def offer_calendar(read: Callable[[], WorkCalendar]) -> None:
    """Say which calendar holds today: the city may keep its own (a second offer replaces the first)."""
    _calendars[:] = [read]


def calendar() -> WorkCalendar:
    """The city's calendar; the plain one where no slice has offered any."""
    return _calendars[0]() if _calendars else WorkCalendar()
