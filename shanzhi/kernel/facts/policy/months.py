"""Months: which matters belong to one that is cut, and when one is over."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from shanzhi.core.errors import Conflict, InputError
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.folded import month_of

_MONTHS = 12


class BadMonth(InputError):
    """Not a month, or none that can be cut."""

    code = "bad-month"


class MonthIsntOver(Conflict):
    """The month still runs."""

    code = "month-isnt-over"


def parse_month(text: str) -> int:
    """`2026-11` as the whole number 202611.

    Raises:
        BadMonth: it isn't one.
    """
    try:
        return month_of(datetime.strptime(text, "%Y-%m").replace(tzinfo=CITY_ZONE).date())
    except ValueError as error:
        raise BadMonth(msg("月份要写成 2026-11 这样，现在是“%(given)s”。"), given=text) from error


def month_text(month: int) -> str:
    """202611 as `2026-11`."""
    return f"{month // 100}-{month % 100:02}"


def month_starts(month: int) -> datetime:
    """The first moment of a month in the city."""
    return datetime(month // 100, month % 100, 1, tzinfo=CITY_ZONE)


def month_before(on: date) -> int:
    """The month before the one in which a day lies."""
    return month_of(on.replace(day=1) - timedelta(days=1))


def month_after(month: int) -> int:
    """The month after another."""
    return month + 1 if month % 100 < _MONTHS else month + 101 - _MONTHS


def check_over(month: int, now: datetime) -> None:
    """Raises MonthIsntOver where the month still runs, or hasn't begun."""
    if month >= month_of(local_date(now)):
        raise MonthIsntOver(msg("%(month)s 还没有结束，不能封账。请下个月再做。"), month=(month_text(month),))


def is_of_month(matter: Mapping[str, Any], month: int) -> bool:
    """Does a matter belong to a month that is cut: reported by its end, and not over before it began? (One to which something
    happened in it after its end belongs to it too.)"""
    ended = matter["ended_month"]
    is_alive = ended is None or ended >= month or matter["last_at"] >= month_starts(month)
    return bool(matter["reported_month"] <= month) and is_alive
