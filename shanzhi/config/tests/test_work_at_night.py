"""What is done once a day is done when the city sleeps, wherever the server stands."""

from datetime import UTC, datetime

from croniter import croniter  # type: ignore[import-untyped]
from procrastinate.contrib.django import app

from shanzhi.core.periods import CITY_ZONE, daily

BY_DAY = {"indicators.remind": "08:30", "rounds.remind": "08:40"}
"""Told in the morning, since people read it."""


def at(cron: str) -> datetime:
    """When a schedule comes next after noon in UTC, as its reader counts, on the city's clock."""
    since = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(croniter(cron, since).get_next(), CITY_ZONE)


def test_a_time_of_the_city_is_that_of_its_clocks():
    assert [f"{at(daily(time)):%H:%M}" for time in ("03:20", "08:30", "00:05", "23:59")] == [
        "03:20",
        "08:30",
        "00:05",
        "23:59",
    ]


def test_daily_work_is_done_at_night():
    found = {
        each.task.name: f"{at(each.cron):%H:%M}"
        for each in app.periodic_registry.periodic_tasks.values()
        if each.cron.split()[1] != "*"
    }
    assert {"facts.cut", "indicators.compute_night", *BY_DAY} <= found.keys()
    assert {name: time for name, time in found.items() if not "00:00" <= time < "06:00"} == BY_DAY
