"""A clock's history is kept: paused, resumed, extended, stored and read, and it refuses what can't have happened."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shanzhi.kernel.clock.policy import (
    BadCourse,
    Course,
    Deadline,
    Duration,
    Extension,
    Pause,
    WorkCalendar,
    default_threshold,
    extend,
    limit_to_text,
    parse_calendar,
    pause,
    promise,
    recompute,
    resume,
    set_deadline,
    shipped_calendar,
    warn_at,
)

CALENDAR = shipped_calendar()


def at(text: str) -> datetime:
    """A local moment, "2025-10-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


def course(limit: str = "60sd", start: str = "2025-06-09 09:00") -> Course:
    """A clock that nothing has happened to."""
    return Course(at(start), Duration.parse(limit))


def test_it_is_stored_as_json_and_read_back() -> None:
    told = (
        Course(at("2025-06-09 09:00"), Duration.parse("60sd"), Duration.parse("10d"))
        .paused(at("2025-06-20 09:00"), "等待材料")
        .resumed(at("2025-06-30 09:00"))
        .extended(Duration.parse("1mo"), at("2025-08-11 09:00"), "情况复杂", Duration.parse("5d"))
        .paused(at("2025-09-01 09:00"), "听证")
    )
    stored = told.as_json()
    assert stored == {
        "start": "2025-06-09T09:00:00+08:00",
        "limit": "60sd",
        "threshold": "10d",
        "events": [
            {"pause": "2025-06-20T09:00:00+08:00", "until": "2025-06-30T09:00:00+08:00", "reason": "等待材料"},
            {"extend": "1mo", "granted": "2025-08-11T09:00:00+08:00", "threshold": "5d", "reason": "情况复杂"},
            {"pause": "2025-09-01T09:00:00+08:00", "until": None, "reason": "听证"},
        ],
    }
    read = Course.from_json(json.loads(json.dumps(stored)))
    assert read.as_json() == stored
    assert promise(read, CALENDAR) == promise(told, CALENDAR)
    assert (read.is_paused, read.limit_text) == (True, "60sd+1mo")
    assert limit_to_text(read.limit_text) == "60日，延长1个月"


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"start": "2025-06-09T09:00:00+08:00"},
        {"start": "gestern", "limit": "5wd"},
        {"start": 5, "limit": "5wd"},
        {"start": "2025-06-09T09:00:00", "limit": "5wd"},
        {"start": "2025-06-09T09:00:00+08:00", "limit": "5weeks"},
        {"start": "2025-06-09T09:00:00+08:00", "limit": "5wd", "events": [{"pause": "2025-06-10T09:00:00"}]},
        {"start": "2025-06-09T09:00:00+08:00", "limit": "5wd", "events": [{}]},
        {"start": "2025-06-09T09:00:00+08:00", "limit": "5wd", "events": ["pause"]},
        {"start": "2025-06-09T09:00:00+08:00", "limit": "5wd", "events": [{"pause": "x"}]},
    ],
)
def test_it_says_so_when_a_stored_course_cannot_be_read(stored: dict[str, object]) -> None:
    with pytest.raises(BadCourse, match="时钟的记录读不懂"):
        Course.from_json(stored)


def test_it_refuses_a_second_pause_and_a_resuming_of_nothing() -> None:
    stopped = course().paused(at("2025-06-20 09:00"))
    with pytest.raises(BadCourse, match="已经暂停"):
        stopped.paused(at("2025-06-21 09:00"))
    with pytest.raises(BadCourse, match="没有暂停"):
        course().resumed(at("2025-06-21 09:00"))
    with pytest.raises(BadCourse, match="早于暂停时间"):
        stopped.resumed(at("2025-06-19 09:00"))


def test_it_refuses_what_would_have_happened_before_the_last_that_did() -> None:
    with pytest.raises(BadCourse, match="早于时钟上已有的记录"):
        course().paused(at("2025-06-08 09:00"))
    told = course().paused(at("2025-06-20 09:00")).resumed(at("2025-06-30 09:00"))
    with pytest.raises(BadCourse, match="早于时钟上已有的记录"):
        told.extended(Duration.parse("30sd"), at("2025-06-25 09:00"))
    with pytest.raises(BadCourse, match="早于时钟上已有的记录"):
        told.paused(at("2025-06-29 09:00"))


def test_it_stands_as_it_stood_while_it_is_paused() -> None:
    stopped = course("5wd").paused(at("2025-06-11 10:00"), "听证")
    assert promise(stopped, CALENDAR) == set_deadline(at("2025-06-09 09:00"), Duration.parse("5wd"), None, CALENDAR)


def test_it_forgives_nothing_when_it_is_paused_at_its_very_end() -> None:
    for limit in ("5wd", "15sd", "1mo", "4wh", "24h"):
        due = promise(course(limit), CALENDAR).due_at
        later = course(limit).paused(due).resumed(due + timedelta(days=10))
        assert promise(later, CALENDAR).due_at == due


def test_it_keeps_a_warning_that_was_given_and_moves_one_that_was_not() -> None:
    told = course("15sd")  # due on 24 June at 17:30, warned of three days before
    assert promise(told, CALENDAR).warn_at == at("2025-06-21 17:30")
    early = told.paused(at("2025-06-12 09:00")).resumed(at("2025-06-16 09:00"))
    assert promise(early, CALENDAR).due_at == at("2025-06-30 17:30")  # 28 June is a Saturday
    assert promise(early, CALENDAR).warn_at == at("2025-06-27 17:30")
    late = told.paused(at("2025-06-23 09:00")).resumed(at("2025-06-25 09:00"))
    assert promise(late, CALENDAR).due_at == at("2025-06-26 17:30")
    assert promise(late, CALENDAR).warn_at == at("2025-06-21 17:30")


