"""The rule book's calendar file: its tables read, and everything refused that can't be a calendar."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import chinese_calendar

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import (
    LAST_YEAR,
    OFFICE,
    PACKAGE_FIRST,
    PACKAGE_LAST,
    CalendarError,
    OfficeHours,
    WorkCalendar,
)

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)
_KEYS = {"name", "timezone", "hours", "notices", "calendars"}
_NOTICE_KEYS = {"years", "off", "work"}
_NAMED_KEYS = {"hours", "works_on_days_off"}
_SATURDAY = 5


def parse_calendar(tables: Mapping[str, Any]) -> WorkCalendar:
    """The calendar of a rule-book file's tables: name, timezone, hours, notices, and further calendars by their code.

    Raises:
        CalendarError: an unknown key; an impossible hour, zone, year or day; a year or a day that can't be of a notice.
            The sentence names it.
    """
    notices = tables.get("notices", {})
    if not isinstance(notices, Mapping):
        raise CalendarError(msg("工作日历：notices 应写成一节 [notices]。"))
    _check_keys(tables, _KEYS)
    _check_keys(notices, _NOTICE_KEYS)
    years = notices.get("years", [])
    if not isinstance(years, list) or not all(type(year) is int and 1 <= year <= LAST_YEAR for year in years):
        raise CalendarError(msg("工作日历：notices 的 years 应是年份，如 [2027]。"))
    office = WorkCalendar(
        name=_parse_name(tables.get("name", "cn")),
        zone=_parse_zone(tables.get("timezone", "Asia/Shanghai")),
        hours=_parse_hours(tables.get("hours", [])),
        off=_parse_days(notices, "off"),
        work=_parse_days(notices, "work"),
        notice_years=frozenset(years),
    )
    _check_days(office)
    _check_years(office)
    return replace(office, others=_parse_others(tables.get("calendars", {}), office))


def _check_keys(table: Mapping[str, Any], known: set[str]) -> None:
    for key in sorted(map(str, set(table) - known)):
        raise CalendarError(msg("工作日历里没有“%(key)s”这一项。请删除或改正。"), key=key)


def _check_days(calendar: WorkCalendar) -> None:
    """No day both ways, none outside the years that a notice can be about, no make-up day that is worked anyway."""
    for day in sorted(calendar.off & calendar.work):
        raise CalendarError(msg("工作日历：%(day)s 既写作放假又写作上班。请只留一处。"), day=day)
    # One year ahead, because a city may set days of its own before the notice is out.
    last = max(PACKAGE_LAST, *calendar.notice_years, 0) + 1
    for day in sorted(calendar.off | calendar.work):
        if not (PACKAGE_FIRST <= day.year <= last or day.year in calendar.notice_years):
            raise CalendarError(
                msg(
                    "工作日历：%(day)s 不在 %(first)d 至 %(last)d 年之内。请核对年份；这一年的通知已公布的，请写进 years。"
                ),
                day=day,
                first=PACKAGE_FIRST,
                last=last,
            )
    for day in sorted(calendar.work):
        # A make-up day that the package has learned of since stays allowed: yesterday's file must load tomorrow.
        if day.weekday() < _SATURDAY and day not in chinese_calendar.holidays:
            raise CalendarError(msg("工作日历：%(day)s 本来就上班，不能写作调休上班。请核对日期。"), day=day)


def _check_years(calendar: WorkCalendar) -> None:
    """No year named without its days, none that is off as a whole."""
    for year in sorted(calendar.notice_years):
        # 1 January is a holiday in every year (全国年节及纪念日放假办法, art. 2), so a notice never leaves a year empty.
        if not PACKAGE_FIRST <= year <= PACKAGE_LAST and all(day.year != year for day in calendar.off):
            raise CalendarError(
                msg(
                    "工作日历：years 写了 %(year)d 年，off 里却没有这一年的放假日。请补上放假安排，或从 years 中去掉。"
                ),
                year=year,
            )
    for year in sorted({day.year for day in calendar.off}):
        if not calendar.count_days(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
            raise CalendarError(msg("工作日历：%(year)d 年全年放假，时限就算不出来了。请核对 off。"), year=year)


def _parse_others(value: object, office: WorkCalendar) -> tuple[tuple[str, WorkCalendar], ...]:
    if not isinstance(value, Mapping):
        raise CalendarError(msg("工作日历：其他日历应写成 [calendars.service] 这样的一节。"))
    others = []
    for code, table in value.items():
        if not isinstance(code, str) or not _CODE.fullmatch(code) or code == OFFICE or not isinstance(table, Mapping):
            raise CalendarError(
                msg(
                    "工作日历：“%(code)s”不能作日历的代码。请用小写字母，如 [calendars.service]；office 是文件开头的办公时间。"
                ),
                code=code,
            )
        _check_keys(table, _NAMED_KEYS)
        daily = table.get("works_on_days_off", False)
        if not isinstance(daily, bool):
            raise CalendarError(msg("工作日历：%(code)s 的 works_on_days_off 应写 true 或 false。"), code=code)
        hours = _parse_hours(table.get("hours", []))
        others.append((code, office.with_hours(code, hours, works_on_days_off=daily)))
    return tuple(sorted(others, key=lambda one: one[0]))


def _parse_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CalendarError(msg("工作日历要有名称（name）。"))
    return value


def _parse_zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(msg("工作日历：没有“%(zone)s”这个时区。请写成 Asia/Shanghai 这样。"), zone=value) from error


def _parse_hours(value: object) -> tuple[OfficeHours, ...]:
    spans: list[OfficeHours] = []
    for item in value if isinstance(value, list) else []:
        opens, closes = (_parse_time(item.get(key) if isinstance(item, Mapping) else None) for key in ("from", "to"))
        if opens >= closes or (spans and opens < spans[-1].closes):
            raise CalendarError(
                msg("工作日历：工作时间应从早到晚、互不重叠，请检查 %(span)s。"), span=OfficeHours(opens, closes)
            )
        spans.append(OfficeHours(opens, closes))
    if not spans:
        raise CalendarError(msg("工作日历要有工作时间（hours），如 08:30 至 12:00。"))
    return tuple(spans)


def _parse_time(value: object) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise CalendarError(msg("工作日历：“%(time)s”不是时刻。请写成 08:30 这样。"), time=value)
    return int(found[1]) * 60 + int(found[2]) if found[1] else 24 * 60


def _parse_days(notices: Mapping[str, Any], key: str) -> frozenset[date]:
    days = notices.get(key, [])
    if not isinstance(days, list) or not all(type(day) is date for day in days):
        raise CalendarError(msg("工作日历：notices 的 %(key)s 应是日期，如 [2027-01-01]。"), key=key)
    return frozenset(days)


SHIPPED = Path(__file__).parents[1] / "catalogue" / "calendar.toml"
"""The calendar file that comes with the program."""


@lru_cache(maxsize=1)
def shipped_calendar() -> WorkCalendar:
    """The calendar in `catalogue/calendar.toml` of this slice; read once a process."""
    return parse_calendar(tomllib.loads(SHIPPED.read_text("utf-8")))
