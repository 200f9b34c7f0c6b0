"""Rules of the residents' doors: how often a follow code may be tried, what the public list shows. Pure values."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shanzhi.core.errors import Conflict, InputError, NotFound, TooMany

GUESS_WINDOW = timedelta(minutes=15)
PAIR_MOST = 10
NUMBER_MOST = 60
ADDRESS_MOST = 300
"""Wrong tries in one window: one number from one address, one number from everywhere, one address over all numbers.

A code has 40 bits, so even the last is harmless; it is that high because a whole office stands behind one address.
"""

PUBLIC_PAGE = 25
COUNT_CAP = 1000

State = Literal["", "open", "ended"]


class NoSuchMatter(NotFound):
    """No matter with this number and this code; which of the two is wrong isn't said."""

    code = "no-such-matter"


class TooManyGuesses(TooMany):
    """Too many wrong codes in a short time."""

    code = "too-many-guesses"


class CodeMissing(InputError):
    """A program left the follow code out."""

    code = "follow-code-missing"


class TokenNeeded(InputError):
    """A field that only a partner system with a token may fill."""

    code = "token-needed"


class SourceTaken(Conflict):
    """The other system's record was taken in before."""

    code = "source-taken"


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """A subject whose wrong tries are counted together, and how many it may have in one window."""

    subject: str
    most: int


def window_of(now: datetime) -> datetime:
    """The start of the counting window that `now` lies in."""
    seconds = int(GUESS_WINDOW.total_seconds())
    return now - timedelta(seconds=now.timestamp() % seconds)


def guess_limits(address: str, number: str) -> tuple[GuessLimit, ...]:
    """What one try counts for; sorted by subject, so that two tries at once can't wait for each other."""
    limits = (
        GuessLimit(f"address {address}", ADDRESS_MOST),
        GuessLimit(f"number {number}", NUMBER_MOST),
        GuessLimit(f"pair {address} {number}", PAIR_MOST),
    )
    return tuple(sorted(limits, key=lambda limit: limit.subject))


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """What the public list shows; an empty field doesn't filter. `category` is a first-level code."""

    region_code: str = ""
    category: str = ""
    state: State = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the public list, between two rows."""

    reported_on: date
    matter_id: int

    def __str__(self) -> str:
        return f"{self.reported_on:%Y%m%d}-{self.matter_id}"


def read_cursor(text: str) -> Cursor | None:
    """The cursor that an address carries; None for one that can't be read."""
    day, _, number = text.partition("-")
    try:
        return Cursor(date.fromisoformat(day), int(number))
    except ValueError:
        return None
