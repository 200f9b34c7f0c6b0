"""How many tries a sign-in name has: pure rules. Nothing here can hold up more than one name.

A place is an address, or a browser that has signed in under the name before (a "known" one). Tries from a known browser
count for that browser alone, so an attacker elsewhere, or at the next desk, doesn't hold its owner up (OWASP, "Slow Down
Online Guessing Attacks with Device Cookies"). There is no limit by address alone: an office shares one.
ASVS 5.0, 6.3.1 and 6.3.5.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

HERE_MOST = 8
HERE_WITHIN = timedelta(minutes=15)
NAME_MOST = 40
NAME_WITHIN = timedelta(hours=1)
NAME_PAUSE = timedelta(seconds=30)
CODE_MOST = 10
CODE_WITHIN = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` failures of one place within `within`."""

    most: int
    within: timedelta


BY_PASSWORD = Limit(HERE_MOST, HERE_WITHIN)
BY_CODE = Limit(CODE_MOST, CODE_WITHIN)


@dataclass(frozen=True, slots=True)
class Tries:
    """What is known of a name: failures here since the last success here and within the limit's time, and when the
    first of them was; failures from unknown places within NAME_WITHIN, and when the last of them was."""

    here: int = 0
    here_since: datetime | None = None
    unknown: int = 0
    unknown_last: datetime | None = None


def wait_here(tries: Tries, limit: Limit, now: datetime) -> timedelta | None:
    """How long this place has to wait for its next try under the name; None: not at all."""
    if tries.here < limit.most or tries.here_since is None:
        return None
    left = tries.here_since + limit.within - now
    return left if left > timedelta(0) else None


def wait_for_name(tries: Tries, now: datetime) -> timedelta | None:
    """How long unknown places have to wait for the next try under the name; None: not at all. A known browser never."""
    if tries.unknown < NAME_MOST or tries.unknown_last is None:
        return None
    left = tries.unknown_last + NAME_PAUSE - now
    return left if left > timedelta(0) else None
