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
        ({"notices": {"off": [date(2027, 1, 1)], "work": [date(2027, 1, 1)]}}, "2027年1月1日 既写作放假又写作上班"),
    ],
)
def test_it_says_what_is_wrong_with_a_calendar(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence):
        parse_calendar({"name": "cn", "hours": HOURS, **change})


@pytest.mark.parametrize(
    ("notices", "sentence"),
    [
        # A year that isn't there: named as published, with no day of it.
        ({"years": [2027]}, "years 写了 2027 年，off 里却没有这一年的放假日"),
        ({"years": [2072], "off": [date(2027, 1, 1)]}, "years 写了 2072 年"),
        ({"years": [0]}, "应是年份"),
        ({"years": [20270]}, "应是年份"),
        ({"years": 2027}, "应是年份"),
        ({"years": [True]}, "应是年份"),
        # Days outside the years that a notice can be about.
        ({"years": [2027], "off": [date(2027, 1, 1), date(2072, 10, 1)]}, "2072年10月1日 不在 2004 至 2028 年之内"),
        ({"off": [date(1927, 10, 1)]}, "1927年10月1日 不在 2004 至 2027 年之内"),
        ({"work": [date(2036, 10, 11)]}, "2036年10月11日 不在 2004 至 2027 年之内"),
        # A day both ways.
        ({"off": [date(2026, 7, 1)], "work": [date(2026, 7, 1)]}, "2026年7月1日 既写作放假又写作上班"),
        # A make-up day on a weekday that is worked anyway.
        ({"work": [date(2026, 7, 1)]}, "2026年7月1日 本来就上班"),
        ({"years": [2027], "off": [date(2027, 1, 1)], "work": [date(2027, 1, 4)]}, "2027年1月4日 本来就上班"),
        # A whole year off.
        ({"off": [date(2026, 1, 1) + timedelta(days) for days in range(365)]}, "2026 年全年放假"),
        ({"years": [2027], "off": [date(2027, 1, 1) + timedelta(days) for days in range(365)]}, "2027 年全年放假"),
        ({"off": [date(2026, 7, 1), "2026-07-02"]}, "off 应是日期"),
        ({"off": [datetime(2026, 7, 1, 9)]}, "off 应是日期"),
    ],
)
def test_it_refuses_a_notice_that_cannot_be(notices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence) as error:
        parse_calendar({"name": "cn", "hours": HOURS, "notices": notices})
    assert str(error.value).startswith("工作日历：")


def test_it_keeps_loading_a_file_that_the_package_has_caught_up_with() -> None:
    notices = {
        "years": [2026],
        "off": [date(2026, 10, day) for day in range(1, 8)],
        "work": [date(2026, 9, 20), date(2026, 10, 10), date(2026, 6, 19)],  # the last: the city works on a holiday
    }
    calendar = parse_calendar({"name": "cn", "hours": HOURS, "notices": notices})
    assert calendar.is_working_day(date(2026, 6, 19))
    assert not calendar.is_working_day(date(2026, 10, 2))


def test_it_has_a_calendar_for_the_office_and_one_for_the_service() -> None:
    service = CALENDAR.named("service")
    assert CALENDAR.named("office") is CALENDAR
    assert CALENDAR.codes == ("office", "service")
    assert (service.name, service.hours, service.works_on_days_off) == ("cn/service", (OfficeHours(480, 1320),), True)
    assert service.is_working_day(date(2025, 10, 1))
    assert not service.legal.is_working_day(date(2025, 10, 1))
    assert service.version.endswith("08:00-22:00 Asia/Shanghai daily")
    assert service.version != CALENDAR.version


def test_it_has_service_hours_even_where_an_older_file_names_none() -> None:
    calendar = parse_calendar({"name": "cn", "hours": HOURS, "notices": {"off": [date(2026, 7, 1)]}})
    assert calendar.named("service").hours == (OfficeHours(480, 1320),)
    assert not calendar.named("service").legal.is_working_day(date(2026, 7, 1))


def test_it_takes_a_citys_own_calendars() -> None:
    calendar = parse_calendar(
        {
            "name": "linan",
            "hours": HOURS,
            "notices": {"off": [date(2026, 7, 1)]},
            "calendars": {
                "service": {"hours": [{"from": "00:00", "to": "24:00"}], "works_on_days_off": True},
                "window": {"hours": [{"from": "09:00", "to": "17:00"}]},
            },
        }
    )
    window = calendar.named("window")
    assert calendar.codes == ("office", "service", "window")
    assert not window.is_working_day(date(2026, 7, 1))
    start = datetime(2026, 6, 30, 16, tzinfo=window.zone)
    assert due_at(start, Duration.parse("1wd"), window) == datetime(2026, 7, 2, 17, tzinfo=window.zone)
    assert due_at(start, Duration.parse("2wh"), calendar.named("service")) == datetime(
        2026, 6, 30, 18, tzinfo=window.zone
    )
    with pytest.raises(CalendarError, match="没有“hotline”这个日历，只有 office、service、window"):
        calendar.named("hotline")


@pytest.mark.parametrize(
    ("calendars", "sentence"),
    [
        ([], "应写成 \\[calendars.service\\]"),
        ({"office": {"hours": HOURS}}, "“office”不能作日历的代码"),
        ({"Service": {"hours": HOURS}}, "“Service”不能作日历的代码"),
        ({"service": 1}, "“service”不能作日历的代码"),
        ({"service": {}}, "要有工作时间"),
        ({"service": {"hours": HOURS, "off": []}}, "没有“off”这一项"),
        ({"service": {"hours": HOURS, "works_on_days_off": "yes"}}, "应写 true 或 false"),
    ],
)
def test_it_refuses_a_named_calendar_that_cannot_be(calendars: Any, sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence):
        parse_calendar({"name": "cn", "hours": HOURS, "calendars": calendars})


def test_it_ends_a_day_without_business_hours_at_midnight() -> None:
    calendar = parse_calendar({"name": "cn", "hours": [{"from": "00:00", "to": "24:00"}]})
    start = datetime(2025, 6, 9, 9, tzinfo=calendar.zone)
    for limit, day in (("4wd", 14), ("15sd", 25), ("1mo", 10)):
        month = 7 if limit == "1mo" else 6
        assert due_at(start, Duration.parse(limit), calendar) == datetime(2025, month, day, tzinfo=calendar.zone)


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
    assert not any(CALENDAR.is_provisional(day) for day in days)
    assert all(CALENDAR.is_provisional(date(2027, 1, 1) + timedelta(n)) for n in range(365))
    assert all(
        CALENDAR.is_working_day(day) == (day.weekday() < 5)
        for day in (date(2027, 1, 1) + timedelta(n) for n in range(365))
    )