@pytest.mark.parametrize(("limit", "threshold"), [("1mo", "6d"), ("3mo", "18d"), ("6mo", "36d")])
def test_it_warns_of_months_by_about_their_last_fifth(limit: str, threshold: str) -> None:
    assert default_threshold(Duration.parse(limit)) == Duration.parse(threshold)


@pytest.mark.parametrize(
    ("due", "threshold", "warned"),
    [
        ("2025-06-10 17:30", "1mo", "2025-05-10 17:30"),
        ("2025-03-31 17:30", "1mo", "2025-02-28 17:30"),
        ("2026-01-31 17:30", "2mo", "2025-11-30 17:30"),
        ("2025-06-10 17:30", "24mo", "2025-01-02 09:00"),  # never before the start
    ],
)
def test_it_warns_months_before(due: str, threshold: str, warned: str) -> None:
    assert warn_at(at("2025-01-02 09:00"), at(due), Duration.parse(threshold), CALENDAR) == at(warned)


def test_it_extends_a_day_that_ends_at_midnight_by_the_next_day() -> None:
    calendar = parse_calendar({"name": "cn", "hours": [{"from": "00:00", "to": "24:00"}]})
    deadline = set_deadline(at("2025-06-09 09:00"), Duration.parse("1wd"), None, calendar)
    assert deadline.due_at == at("2025-06-11 00:00")  # 10 June, 24:00
    assert extend(deadline, Duration.parse("1wd"), None, calendar).due_at == at("2025-06-12 00:00")
    assert extend(deadline, Duration.parse("3sd"), None, calendar).due_at == at("2025-06-14 00:00")


def test_it_keeps_the_threshold_that_was_asked_for_when_extended() -> None:
    deadline = set_deadline(at("2025-06-09 10:00"), Duration.parse("5wd"), Duration.parse("2wd"), CALENDAR)
    assert extend(deadline, Duration.parse("3wd"), None, CALENDAR).warn_at == at("2025-06-18 08:30")
    changed = extend(deadline, Duration.parse("3wd"), Duration.parse("4wh"), CALENDAR)
    assert changed.warn_at == at("2025-06-19 13:30")


def stored(deadline: Deadline) -> Deadline:
    """As it comes out of a row that holds no course."""
    return replace(deadline, course=None)


@pytest.mark.parametrize("limit", ["5wd", "15sd", "3mo", "24h", "4wh"])
def test_it_goes_on_from_a_row_that_holds_no_course(limit: str) -> None:
    deadline = set_deadline(at("2025-06-09 09:00"), Duration.parse(limit), None, CALENDAR)
    by, now, later = Duration.parse("5wd"), at("2025-06-09 10:00"), at("2025-06-12 10:00")
    assert extend(stored(deadline), by, None, CALENDAR) == extend(deadline, by, None, CALENDAR)
    assert resume(pause(stored(deadline), now, CALENDAR), later, CALENDAR) == resume(
        pause(deadline, now, CALENDAR), later, CALENDAR
    )
    assert (
        recompute(stored(extend(deadline, by, None, CALENDAR)), CALENDAR).due_at
        == extend(deadline, by, None, CALENDAR).due_at
    )


def known(year: int) -> WorkCalendar:
    """The shipped calendar once a year's notice is out: New Year's Day and the 4th off."""
    return replace(
        CALENDAR,
        off=frozenset({datetime(year, 1, 1).date(), datetime(year, 1, 4).date()}),
        notice_years=frozenset({year}),
    )


def test_it_is_provisional_until_the_notice_is_out_and_then_moves() -> None:
    deadline = set_deadline(at("2026-12-30 10:00"), Duration.parse("5wd"), None, CALENDAR)
    assert (deadline.due_at, deadline.is_provisional) == (at("2027-01-06 17:30"), True)
    final = recompute(deadline, known(2027))
    assert (final.due_at, final.is_provisional) == (at("2027-01-08 17:30"), False)
    assert (final.warn_at, final.limit_text) == (at("2027-01-08 08:30"), "5wd")
    assert final.calendar_version != deadline.calendar_version
    assert recompute(stored(deadline), known(2027)) == final


@pytest.mark.parametrize(
    ("limit", "calendar", "provisional"),
    [("5wd", "office", True), ("8wh", "office", True), ("15sd", "office", True), ("1mo", "office", True),
     ("15sd", "service", True), ("5wd", "service", False), ("20wh", "service", False), ("5d", "office", False),
     ("99h", "office", False)],
)  # fmt: skip
def test_it_is_provisional_only_where_days_off_matter(limit: str, calendar: str, provisional: bool) -> None:
    deadline = set_deadline(at("2026-12-31 17:00"), Duration.parse(limit), None, CALENDAR.named(calendar))
    assert (deadline.due_at.year, deadline.is_provisional) == (2027, provisional)


def test_it_is_final_up_to_the_last_midnight_of_a_published_year() -> None:
    calendar = parse_calendar({"name": "cn", "hours": [{"from": "00:00", "to": "24:00"}]})
    deadline = set_deadline(at("2026-12-30 10:00"), Duration.parse("1wd"), None, calendar)
    assert (deadline.due_at, deadline.is_provisional) == (at("2027-01-01 00:00"), False)


def test_it_can_be_extended_while_it_is_paused() -> None:
    told = course().paused(at("2025-06-20 09:00")).extended(Duration.parse("30sd"), at("2025-06-22 09:00"))
    assert told.events[1] == Extension(Duration.parse("30sd"), at("2025-06-22 09:00"))
    on = told.resumed(at("2025-06-30 09:00"))
    assert on.events[0] == Pause(at("2025-06-20 09:00"), at("2025-06-30 09:00"))
    assert promise(on, CALENDAR).due_at == at("2025-09-17 17:30")
