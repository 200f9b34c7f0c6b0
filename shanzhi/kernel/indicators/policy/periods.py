"""Periods: a month, a quarter or a year of the city's calendar, written `2026-10`, `2026-Q4`, `2026`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Grouping, Indicator, Length

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-[Qq]([1-4])", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_YEARS = range(1900, 3000)
"""Years that are read: there is a year before and one behind each, so that no address leads out of the calendar."""


class PeriodUnreadable(InputError):
    """A text that names no period."""

    code = "period"


class PeriodAhead(InputError):
    """A period that hasn't begun."""

    code = "period-ahead"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A period by its first month (`yyyymm`) and its length."""

    first: int
    length: Length = Length.MONTH

    @property
    def months(self) -> tuple[int, ...]:
        """Its months, the first first."""
        return tuple(later(self.first, step) for step in range(self.length.months))

    @property
    def last(self) -> int:
        """Its last month."""
        return later(self.first, self.length.months - 1)

    @property
    def begins_on(self) -> date:
        """Its first day."""
        return date(self.first // 100, self.first % 100, 1)

    @property
    def ends_on(self) -> date:
        """Its last day."""
        after = later(self.first, self.length.months)
        return date(after // 100, after % 100, 1) - timedelta(days=1)

    def is_over(self, on: date) -> bool:
        """Is its last day past on this day?"""
        return self.ends_on < on

    def check_begun(self, on: date) -> None:
        """Has it begun by this day?

        Raises:
            PeriodAhead: there is nothing to look at yet.
        """
        if on < self.begins_on:
            raise PeriodAhead(msg("%(period)s 还没有开始，没有数可看。请选已经开始的期间。"), period=str(self))

    def before(self, steps: int = 1) -> "Period":
        """The period of the same length so many steps earlier."""
        return Period(later(self.first, -steps * self.length.months), self.length)

    def year_ago(self) -> "Period":
        """The same period of the year before."""
        return Period(self.first - 100, self.length)

    def within(self, length: Length) -> Iterator["Period"]:
        """The shorter periods that it is made of."""
        return (Period(month, length) for month in self.months[:: length.months])

    def __str__(self) -> str:
        year, month = divmod(self.first, 100)
        if self.length is Length.MONTH:
            return f"{year:04d}-{month:02d}"
        return f"{year:04d}-Q{(month + 2) // 3}" if self.length is Length.QUARTER else f"{year:04d}"


def later(month: int, steps: int) -> int:
    """The month so many months later (earlier where negative): 202611, 3 → 202702."""
    count = month // 100 * 12 + month % 100 - 1 + steps
    return count // 12 * 100 + count % 12 + 1


def month_of(day: date) -> int:
    """The month of a day."""
    return day.year * 100 + day.month


def period_of(day: date, length: Length) -> Period:
    """The period in which a day lies."""
    month = day.month - (day.month - 1) % length.months
    return Period(day.year * 100 + month, length)


def periods_kept(indicator: Indicator, month: int) -> list[Period]:
    """The periods of a month that are kept: of what can be added up the shortest alone, of the rest every one."""
    lengths = [each for each in Length if each.months >= indicator.period.months]
    if indicator.grouping is Grouping.ADDITIVE:
        lengths = lengths[:1]
    return [period_of(date(month // 100, month % 100, 1), length) for length in lengths]


def read_month(text: str) -> int:
    """A month as `yyyymm` from `2026-10`.

    Raises:
        PeriodUnreadable: not such a text.
    """
    found = _MONTH.fullmatch(text)
    if not found or int(found[1]) not in _YEARS:
        raise PeriodUnreadable(msg("“%(text)s”不是月份，写成 2026-01 这样。"), text=text)
    return int(found[1]) * 100 + int(found[2])


def read_period(text: str) -> Period:
    """A period from its text: `2026-10`, `2026-Q4` or `2026`.

    Raises:
        PeriodUnreadable: not such a text.
    """
    month = _MONTH.fullmatch(text)
    if month and int(month[1]) in _YEARS:
        return Period(read_month(text))
    quarter = _QUARTER.fullmatch(text)
    if quarter and int(quarter[1]) in _YEARS:
        return Period(int(quarter[1]) * 100 + int(quarter[2]) * 3 - 2, Length.QUARTER)
    if _YEAR.fullmatch(text) and int(text) in _YEARS:
        return Period(int(text) * 100 + 1, Length.YEAR)
    raise PeriodUnreadable(msg("“%(text)s”不是期间：月写 2026-10，季写 2026-Q4，年写 2026。"), text=text)
