"""When the demo's people turn to the city: the day's two waves, the week, the wet week and the site's nights."""

from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import pytest

from shanzhi.config.demo.rhythm import Moment, Rhythm
from shanzhi.kernel.clock.policy import shipped_calendar

UNTIL = datetime(2025, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    return list(Rhythm(per_day=34).moments(UNTIL, 90, Random(1), shipped_calendar().is_working_day))


def test_it_is_the_same_for_the_same_seed(moments):
    assert list(Rhythm(per_day=34).moments(UNTIL, 90, Random(1), shipped_calendar().is_working_day)) == moments


def test_it_tells_what_was_before_now_in_order(moments):
    assert 2700 < len(moments) < 3800
    assert [row.at for row in moments] == sorted(row.at for row in moments)
    assert moments[-1].at <= UNTIL


def test_it_has_two_waves_by_phone_and_an_evening_by_app(moments):
    calls = Counter(row.at.hour for row in moments if row.door == "call" and row.story == "plain")
    pages = Counter(row.at.hour for row in moments if row.door == "page" and row.story == "plain")
    assert max(calls, key=lambda hour: calls[hour]) in (9, 10)
    assert calls[14] > calls[12] < calls[9]
    assert max(pages, key=lambda hour: pages[hour]) in (19, 20, 21)


def test_it_is_quiet_at_weekends_and_on_days_off(moments):
    days = Counter(row.at.date() for row in moments if row.story == "plain")
    mean = {
        weekday: sum(days[day] for day in days if day.weekday() == weekday)
        / sum(day.weekday() == weekday for day in days)
        for weekday in range(7)
    }
    assert mean[0] > mean[3] > mean[5] > 0
    assert mean[6] < 0.7 * mean[0]
    # Eight days off round National Day, of which one Sunday, and a Sunday and a Saturday on which people work instead.
    off = [date(2025, 10, day) for day in range(1, 9)]
    assert sum(days[day] for day in off) < 0.75 * sum(mean[day.weekday()] for day in off)
    assert days[date(2025, 9, 28)] > mean[6]


def test_it_rains_for_a_week(moments):
    wet = sorted({row.at.date() for row in moments if row.story == "wet"})
    assert (wet[-1] - wet[0]).days <= 6
    assert sum(row.story == "wet" for row in moments) > 35


def test_it_hears_the_site_at_night(moments):
    heard = Counter(row.at.hour for row in moments if row.story == "site")
    night = sum(heard[hour] for hour in (21, 22, 23, 0, 1))
    assert night > 0.7 * heard.total() > 20
