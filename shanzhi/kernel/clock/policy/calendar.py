"""The work calendar: which days are worked, at which hours, and working time as one continuous line.

Days off and make-up working days (调休) follow the State Council's yearly notices as the package `chinesecalendar`
carries them. All reckoning is in whole days by ordinal and in microseconds of office time.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version as package_version
from zoneinfo import ZoneInfo

import chinese_calendar

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

_MINUTE = 60_000_000
_SATURDAY = 5
LAST_YEAR = 9999
PACKAGE = "chinesecalendar"
PACKAGE_VERSION = package_version(PACKAGE)
PACKAGE_FIRST: int = min(chinese_calendar.holidays).year
PACKAGE_LAST: int = max(chinese_calendar.holidays).year
"""The years whose notices the package carries."""
OFFICE, SERVICE = "office", "service"
"""Calendars that every rule book has: the offices' working days and hours, and the hours of the city's service."""


class CalendarError(InputError):
    """The rule book's calendar can't be used, or a limit ends beyond the year 9999."""

    code = "calendar"


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """One stretch of office time in a working day, in minutes after midnight, half open."""

    opens: int
    closes: int

    def __str__(self) -> str:
        """As in "08:30-12:00"."""
        return f"{self.opens // 60:02}:{self.opens % 60:02}-{self.closes // 60:02}:{self.closes % 60:02}"


@dataclass(frozen=True, slots=True)
class _Year:
    """Working days of one year: `days` are their ordinals, `upto[n]` how many of the year's first n days are worked."""

    first: int
    days: Sequence[int]
    upto: Sequence[int]


