"""Rules of the residents' doors: how often a follow code may be tried, what the public list shows. Pure values."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shanzhi.core.errors import Conflict, InputError, NotFound, TooMany
from shanzhi.core.text import msg

GUESS_WINDOW = timedelta(minutes=15)
PAIR_MOST = 10
NUMBER_MOST = 60
ADDRESS_MOST = 300
"""Wrong tries in one window: one number from one address, one number from everywhere, one address over all numbers.

A code has 40 bits, so even the last is harmless; it is that high because a whole office stands behind one address.
"""

CODE_TRIES = 5
PHONE_MOST = 3
PHONE_EVERYWHERE_MOST = 6
PHONE_A_DAY = 10
CODES_ADDRESS_MOST = 200
TRIES_ADDRESS_MOST = 300
"""Phone codes in one window: one phone from one address, one phone from everywhere (and in a day), one address over all
phones. The last two are high because a whole office stands behind one address; a code has five tries."""

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


class TooManyCodes(TooMany):
    """Too many phone codes asked for, or tried."""

    code = "too-many-codes"


class WrongCode(InputError):
    """A phone code that is wrong, too old, used or tried too often; which of these isn't said."""

    code = "wrong-code"


class NoMobile(InputError):
    """A phone that can't get a text message."""

    code = "no-mobile"


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


def phone_limits(address: str, index: str) -> tuple[GuessLimit, ...]:
    """What one phone code that is asked for counts for; `index` stands for the phone. Sorted, as `guess_limits`."""
    limits = (
        GuessLimit(f"sms {index}", PHONE_EVERYWHERE_MOST),
        GuessLimit(f"sms {index} {address}", PHONE_MOST),
        GuessLimit(f"sms address {address}", CODES_ADDRESS_MOST),
    )
    return tuple(sorted(limits, key=lambda limit: limit.subject))


def try_limits(address: str) -> tuple[GuessLimit, ...]:
    """What one try of a phone code counts for."""
    return (GuessLimit(f"sms try {address}", TRIES_ADDRESS_MOST),)


def check_mobile(phone: str) -> str:
    """A phone in its normal form, if it can get text messages.

    Raises:
        NoMobile: it is a land line, or has an extension.
    """
    if not re.fullmatch(r"1[3-9]\d{9}|\+\d{7,15}", phone, re.ASCII):
        raise NoMobile(
            msg("这个号码收不到短信。请填手机号。"), fields={"phone": msg("这个号码收不到短信。请填手机号。")}
        )
    return phone


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
