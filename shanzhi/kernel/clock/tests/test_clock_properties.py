"""What holds for every start, limit and pause."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.clock.policy import (
    Duration,
    due_at,
    elapsed_working,
    extend,
    pause,
    resume,
    set_deadline,
    shipped_calendar,
    warn_at,
    working_days_between,
)

CALENDAR = shipped_calendar()
ZONE = ZoneInfo("Asia/Shanghai")
MICROSECOND = timedelta(microseconds=1)

moments = st.datetimes(datetime(2003, 6, 1), datetime(2029, 6, 1), timezones=st.just(ZONE))
limits = st.builds(
    lambda amount, unit: Duration.parse(f"{amount}{unit}"),
    st.integers(1, 90),
    st.sampled_from(["wd", "sd", "wh", "d", "h", "m"]),
)
working_limits = st.builds(
    lambda amount, unit: Duration.parse(f"{amount}{unit}"), st.integers(1, 90), st.sampled_from(["wd", "wh"])
)


@given(moments, moments, limits)
def test_it_is_never_due_earlier_for_a_later_start(one: datetime, other: datetime, limit: Duration) -> None:
    early, late = sorted((one, other))
    assert due_at(early, limit, CALENDAR) <= due_at(late, limit, CALENDAR)
    assert due_at(early, limit, CALENDAR) > early


@given(moments, limits.filter(lambda limit: limit.is_working or limit.unit == "sd"))
def test_it_is_never_due_on_a_day_off_or_outside_office_hours(start: datetime, limit: Duration) -> None:
    due = due_at(start, limit, CALENDAR)
    assert CALENDAR.is_working_day(due.date())
    minutes = timedelta(hours=due.hour, minutes=due.minute, seconds=due.second, microseconds=due.microsecond)
    assert any(timedelta(minutes=span.opens) < minutes <= timedelta(minutes=span.closes) for span in CALENDAR.hours)


@given(moments, st.integers(1, 400))
def test_it_uses_exactly_the_promised_working_days(start: datetime, amount: int) -> None:
    due = due_at(start, Duration.parse(f"{amount}wd"), CALENDAR)
    assert working_days_between(start, due, CALENDAR) == amount
    day = start.date() + timedelta(days=1)
    counted = 0
    while day <= due.date():
        counted += CALENDAR.is_working_day(day)
        day += timedelta(days=1)
    assert counted == amount


@given(moments, st.integers(1, 900))
def test_it_uses_exactly_the_promised_working_hours(start: datetime, amount: int) -> None:
    due = due_at(start, Duration.parse(f"{amount}wh"), CALENDAR)
    assert elapsed_working(start, due, CALENDAR) == timedelta(hours=amount)
    assert elapsed_working(start, due - MICROSECOND, CALENDAR) == timedelta(hours=amount) - MICROSECOND


@given(moments, moments, moments)
def test_it_adds_up_working_time(one: datetime, two: datetime, three: datetime) -> None:
    a, b, c = sorted((one, two, three))
    total = elapsed_working(a, b, CALENDAR) + elapsed_working(b, c, CALENDAR)
    assert total == elapsed_working(a, c, CALENDAR)
    assert timedelta(0) <= total <= c - a


@given(moments, limits, limits)
def test_it_warns_between_start_and_due_and_exactly_the_threshold_before(
    start: datetime, limit: Duration, threshold: Duration
) -> None:
    due = due_at(start, limit, CALENDAR)
    warned = warn_at(start, due, threshold, CALENDAR)
    assert start <= warned <= due
    if warned > start and threshold.is_working:
        unit = CALENDAR.day_length if threshold.unit == "wd" else timedelta(hours=1)
        assert elapsed_working(warned, due, CALENDAR) == threshold.amount * unit


@given(moments, working_limits, st.floats(0, 0.999), st.integers(0, 400 * 24 * 60))
def test_it_has_the_same_left_after_a_pause(start: datetime, limit: Duration, share: float, minutes: int) -> None:
    deadline = set_deadline(start, limit, None, CALENDAR)
    now = start + share * (deadline.due_at - start)
    later = now + timedelta(minutes=minutes)
    left = elapsed_working(now, deadline.due_at, CALENDAR)
    resumed = resume(pause(deadline, now, CALENDAR), later, CALENDAR)
    assert elapsed_working(later, resumed.due_at, CALENDAR) == left
    assert resumed.due_at >= deadline.due_at
    assert resumed.warn_at <= resumed.due_at
    assert resume(pause(deadline, now, CALENDAR), now, CALENDAR).due_at == deadline.due_at


@given(moments, limits, limits)
def test_it_only_moves_back_when_extended(start: datetime, limit: Duration, by: Duration) -> None:
    deadline = set_deadline(start, limit, None, CALENDAR)
    longer = extend(deadline, by, None, CALENDAR)
    assert longer.due_at > deadline.due_at
    assert longer.started_at <= longer.warn_at <= longer.due_at


@given(st.dates(date(1, 1, 2), date(9990, 1, 1)), st.sampled_from(["1wd", "8wh", "7sd", "3d"]))
def test_it_reckons_in_any_year(day: date, limit: str) -> None:
    start = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    due = due_at(start, Duration.parse(limit), CALENDAR)
    assert timedelta(0) < due - start < timedelta(days=20)
