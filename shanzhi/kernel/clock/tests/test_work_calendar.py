"""The rule book says which days are worked."""

import csv
import os
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shanzhi.kernel.clock.policy import CalendarError, Duration, OfficeHours, due_at, parse_calendar, shipped_calendar

CALENDAR = shipped_calendar()
HOURS = [{"from": "08:30", "to": "12:00"}, {"from": "13:30", "to": "17:30"}]


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2024, 2, 9), True),  # New Year's Eve 2024 was only recommended as a day off
        (date(2024, 2, 12), False),
        (date(2024, 2, 18), True),
        (date(2024, 10, 12), True),
        (date(2024, 10, 13), False),
        (date(2025, 1, 26), True),
        (date(2025, 1, 28), False),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2026, 10, 10), True),
    ],
)
def test_it_knows_days_off_and_make_up_working_days(day: date, worked: bool) -> None:
    assert CALENDAR.is_working_day(day) is worked
    assert not CALENDAR.is_provisional(day)


def test_it_has_weekends_only_where_no_notice_is_known_and_says_so() -> None:
    for year in (1, 1970, 2003, 2099, 9999):
        assert CALENDAR.is_provisional(date(year, 10, 1))
    assert CALENDAR.is_working_day(date(2099, 10, 1))  # a Thursday
    assert not CALENDAR.is_working_day(date(2099, 10, 3))  # a Saturday
    start = datetime(2099, 9, 30, 10, tzinfo=CALENDAR.zone)
    assert due_at(start, Duration.parse("2wd"), CALENDAR) == datetime(2099, 10, 2, 17, 30, tzinfo=CALENDAR.zone)


def test_it_takes_a_years_notice_from_the_rule_book() -> None:
    notices = {"years": [2099], "off": [date(2099, 10, 1), date(2099, 10, 2)], "work": [date(2099, 10, 3)]}
    calendar = parse_calendar({"name": "cn", "hours": HOURS, "notices": notices})
    assert not calendar.is_provisional(date(2099, 10, 1))
    start = datetime(2099, 9, 30, 10, tzinfo=calendar.zone)
    assert due_at(start, Duration.parse("1wd"), calendar) == datetime(2099, 10, 3, 17, 30, tzinfo=calendar.zone)
    assert calendar.version.startswith(CALENDAR.version + " notices-")


def test_it_names_package_hours_and_zone_in_its_version() -> None:
    name, package, hours, zone = CALENDAR.version.split()
    assert (name, hours, zone) == ("cn", "08:30-12:00,13:30-17:30", "Asia/Shanghai")
    assert package.startswith("chinesecalendar-1.")
    assert CALENDAR.day_length == timedelta(hours=7.5)


def test_it_takes_a_citys_own_hours() -> None:
    calendar = parse_calendar({"name": "summer", "hours": [{"from": "00:00", "to": "24:00"}]})
    assert calendar.hours == (OfficeHours(0, 1440),)
    start = datetime(2025, 6, 13, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert due_at(start, Duration.parse("1wh"), calendar) == datetime(2025, 6, 16, 0, 30, tzinfo=calendar.zone)
    assert due_at(start, Duration.parse("1wd"), calendar) == datetime(2025, 6, 17, 0, 0, tzinfo=calendar.zone)


def test_it_can_be_read_as_shipped() -> None:
    shipped = Path(__file__).parents[1] / "catalogue" / "calendar.toml"
    assert parse_calendar(tomllib.loads(shipped.read_text("utf-8"))) == CALENDAR


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hours": []}, "要有工作时间"),
        ({"hours": "all day"}, "要有工作时间"),
        ({"hours": ["08:30"]}, "不是时刻"),
        ({"hours": [{"from": "8:30", "to": "12:00"}]}, "“8:30”不是时刻"),
        ({"hours": [{"from": "12:00", "to": "08:30"}]}, "从早到晚"),
        ({"hours": [*HOURS, {"from": "17:00", "to": "18:00"}]}, "互不重叠"),
        ({"timezone": "Asia/Nowhere"}, "没有“Asia/Nowhere”这个时区"),
        ({"timezone": "../etc/passwd"}, "这个时区"),
        ({"name": " "}, "要有名称"),
        ({"holiday": 1}, "没有“holiday”这一项"),
        ({"notices": 1}, "应写成一节"),
        ({"notices": {"days": []}}, "没有“days”这一项"),
        ({"notices": {"years": ["2027"]}}, "应是年份"),
        ({"notices": {"off": ["2027-01-01"]}}, "off 应是日期"),
        ({"notices": {"off": [date(2027, 1, 1)], "work": [date(2027, 1, 1)]}}, "2027-01-01 既写作放假又写作上班"),
    ],
)
def test_it_says_what_is_wrong_with_a_calendar(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence):
        parse_calendar({"name": "cn", "hours": HOURS, **change})


@pytest.mark.full
def test_it_agrees_with_the_notices_day_by_day() -> None:
    folder = os.environ.get("SHANZHI_DATA")
    if not folder:
        pytest.skip("SHANZHI_DATA names no folder with holidays/holidays.csv")
    with (Path(folder) / "holidays" / "holidays.csv").open(encoding="utf-8") as file:
        kinds = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(file)}
    days = [date(2019, 1, 1) + timedelta(n) for n in range((date(2027, 1, 1) - date(2019, 1, 1)).days)]
    differing = [
        day
        for day in days
        if CALENDAR.is_working_day(day) != (kinds.get(day, "off" if day.weekday() > 4 else "work") == "work")
    ]
    assert differing == []
