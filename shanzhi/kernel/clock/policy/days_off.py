"""Days off and make-up days by name, and the notice that each rests on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce

import chinese_calendar

from shanzhi.core.dates import day_said, moment_said
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import (
    PACKAGE,
    PACKAGE_FIRST,
    PACKAGE_LAST,
    PACKAGE_VERSION,
    WorkCalendar,
)
from shanzhi.kernel.clock.policy.duration import Duration

_SATURDAY = 5
_NAMES = {
    "New Year's Day": msg("元旦"),
    "Spring Festival": msg("春节"),
    "Tomb-sweeping Day": msg("清明节"),
    "Labour Day": msg("劳动节"),
    "Dragon Boat Festival": msg("端午节"),
    "National Day": msg("国庆节"),
    "Mid-autumn Festival": msg("中秋节"),
    "Anti-Fascist 70th Day": msg("抗战胜利70周年纪念日"),
}
_WEEKEND = msg("周末")
_CITYS = msg("规则库所列")


@dataclass(frozen=True, slots=True)
class Said:
    """A message id with its values; a value may itself be a `Said`, a `Duration`, a day or a moment: all are translated."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def to_text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, in Chinese or as `translate` (gettext) says it."""
        text = translate(self.message) if self.message else ""
        return text % {key: _told(value, translate) for key, value in self.params.items()} if self.params else text


def _told(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, Duration):
        return translate(value.message) % {"amount": value.amount}
    if isinstance(value, datetime):
        return moment_said(value, translate)
    if isinstance(value, date):
        return day_said(value, translate)
    return value.to_text(translate) if isinstance(value, Said) else value


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days off in a row, by ordinal. `is_weekend`: nothing but a weekend."""

    first: int
    last: int
    name: Said
    is_weekend: bool


def days_off_between(first: int, last: int, calendar: WorkCalendar) -> Iterator[DaysOff]:
    """The days off of first ≤ day ≤ last, those of one holiday (or weekend) together."""
    run: list[tuple[int, str]] = []
    for day in range(first, last + 2):
        name = _name_off(date.fromordinal(day), calendar) if day <= last else None
        if run and (name is None or (name == _WEEKEND) != (run[-1][1] == _WEEKEND)):
            yield _run(run)
            run = []
        if name is not None:
            run.append((day, name))


def holiday_around(day: int, calendar: WorkCalendar) -> DaysOff:
    """The days off that a day off lies in, up to the last one before work begins again."""
    last = calendar.working_day_on_or_after(day) - 1
    return _run([(one, _name_off(date.fromordinal(one), calendar) or _WEEKEND) for one in range(day, last + 1)])


def _run(days: list[tuple[int, str]]) -> DaysOff:
    names = [Said(name) for name in dict.fromkeys(name for _, name in days)]
    name = reduce(lambda one, other: Said(msg("%(one)s、%(other)s"), {"one": one, "other": other}), names)
    return DaysOff(days[0][0], days[-1][0], name, all(one == _WEEKEND for _, one in days))


def _name_off(day: date, calendar: WorkCalendar) -> str | None:
    if calendar.is_working_day(day):
        return None
    name = _NAMES.get(chinese_calendar.holidays.get(day, ""))
    if name is None:
        name = _CITYS if day in calendar.off else _WEEKEND
    return name


def make_up_days_between(first: int, last: int, calendar: WorkCalendar) -> Iterator[tuple[int, Said | None]]:
    """Worked days of first ≤ day ≤ last that fall on a weekend, with the holiday that they make up for where it is known."""
    for number in range(first, last + 1):
        day = date.fromordinal(number)
        if day.weekday() >= _SATURDAY and calendar.is_working_day(day):
            name = _NAMES.get(chinese_calendar.workdays.get(day, ""))
            yield number, Said(name) if name else None


def source_of(year: int, calendar: WorkCalendar) -> Said:
    """The notice by which a year's days off are known."""
    if any(day.year == year for day in (*calendar.off, *calendar.work)) or (
        year in calendar.notice_years and not PACKAGE_FIRST <= year <= PACKAGE_LAST
    ):
        return Said(msg("规则库工作日历所列%(year)d年放假安排"), {"year": year})
    if PACKAGE_FIRST <= year <= PACKAGE_LAST:
        return Said(
            msg("《国务院办公厅关于%(year)d年部分节假日安排的通知》（%(package)s %(version)s）"),
            {"year": year, "package": PACKAGE, "version": PACKAGE_VERSION},
        )
    return Said(msg("%(year)d年放假安排尚未公布，暂按周一至周五上班"), {"year": year})
