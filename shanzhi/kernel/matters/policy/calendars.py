"""A city's own working days: by ticks or from a file, against the yearly notice as the calendar package has it. Pure."""

import csv
import io
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from shanzhi.core.errors import InputError, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import OfficeHours, WorkCalendar

BYTES_MOST = 200_000
FIRST_YEAR, LAST_YEAR = 2020, 2060
LINES_MOST = 10
_OFF, _WORK = frozenset({"放假", "休", "休息", "off"}), frozenset({"上班", "班", "工作", "work"})


class BadCalendar(InputError):
    """These days or hours can't be a calendar; `fields` says where."""

    code = "bad-calendar"


class CalendarTooLarge(TooLarge):
    """No calendar file is as large as this."""

    code = "calendar-too-large"


@dataclass(frozen=True, slots=True)
class YearGiven:
    """A year as a keeper wants it: the days that are worked, office hours ("08:30-12:00 13:30-17:30"), and whether the
    year's notice is out, so that it isn't provisional any more."""

    year: int
    worked: frozenset[date]
    hours: str
    is_final: bool


def days_of(year: int) -> tuple[date, ...]:
    """All days of a year.

    Raises:
        BadCalendar: no year that a city plans for.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadCalendar(msg("年份请在 2020 到 2060 之间选。"))
    first = date(year, 1, 1)
    return tuple(first + timedelta(days=place) for place in range((date(year + 1, 1, 1) - first).days))


def with_year(tables: Mapping[str, Any], given: YearGiven) -> dict[str, Any]:
    """A calendar's stored tables with one year as given; other years stay.

    Raises:
        BadCalendar: a day of another year, no working day at all, hours that are none.
    """
    days = days_of(given.year)
    _check_year(given.worked, given.year)
    if not given.worked:
        raise BadCalendar(msg("这一年一个工作日也没有，时限就算不出来了。请至少勾选一天。"))
    plain = WorkCalendar()
    notices = tables.get("notices", {})
    kept = {
        key: [day for day in notices.get(key, []) if not day.startswith(str(given.year))] for key in ("off", "work")
    }
    off = [day.isoformat() for day in days if plain.is_working_day(day) and day not in given.worked]
    work = [day.isoformat() for day in days if not plain.is_working_day(day) and day in given.worked]
    years = {*notices.get("years", []), given.year} if given.is_final else {*notices.get("years", [])} - {given.year}
    return {
        **tables,
        "hours": [{"from": opens, "to": closes} for opens, closes in hours_of(given.hours)],
        "notices": {"years": sorted(years), "off": sorted(kept["off"] + off), "work": sorted(kept["work"] + work)},
    }


def hours_of(text: str) -> tuple[tuple[str, str], ...]:
    """Office hours as (from, to). Raises BadCalendar."""
    spans = tuple(
        tuple(part.split("-")) for part in text.replace("，", " ").replace(",", " ").replace("—", "-").split()
    )
    if not spans or len(spans) > 4 or any(len(span) != 2 for span in spans):
        raise BadCalendar(
            msg("办公时间请写成 08:30-12:00 13:30-17:30 这样。"),
            fields={"hours": msg("请写成 08:30-12:00 13:30-17:30 这样。")},
        )
    return tuple((span[0], span[1]) for span in spans)


def hours_said(hours: Iterable[OfficeHours]) -> str:
    """Office hours as a keeper types them."""
    return " ".join(str(span) for span in hours)


def _check_year(days: Collection[date], year: int) -> None:
    strange = sorted(day for day in days if day.year != year)
    if strange:
        raise BadCalendar(
            msg("有 %(count)s 天不是 %(year)s 年的，如 %(day)s。请换成这一年的文件，或先选对年份。"),
            count=len(strange),
            year=year,
            day=strange[0],
        )


def read_year(data: bytes, given: YearGiven) -> YearGiven:
    """A year's days off and worked from a file over what is ticked: TOML with [notices] off and work, or CSV with the
    columns 日期 and 安排 (放假 or 上班). Of other years nothing may be in it.

    Raises:
        CalendarTooLarge, BadCalendar: with the lines at fault.
    """
    if len(data) > BYTES_MOST:
        raise CalendarTooLarge(msg("文件超过 200 KB，不像工作日历。请检查选的是不是这个文件。"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    off, work = _of_toml(text) if "notices" in text else _of_csv(text)
    if not off | work:
        raise BadCalendar(msg("文件里没有放假或上班的日子。请写日期和安排（放假、上班）两列。"))
    both = sorted(off & work)
    if both:
        raise BadCalendar(msg("%(day)s 既写作放假又写作上班。请只留一处。"), day=both[0])
    _check_year(off | work, given.year)
    return replace(given, worked=(given.worked - off) | work, is_final=True)


def _of_toml(text: str) -> tuple[frozenset[date], frozenset[date]]:
    try:
        notices = tomllib.loads(text).get("notices", {})
    except tomllib.TOMLDecodeError as error:
        raise BadCalendar(msg("不合 TOML 格式：%(reason)s。请改好再传。"), reason=error) from error
    found = [notices.get(key, []) if isinstance(notices, dict) else None for key in ("off", "work")]
    if not all(isinstance(days, list) and all(type(day) is date for day in days) for days in found):
        raise BadCalendar(msg("[notices] 的 off 和 work 应是日期，如 off = [2027-01-01]。请改好再传。"))
    return frozenset(found[0] or ()), frozenset(found[1] or ())


def _of_csv(text: str) -> tuple[frozenset[date], frozenset[date]]:
    off, work, wrong = set[date](), set[date](), list[str]()
    for line, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cells = [cell.strip() for cell in row] + ["", ""]
        if not any(cells) or cells[0].startswith("#") or (line == 1 and cells[0] in ("日期", "day")):
            continue
        day = _day(cells[0])
        if day is None or cells[1] not in _OFF | _WORK:
            wrong.append(str(line))
        else:
            (off if cells[1] in _OFF else work).add(day)
    if wrong:
        raise BadCalendar(
            msg("第 %(lines)s 行读不懂。每行写日期和安排，如 2027-01-01,放假。"), lines="、".join(wrong[:LINES_MOST])
        )
    return frozenset(off), frozenset(work)


def _day(text: str) -> date | None:
    parts = text.replace("/", "-").replace("年", "-").replace("月", "-").removesuffix("日").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def is_moved(limit_text: str, due_on: date, calendar: WorkCalendar) -> bool:
    """Does the law move this due date? Only a limit that counts days and whose last day is a day off now: it then ends with
    the next working day (civil code, art. 203, para. 1). No promise is ever shortened, nor lengthened for another reason."""
    return limit_text.endswith(("wd", "sd", "mo")) and not calendar.is_working_day(due_on)
