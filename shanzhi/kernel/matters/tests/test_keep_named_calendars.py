"""A keeper's edition of the calendar keeps the named calendars of the file it began from."""

import tomllib
from datetime import date

import pytest

from shanzhi.kernel.clock.policy import SHIPPED, CalendarError, OfficeHours, parse_calendar
from shanzhi.kernel.matters.policy.calendars import YearGiven, days_of, is_moved, with_year
from shanzhi.kernel.matters.policy.editions import as_stored, with_days

STORED = as_stored(tomllib.loads(SHIPPED.read_text("utf-8")))


def test_it_keeps_the_service_when_a_year_is_set() -> None:
    worked = frozenset(day for day in days_of(2027) if day.weekday() < 5 and day != date(2027, 1, 1))
    calendar = parse_calendar(with_days(with_year(STORED, YearGiven(2027, worked, "09:00-17:00", is_final=True))))
    assert calendar.hours == (OfficeHours(540, 1020),)
    assert calendar.named("service").hours == (OfficeHours(480, 1320),)
    assert not calendar.named("service").legal.is_working_day(date(2027, 1, 1))
    assert not calendar.is_provisional(date(2027, 6, 1))


def test_it_refuses_a_notice_without_a_single_day_off() -> None:
    worked = frozenset(day for day in days_of(2027) if day.weekday() < 5)
    tables = with_days(with_year(STORED, YearGiven(2027, worked, "09:00-17:00", is_final=True)))
    with pytest.raises(CalendarError, match="years 写了 2027 年"):
        parse_calendar(tables)
    provisional = with_days(with_year(STORED, YearGiven(2027, worked, "09:00-17:00", is_final=False)))
    assert parse_calendar(provisional).is_provisional(date(2027, 6, 1))


@pytest.mark.parametrize(
    ("limit", "moved"), [("5wd", True), ("60sd", True), ("3mo", True), ("24h", False), ("30m", False)]
)
def test_it_moves_what_counts_days_and_ends_on_a_day_off(limit: str, moved: bool) -> None:
    assert is_moved(limit, date(2026, 10, 1), parse_calendar(with_days(STORED))) is moved
    assert not is_moved(limit, date(2026, 10, 8), parse_calendar(with_days(STORED)))
