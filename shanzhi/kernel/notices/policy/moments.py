"""When something is sent: quiet hours, digests, and when a failed delivery is tried again. Pure reckoning."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.clock.policy import WorkCalendar

LEASE = timedelta(minutes=5)
"""How long a try belongs to the worker that began it; one that died leaves nothing locked."""
FIRST_WAIT = timedelta(seconds=30)
MOST_WAIT = timedelta(hours=6)
MOST_TIMES = 6
_LOOK_AHEAD = 60
_DOUBLINGS = 20
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nothing goes out: between `since` and `until` of each day (minutes after midnight, over midnight where
    `since` is later), or outside the city's service hours. Equal minutes: never quiet."""

    since: int = 0
    until: int = 0
    outside_service: bool = False


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """At which minutes of a working day digests go out, ascending."""

    at: tuple[int, ...]


def _minutes(text: Any) -> int:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise RuleBookError(msg("“%(text)s”不是时间。请写成 08:30 的样子。"), text=text)
    return int(found[1]) * 60 + int(found[2])


def quiet_of(gateway: str, table: Any) -> QuietHours:
    """Quiet hours as the rule book says them: `{from = "20:00", to = "08:00"}`, `{outside = "service"}` or nothing.

    Raises:
        RuleBookError: neither.
    """
    if table == {}:
        return QuietHours()
    if table == {"outside": "service"}:
        return QuietHours(outside_service=True)
    if not isinstance(table, dict) or set(table) != {"from", "to"}:
        raise RuleBookError(
            msg('“%(name)s”的安静时段写法不对。请写 from 和 to，或 outside = "service"。'), name=gateway
        )
    return QuietHours(_minutes(table["from"]), _minutes(table["to"]))


def times_of(table: Mapping[str, Any]) -> DigestTimes:
    """Times of digests: `{at = ["08:30", "14:00"]}`.

    Raises:
        RuleBookError: none, too many, or no times.
    """
    given = table.get("at", ["08:30", "14:00"])
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_TIMES or set(table) - {"at"}:
        raise RuleBookError(msg('汇总时间要写 1 到 %(most)s 个，如 at = ["08:30", "14:00"]。'), most=MOST_TIMES)
    return DigestTimes(tuple(sorted({_minutes(one) for one in given})))


def release_at(moment: datetime, quiet: QuietHours, calendar: WorkCalendar) -> datetime:
    """The first moment from `moment` on at which something may go out."""
    local = calendar.localise(moment)
    if quiet.outside_service:
        return _in_service(local, calendar)
    minute = local.hour * 60 + local.minute
    over_midnight = quiet.since > quiet.until
    is_quiet = minute >= quiet.since or minute < quiet.until if over_midnight else quiet.since <= minute < quiet.until
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=1 if over_midnight and minute >= quiet.since else 0)
    return _at(day.toordinal(), quiet.until, local)


def _in_service(local: datetime, calendar: WorkCalendar) -> datetime:
    minute = local.hour * 60 + local.minute
    for ahead in range(_LOOK_AHEAD):
        day = local.date() + timedelta(days=ahead)
        if not calendar.is_working_day(day):
            continue
        for span in calendar.hours:
            if ahead == 0 and span.opens <= minute < span.closes:
                return local
            if ahead > 0 or span.opens > minute:
                return _at(day.toordinal(), span.opens, local)
    return local


def next_digest(moment: datetime, times: DigestTimes, calendar: WorkCalendar) -> datetime:
    """The next moment, after `moment`, at which a digest goes out: on a working day."""
    local = calendar.localise(moment)
    for ahead in range(_LOOK_AHEAD):
        day = local.date() + timedelta(days=ahead)
        for minute in times.at if calendar.is_working_day(day) else ():
            found = _at(day.toordinal(), minute, local)
            if found > moment:
                return found
    return moment


def _at(ordinal: int, minute: int, local: datetime) -> datetime:
    day = datetime.fromordinal(ordinal).date()
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=local.tzinfo)


def next_try(key: str, tries: int, now: datetime) -> datetime:
    """When to try again: 30 s, doubled each time up to 6 h, each a fifth shorter or longer by a value derived from the
    delivery's key, so that a thousand that failed together don't come back together."""
    wait: timedelta = min(FIRST_WAIT * 2 ** min(max(tries - 1, 0), _DOUBLINGS), MOST_WAIT)
    drawn = int.from_bytes(sha256(f"{key}:{tries}".encode()).digest()[:4], "big") / 2**32
    return now + timedelta(seconds=wait.total_seconds() * (0.8 + 0.4 * drawn))
