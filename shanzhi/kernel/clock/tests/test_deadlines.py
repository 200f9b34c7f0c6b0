"""A deadline is promised, warned of, extended, paused and shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shanzhi.kernel.clock.policy import (
    BadDuration,
    CalendarError,
    Deadline,
    Duration,
    Light,
    default_threshold,
    due_at,
    elapsed_working,
    extend,
    light,
    limit_to_text,
    pause,
    remaining,
    resume,
    set_deadline,
    shipped_calendar,
    warn_at,
    working_days_between,
)

CALENDAR = shipped_calendar()
ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A local moment, "2025-10-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due(start: str, limit: str) -> datetime:
    """Due time of a limit text from a local start."""
    return due_at(at(start), Duration.parse(limit), CALENDAR)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        # An ordinary week: the day of the start isn't counted.
        ("2025-06-09 09:00", "1wd", "2025-06-10 17:30"),
        ("2025-06-09 00:00", "1wd", "2025-06-10 17:30"),
        ("2025-06-09 23:59:59.999999", "1wd", "2025-06-10 17:30"),
        ("2025-06-13 17:31", "1wd", "2025-06-16 17:30"),
        ("2025-06-14 10:00", "1wd", "2025-06-16 17:30"),
        # National Day 2024: 1 to 7 October off; Sunday 29 September and Saturday 12 October worked.
        ("2024-09-27 10:00", "1wd", "2024-09-29 17:30"),
        ("2024-09-27 10:00", "3wd", "2024-10-08 17:30"),
        ("2024-09-30 17:31", "5wd", "2024-10-12 17:30"),
        ("2024-10-03 12:00", "1wd", "2024-10-08 17:30"),
        # National Day 2025: 1 to 8 October off; Sunday 28 September and Saturday 11 October worked.
        ("2025-09-28 10:00", "5wd", "2025-10-11 17:30"),
        ("2025-10-08 23:00", "4wd", "2025-10-13 17:30"),
        # Spring Festival 2024: 10 to 17 February off; Sunday 4 and 18 February worked.
        ("2024-02-09 16:00", "1wd", "2024-02-18 17:30"),
        ("2024-02-02 16:00", "2wd", "2024-02-05 17:30"),
        # Spring Festival 2025: 28 January to 4 February off; Sunday 26 January and Saturday 8 February worked.
        ("2025-01-24 09:00", "5wd", "2025-02-07 17:30"),
        ("2025-01-24 09:00", "6wd", "2025-02-08 17:30"),
        # Spring Festival 2026: 15 to 23 February off; Saturday 14 and 28 February worked.
        ("2026-02-13 09:00", "2wd", "2026-02-24 17:30"),
        ("2026-02-27 09:00", "1wd", "2026-02-28 17:30"),
        # Across the year: 1 January 2025 off.
        ("2024-12-30 09:00", "2wd", "2025-01-02 17:30"),
        ("2023-12-29 09:00", "500wd", "2026-01-04 17:30"),  # 251 working days in 2024, 248 in 2025
    ],
)
def test_it_counts_working_days_from_the_next_working_day(start: str, limit: str, expected: str) -> None:
    assert due(start, limit) == at(expected)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2025-06-09 09:00", "2wh", "2025-06-09 11:00"),
        ("2025-06-09 09:00", "3wh", "2025-06-09 12:00"),
        ("2025-06-09 09:00", "4wh", "2025-06-09 14:30"),
        ("2025-06-09 07:00", "4wh", "2025-06-09 14:00"),
        ("2025-06-09 12:30", "4wh", "2025-06-09 17:30"),
        ("2025-06-09 16:30", "4wh", "2025-06-10 11:30"),
        ("2025-06-09 17:30", "4wh", "2025-06-10 14:00"),
        ("2025-06-09 17:31", "4wh", "2025-06-10 14:00"),
        ("2025-06-13 17:31", "15wh", "2025-06-17 17:30"),
        ("2024-10-03 12:00", "1wh", "2024-10-08 09:30"),
        ("2024-10-12 17:00", "1wh", "2024-10-14 09:00"),
        ("2024-09-30 16:45:30", "1wh", "2024-10-08 08:45:30"),
    ],
)
def test_it_counts_working_hours_inside_office_hours(start: str, limit: str, expected: str) -> None:
    assert due(start, limit) == at(expected)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2024-09-30 17:31", "3d", "2024-10-03 17:31"),
        ("2024-09-30 17:31", "24h", "2024-10-01 17:31"),
        ("2024-09-30 23:45", "30m", "2024-10-01 00:15"),
    ],
)
def test_it_runs_natural_time_straight_through(start: str, limit: str, expected: str) -> None:
    assert due(start, limit) == at(expected)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2025-06-09 09:00", "15sd", "2025-06-24 17:30"),
        ("2025-06-09 23:00", "60sd", "2025-08-08 17:30"),
        ("2024-09-18 09:00", "15sd", "2024-10-08 17:30"),  # ends on 3 October, in the holiday
        ("2024-10-07 09:00", "5sd", "2024-10-12 17:30"),  # ends on a make-up Saturday
    ],
)
def test_it_moves_the_last_statutory_day_out_of_the_holiday(start: str, limit: str, expected: str) -> None:
    assert due(start, limit) == at(expected)


def test_it_answers_in_the_calendars_zone_whatever_zone_the_start_has() -> None:
    # 17:00 UTC on Sunday is Monday 01:00 in Shanghai.
    found = due_at(datetime(2025, 6, 8, 17, 0, tzinfo=UTC), Duration.parse("1wd"), CALENDAR)
    assert found == at("2025-06-10 17:30")
    assert found.tzinfo == ZONE


def test_it_refuses_a_moment_without_a_zone() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        due_at(datetime(2025, 6, 9), Duration.parse("1wd"), CALENDAR)


def test_it_says_so_when_a_limit_leaves_the_calendar() -> None:
    for limit in ("9000wd", "3000wh", "365d", "365sd", "9000h", "1mo", "1200mo"):
        with pytest.raises(CalendarError, match="超出了日历的范围"):
            due_at(datetime(9999, 12, 1, tzinfo=UTC), Duration.parse(limit), CALENDAR)
    with pytest.raises(CalendarError, match="超出了日历的范围"):
        due_at(datetime(9999, 12, 31, 23, tzinfo=UTC), Duration.parse("1m"), CALENDAR)


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("5wd", "5个工作日"),
        ("60sd", "60日"),
        ("3mo", "3个月"),
        ("3d", "3天"),
        ("4wh", "4个工作小时"),
        ("24h", "24小时"),
        ("30m", "30分钟"),
    ],
)
def test_it_reads_a_duration_and_says_it_in_chinese(text: str, chinese: str) -> None:
    duration = Duration.parse(text)
    assert (str(duration), duration.to_text()) == (text, chinese)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "wd",
        "0wd",
        "05wd",
        "-1d",
        "1.5h",
        "5 wd",
        "5WD",
        "5wd ",
        "５wd",
        "1w",
        "3m0",
        "3Mo",
        "3mon",
        "1y",
        "99999999h",
    ],
)
def test_it_refuses_a_duration_that_it_cannot_read(text: str) -> None:
    with pytest.raises(BadDuration, match="读不懂"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["36526d", "36526wd", "876601h", "1201mo"])
def test_it_refuses_more_than_a_hundred_years(text: str) -> None:
    with pytest.raises(BadDuration, match="超过一百年"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("due_text", "threshold", "expected"),
    [
        ("2025-06-16 17:30", "4wh", "2025-06-16 13:30"),
        ("2025-06-16 17:30", "1wd", "2025-06-16 08:30"),
        ("2025-06-16 17:30", "2wd", "2025-06-13 08:30"),
        ("2025-06-16 11:00", "1wd", "2025-06-13 11:00"),
        ("2025-06-16 11:00", "4wh", "2025-06-13 16:00"),
        ("2025-06-16 11:00", "1d", "2025-06-15 11:00"),
        ("2025-06-16 11:00", "90m", "2025-06-16 09:30"),
        ("2024-10-08 17:30", "2wd", "2024-09-30 08:30"),
        ("2024-10-05 12:00", "4wh", "2024-09-30 13:30"),
        ("2025-01-02 17:30", "3wd", "2024-12-30 08:30"),
    ],
)
def test_it_warns_a_threshold_before_it_is_due(due_text: str, threshold: str, expected: str) -> None:
    assert warn_at(at("2024-01-02 09:00"), at(due_text), Duration.parse(threshold), CALENDAR) == at(expected)


def test_it_never_warns_before_the_start() -> None:
    start = at("2025-06-09 16:30")
    assert warn_at(start, at("2025-06-10 11:30"), Duration.parse("3wd"), CALENDAR) == start


@pytest.mark.parametrize(
    ("limit", "threshold"),
    [
        ("1wd", "4wh"), ("5wd", "1wd"), ("15wd", "3wd"), ("60sd", "12d"), ("2sd", "8h"), ("7d", "1d"), ("1d", "8h"),
        ("4wh", "30m"), ("8wh", "1wh"), ("24h", "4h"), ("2h", "30m"), ("30m", "6m"), ("3m", "1m"),
    ],
)  # fmt: skip
def test_it_has_a_threshold_of_its_own_where_the_rule_book_names_none(limit: str, threshold: str) -> None:
    assert default_threshold(Duration.parse(limit)) == Duration.parse(threshold)


def test_it_is_kept_up_to_the_due_moment_and_late_after_it() -> None:
    warned, late = at("2025-06-16 13:30"), at("2025-06-16 17:30")
    instant = timedelta(microseconds=1)
    assert light(warned - instant, warned, late) is Light.NORMAL
    assert light(warned, warned, late) is Light.WARNING
    assert light(late, warned, late) is Light.WARNING
    assert light(late + instant, warned, late) is Light.OVERDUE
    assert [one.label for one in Light] == ["正常", "临期", "超期"]


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("2025-06-12 13:30", "剩 2 天 4 小时（工作时间）"),
        ("2025-06-14 13:30", "剩 1 天 0 小时（工作时间）"),
        ("2025-06-16 11:00", "剩 5 小时 0 分钟（工作时间）"),
        ("2025-06-16 16:50", "剩 40 分钟（工作时间）"),
        ("2025-06-16 17:29:30", "剩不足 1 分钟（工作时间）"),
        ("2025-06-16 17:30", "剩不足 1 分钟（工作时间）"),
        ("2025-06-16 17:30:01", "刚刚超期"),
        ("2025-06-17 08:40", "超期 10 分钟（工作时间）"),
        ("2025-06-17 10:00", "超期 1 小时 30 分钟（工作时间）"),
        ("2025-06-18 10:00", "超期 1 天 1 小时（工作时间）"),
    ],
)
def test_it_says_what_remains_in_working_time(now: str, text: str) -> None:
    assert remaining(at(now), at("2025-06-16 17:30"), CALENDAR).to_text() == text


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("2025-06-14 13:30", "剩 2 天 4 小时"),
        ("2025-06-16 11:00", "剩 6 小时 30 分钟"),
        ("2025-06-16 17:00", "剩 30 分钟"),
        ("2025-06-18 18:30", "超期 2 天 1 小时"),
    ],
)
def test_it_says_what_remains_in_natural_time(now: str, text: str) -> None:
    assert remaining(at(now), at("2025-06-16 17:30"), CALENDAR, working=False).to_text() == text


def test_it_measures_working_time() -> None:
    def hours(start: str, end: str) -> float:
        return elapsed_working(at(start), at(end), CALENDAR) / timedelta(hours=1)

    assert hours("2025-06-09 08:00", "2025-06-09 18:00") == 7.5
    assert hours("2025-06-09 11:00", "2025-06-09 14:00") == 1.5
    assert hours("2025-06-13 17:00", "2025-06-16 09:00") == 1.0
    assert hours("2024-09-30 17:30", "2024-10-08 08:30") == 0.0
    assert hours("2024-12-31 16:30", "2025-01-02 09:30") == 2.0
    assert hours("2025-06-09 14:00", "2025-06-09 11:00") == 0.0


def test_it_counts_used_working_days_as_the_limit_counts_them() -> None:
    def days(start: str, end: str) -> int:
        return working_days_between(at(start), at(end), CALENDAR)

    assert days("2025-06-09 09:00", "2025-06-09 17:00") == 0
    assert days("2024-09-30 17:31", "2024-10-12 17:30") == 5
    assert days("2025-06-13 09:00", "2025-06-15 09:00") == 0
    assert days("2025-06-13 09:00", "2025-06-12 09:00") == 0


def test_it_promises_a_deadline_with_its_calendar() -> None:
    deadline = set_deadline(at("2025-09-28 10:00"), Duration.parse("5wd"), Duration.parse("4wh"), CALENDAR)
    assert deadline == Deadline(
        started_at=at("2025-09-28 10:00"),
        due_at=at("2025-10-11 17:30"),
        warn_at=at("2025-10-11 13:30"),
        limit_text="5wd",
        calendar_version=CALENDAR.version,
    )


def test_it_extends_from_the_old_due_time() -> None:
    deadline = set_deadline(at("2025-06-09 10:00"), Duration.parse("5wd"), None, CALENDAR)
    longer = extend(deadline, Duration.parse("3wd"), None, CALENDAR)
    assert (longer.due_at, longer.warn_at) == (at("2025-06-19 17:30"), at("2025-06-19 08:30"))
    assert longer.started_at == deadline.started_at
    assert longer.limit_text == "5wd+3wd"
    assert limit_to_text(longer.limit_text) == "5个工作日，延长3个工作日"
    hours = extend(longer, Duration.parse("2wh"), Duration.parse("1wh"), CALENDAR)
    assert (hours.due_at, hours.warn_at) == (at("2025-06-20 10:30"), at("2025-06-20 09:30"))


def test_it_keeps_the_remaining_working_time_through_a_pause() -> None:
    deadline = set_deadline(at("2025-06-09 10:00"), Duration.parse("2wd"), Duration.parse("4wh"), CALENDAR)
    paused = pause(deadline, at("2025-06-10 10:00"), CALENDAR)
    assert paused.remaining == timedelta(hours=13.5)
    resumed = resume(paused, at("2025-06-14 12:00"), CALENDAR)
    assert (resumed.due_at, resumed.warn_at) == (at("2025-06-17 16:00"), at("2025-06-17 10:30"))


def test_it_keeps_the_remaining_natural_time_through_a_pause() -> None:
    deadline = set_deadline(at("2025-06-09 10:00"), Duration.parse("7d"), Duration.parse("1d"), CALENDAR)
    resumed = resume(pause(deadline, at("2025-06-15 20:00"), CALENDAR), at("2025-06-20 20:00"), CALENDAR)
    assert resumed.due_at == at("2025-06-21 10:00")
    assert resumed.warn_at == deadline.warn_at


def test_it_forgives_nothing_when_a_late_clock_is_paused() -> None:
    deadline = set_deadline(at("2025-06-09 10:00"), Duration.parse("1wd"), None, CALENDAR)
    resumed = resume(pause(deadline, at("2025-06-11 09:00"), CALENDAR), at("2025-06-20 09:00"), CALENDAR)
    assert resumed == deadline