# One day's office time as steps: opening and closing in µs after midnight, and the office time before it.
_Steps = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class WorkCalendar:
    """A named, versioned calendar. `off`, `work` and `notice_years` come from the rule book and go before the package.

    `works_on_days_off` is for services that never close a day: their own hours run every day, while a period that ends
    on a legal holiday still moves (`legal`). `others` are the rule book's further calendars by their code.

    A position on the line of working time is (day, µs): an ordinal and the office time worked in it so far.
    """

    name: str = "cn"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    hours: tuple[OfficeHours, ...] = (OfficeHours(510, 720), OfficeHours(810, 1050))
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    notice_years: frozenset[int] = frozenset()
    works_on_days_off: bool = False
    others: tuple[tuple[str, "WorkCalendar"], ...] = ()
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """Everything that a deadline depends on: package version, hours, zone, and a digest of the city's notices."""
        parts = [
            self.name,
            f"{PACKAGE}-{PACKAGE_VERSION}",
            ",".join(map(str, self.hours)),
            self.zone.key,
        ]
        if self.works_on_days_off:
            parts.append("daily")
        if self.off or self.work or self.notice_years:
            days = [sorted(map(str, days)) for days in (self.off, self.work, self.notice_years)]
            parts.append(f"notices-{sha256(repr(days).encode()).hexdigest()[:8]}")
        return " ".join(parts)

    @cached_property
    def legal(self) -> "WorkCalendar":
        """The same calendar with its legal holidays as days off: what the law moves the end of a period by."""
        return replace(self, works_on_days_off=False) if self.works_on_days_off else self

    def named(self, code: str) -> "WorkCalendar":
        """The rule book's calendar of that code: "office" is this one; "service" is there even in an older file.

        Raises:
            CalendarError: the rule book has none of that code.
        """
        if code == OFFICE:
            return self
        for one, calendar in self.others:
            if one == code:
                return calendar
        if code == SERVICE:
            return self.with_hours(SERVICE, (OfficeHours(480, 1320),), works_on_days_off=True)
        known = "、".join(self.codes)
        raise CalendarError(msg("规则库里没有“%(code)s”这个日历，只有 %(known)s。请改正。"), code=code, known=known)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the calendars that `named` knows."""
        return (OFFICE, *sorted({SERVICE, *(code for code, _ in self.others)}))

    def with_hours(self, code: str, hours: tuple[OfficeHours, ...], *, works_on_days_off: bool) -> "WorkCalendar":
        """A calendar by the same notices with hours of its own; its name tells both: "cn/service"."""
        name = f"{self.name}/{code}"
        return replace(self, name=name, hours=hours, works_on_days_off=works_on_days_off, others=())

    @cached_property
    def day_length(self) -> timedelta:
        """Office time of one working day."""
        return timedelta(minutes=sum(span.closes - span.opens for span in self.hours))

    @cached_property
    def _steps(self) -> _Steps:
        steps, before = [], 0
        for span in self.hours:
            steps.append((span.opens * _MINUTE, span.closes * _MINUTE, before))
            before += (span.closes - span.opens) * _MINUTE
        return tuple(steps)

    @cached_property
    def day_us(self) -> int:
        """Office time of one working day in µs."""
        return int(self.day_length / timedelta(microseconds=1))

    @cached_property
    def _close(self) -> timedelta:
        return timedelta(minutes=self.hours[-1].closes)

    def is_provisional(self, day: date) -> bool:
        """Is the year's notice unknown, so that only weekends are days off for now?"""
        return not self.knows(day.year)

    def knows(self, year: int) -> bool:
        """Is the year's notice out, in the package or in the rule book?"""
        return PACKAGE_FIRST <= year <= PACKAGE_LAST or year in self.notice_years

    def is_working_day(self, day: date) -> bool:
        """Is this day worked?"""
        if self.works_on_days_off:
            return True
        if day in self.off:
            return False
        if day in self.work:
            return True
        if day in chinese_calendar.workdays:
            return True
        return day.weekday() < _SATURDAY and day not in chinese_calendar.holidays

    def localise(self, moment: datetime) -> datetime:
        """The same moment in the calendar's zone.

        Raises:
            ValueError: `moment` has no time zone, which is a mistake in the program.
        """
        if moment.tzinfo is self.zone:
            return moment
        if moment.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        try:
            return moment.astimezone(self.zone)
        except OverflowError as error:
            raise beyond() from error

    def shift(self, moment: datetime, by: timedelta) -> datetime:
        """`moment` plus elapsed natural time, right across a change of the zone's offset."""
        try:
            return (moment.astimezone(UTC) + by).astimezone(self.zone)
        except OverflowError as error:
            raise beyond() from error

    def close_of(self, day: int) -> datetime:
        """The end of office hours of a day, given as its ordinal."""
        return datetime.fromordinal(day).replace(tzinfo=self.zone) + self._close

    def working_day_after(self, day: int, count: int) -> int:
        """The ordinal of the `count`-th working day after `day` (count ≥ 1); `day` itself isn't counted.

        Raises:
            CalendarError: it would lie beyond the year 9999.
        """
        number = date.fromordinal(day).year
        year = self._year(number)
        index = year.upto[day - year.first + 1] + count - 1
        while index >= len(year.days):
            index -= len(year.days)
            number += 1
            if number > LAST_YEAR:
                raise beyond()
            year = self._year(number)
        return year.days[index]

    def working_day_on_or_after(self, day: int) -> int:
        """The ordinal of `day` if it is worked, else of the next working day."""
        return day if self._is_worked(day) else self.working_day_after(day, 1)

    def working_day_before(self, day: int, count: int) -> int:
        """The ordinal of the `count`-th working day before `day` (count ≥ 1); `day` itself isn't counted."""
        number = date.fromordinal(day).year
        year = self._year(number)
        index = year.upto[day - year.first] - count
        while index < 0:
            number -= 1
            if number < 1:
                raise beyond()
            year = self._year(number)
            index += len(year.days)
        return year.days[index]

    def count_days(self, start: int, end: int) -> int:
        """How many days of the ordinals start ≤ day < end are worked (end ≥ start)."""
        low, high = date.fromordinal(start).year, date.fromordinal(end).year
        first, last = self._year(low), self._year(high)
        total = last.upto[end - last.first] - first.upto[start - first.first]
        return total + sum(len(self._year(number).days) for number in range(low, high))

    def worked_so_far(self, moment: datetime) -> int:
        """Office time of the moment's own day up to the moment, in µs; 0 on a day off. `moment` is local."""
        if not self._is_worked(moment.toordinal()):
            return 0
        us = (moment.hour * 3600 + moment.minute * 60 + moment.second) * 1_000_000 + moment.microsecond
        for opens, closes, before in reversed(self._steps):
            if us >= opens:
                return before + min(us, closes) - opens
        return 0

    def add_working(self, moment: datetime, amount: int) -> datetime:
        """The earliest moment when `amount` µs of working time have passed since `moment`; `moment` if 0 or less."""
        moment = self.localise(moment)
        if amount <= 0:
            return moment
        amount += self.worked_so_far(moment)
        days, rest = divmod(amount - 1, self.day_us)
        day = moment.toordinal()
        if not self._is_worked(day):
            days += 1
        if days:
            day = self.working_day_after(day, days)
        return self._at(day, rest + 1)

    def subtract_working(self, moment: datetime, amount: int) -> datetime:
        """The latest moment from which `amount` µs of working time pass until `moment`; `moment` if 0 or less."""
        moment = self.localise(moment)
        if amount <= 0:
            return moment
        day = moment.toordinal()
        left = self.worked_so_far(moment) - amount
        if left < 0:
            days, left = divmod(left, self.day_us)
            day = self.working_day_before(day, -days)
        return self._at(day, left, latest=True)

    def working_us(self, start: datetime, end: datetime) -> int:
        """Working time between two moments in µs; 0 when `end` isn't after `start`."""
        start, end = self.localise(start), self.localise(end)
        if end <= start:
            return 0
        days = self.count_days(start.toordinal(), end.toordinal())
        return days * self.day_us + self.worked_so_far(end) - self.worked_so_far(start)

    def _at(self, day: int, worked: int, *, latest: bool = False) -> datetime:
        """The moment of `day` at which `worked` µs of office time are done: the earliest, or the latest such."""
        for opens, closes, before in self._steps:
            done = worked - before
            if done < closes - opens or (done == closes - opens and not latest):
                return datetime.fromordinal(day).replace(tzinfo=self.zone) + timedelta(microseconds=opens + done)
        return self.close_of(day)

    def _is_worked(self, day: int) -> bool:
        year = self._year(date.fromordinal(day).year)
        return year.upto[day - year.first + 1] > year.upto[day - year.first]

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._make_year(number)
        return year

    def _make_year(self, number: int) -> _Year:
        first, last = date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal()
        days = array("l", (day for day in range(first, last + 1) if self.is_working_day(date.fromordinal(day))))
        return _Year(first, days, array("h", (bisect_right(days, first + n - 1) for n in range(last - first + 2))))


def beyond() -> CalendarError:
    """The error for a limit that ends beyond the years 1 to 9999."""
    return CalendarError(msg("时限超出了日历的范围（公元 1 年至 9999 年）。请核对起始时间和时限。"))
