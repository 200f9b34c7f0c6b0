"""Which regions a keeper may change, and what a month is. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, time

from shanzhi.core.errors import NotAllowed
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.plan import Redraw

FEATURE = "keep"


def check_drawn(place: CodeRanges, drawn: Redraw) -> None:
    """May a post that stands for `place` carry this out?

    Raises:
        NotAllowed: a region lies outside, before or after, or what is taken into one that doesn't change by it.
    """
    names = {state.region_id: state.name for state in drawn.ended}
    given = [(state.name, state.code) for state in (*drawn.ended, *drawn.begun)]
    given += [(names[pair.old_id], pair.new_code) for pair in drawn.pairs]
    for name, code in given:
        if not place.contains(code):
            raise NotAllowed(
                msg("“%(name)s”（%(code)s）不在您岗位所管的范围内。请由上一级的系统管理员变更。"), name=name, code=code
            )


def month_bounds(month: date, changes: Iterable[date]) -> list[datetime]:
    """The beginnings of the month that begins on `month`, of each day of change within it, and of the next month."""
    after = next_month(month)
    days = sorted({month, *(day for day in changes if month < day < after), after})
    return [datetime.combine(day, time(), CITY_ZONE) for day in days]


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def month_before(day: date) -> date:
    """The first day of the month before the one in which `day` lies."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
