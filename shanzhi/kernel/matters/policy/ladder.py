"""Who is told next when a clock is near or past its limit: the rule book's section `ladder`, checked as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.clock.policy import BadDuration, Duration, DurationUnit, WorkCalendar, due_at

RUNGS_MOST = 9
WORKING_DAYS_MOST = 60
LOOK_BACK_DAYS = 150
"""How far back the day is looked for of which so many working days have passed: sixty of them and every holiday."""


class At(StrEnum):
    """At which light a rung stands."""

    WARNING = "warning"
    OVERDUE = "overdue"


class Tell(StrEnum):
    """Whom a rung tells: the posts whose turn it is, those and the supervisors of the holding unit, the supervisors of the
    centre that took the matter in, those of the level above the holding unit."""

    HOLDER = "holder"
    UNIT = "unit"
    CENTRE = "centre"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: at which light, after how many working days past the limit (0: at once), and whom it tells."""

    code: str
    at: At
    days: int
    tell: Tell


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs from the lowest up, and the calendar in whose hours they are told."""

    rungs: tuple[Rung, ...]
    calendar: str


def parse_ladder(tables: Mapping[str, Any]) -> Ladder:
    """Make and check the section.

    Raises:
        RuleBookError: names the rung and what is wrong with it.
    """
    rows = tables.get("rung", [])
    if not isinstance(rows, list) or not 1 <= len(rows) <= RUNGS_MOST:
        raise RuleBookError(msg("催办阶梯要有 1 到 %(most)s 级。请写 [[rung]]。"), most=RUNGS_MOST)
    rungs = tuple(_rung(row) for row in rows)
    if len({rung.code for rung in rungs}) < len(rungs):
        raise RuleBookError(msg("催办阶梯有两级的 code 相同。请改一个。"))
    order = [(rung.at is At.OVERDUE, rung.days) for rung in rungs]
    if any(above <= below for below, above in pairwise(order)):
        raise RuleBookError(msg("催办阶梯要从快到期写起，越往后越晚。请调整先后。"))
    return Ladder(rungs, str(tables.get("when", {}).get("calendar", "service")))


def _rung(row: Mapping[str, Any]) -> Rung:
    code = str(row.get("code", ""))
    if set(row) - {"code", "at", "after", "tell"} or not code:
        raise RuleBookError(msg("催办阶梯“%(code)s”写法不对。每级写 code、at、tell，可以写 after。"), code=code)
    if row.get("at") not in set(At) or row.get("tell") not in set(Tell):
        raise RuleBookError(
            msg("催办阶梯“%(code)s”：at 写 warning 或 overdue，tell 写 holder、unit、centre 或 above。"), code=code
        )
    at, days = At(row["at"]), _days(code, row.get("after", ""))
    if days and at is At.WARNING:
        raise RuleBookError(msg("催办阶梯“%(code)s”：快到期的一级不写 after。"), code=code)
    return Rung(code, at, days, Tell(row["tell"]))


def _days(code: str, text: str) -> int:
    if not text:
        return 0
    try:
        after = Duration.parse(text)
    except BadDuration as error:
        raise RuleBookError(msg("催办阶梯“%(code)s”：after 写成 3wd 这样。"), code=code) from error
    if after.unit is not DurationUnit.WORKING_DAY or after.amount > WORKING_DAYS_MOST:
        raise RuleBookError(msg("催办阶梯“%(code)s”：after 写成 3wd 这样。"), code=code)
    return after.amount


def is_service_time(now: datetime, calendar: WorkCalendar) -> bool:
    """Is it within the calendar's hours?"""
    return calendar.working_us(now, now + timedelta(seconds=1)) > 0


def reached_before(rung: Rung, now: datetime, calendar: WorkCalendar) -> datetime:
    """A clock that warns (for a rung at warning) or is due before this moment stands on the rung.

    So many working days have passed when office hours of the last of them are over; the day of the limit isn't counted
    (civil code, art. 201), so it is the same for every limit of one day.
    """
    if not rung.days:
        return now
    after = Duration(rung.days, DurationUnit.WORKING_DAY)
    day = calendar.localise(now).date()
    for back in range(LOOK_BACK_DAYS):
        noon = datetime.combine(day - timedelta(days=back), time(12), calendar.zone)
        if due_at(noon, after, calendar) < now:
            return datetime.combine(noon.date() + timedelta(days=1), time(), calendar.zone)
    return datetime.combine(day - timedelta(days=LOOK_BACK_DAYS), time(), calendar.zone)
