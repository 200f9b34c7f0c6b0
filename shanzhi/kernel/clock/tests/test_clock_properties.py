"""What holds for every start, limit and pause."""

import json
from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.clock.policy import (
    Course,
    Duration,
    DurationUnit,
    Extension,
    Pause,
    WorkCalendar,
    due_at,
    elapsed_working,
    explain,
    extend,
    pause,
    promise,
    recompute,
    resume,
    set_deadline,
    shipped_calendar,
    warn_at,
    working_days_between,
)

CALENDAR = shipped_calendar()
ZONE = ZoneInfo("Asia/Shanghai")
SERVICE = CALENDAR.named("service")
MICROSECOND = timedelta(microseconds=1)

moments = st.datetimes(datetime(2003, 6, 1), datetime(2029, 6, 1), timezones=st.just(ZONE))
limits = st.builds(
    lambda amount, unit: Duration.parse(f"{amount}{unit}"),
    st.integers(1, 90),
    st.sampled_from(["wd", "sd", "mo", "wh", "d", "h", "m"]),
)
working_limits = st.builds(
    lambda amount, unit: Duration.parse(f"{amount}{unit}"), st.integers(1, 90), st.sampled_from(["wd", "wh"])
)
calendars = st.sampled_from([CALENDAR, SERVICE])


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A clock that was paused, resumed and extended, in time or late; the last pause may be open."""
    course = Course(draw(moments), draw(limits), draw(st.none() | limits))
    now = course.start
    for kind in draw(st.lists(st.sampled_from(["pause", "extend"]), max_size=4)):
        now += timedelta(minutes=draw(st.integers(0, 60 * 24 * 60)))
        if kind == "extend":
            course = course.extended(draw(limits), now, "情况复杂", draw(st.none() | limits))
        else:
            course = course.paused(now, "等待材料")
            now += timedelta(minutes=draw(st.integers(0, 60 * 24 * 60)))
            course = course.resumed(now)
    return course.paused(now, "听证") if draw(st.booleans()) else course


@given(moments, moments, limits)
def test_it_is_never_due_earlier_for_a_later_start(one: datetime, other: datetime, limit: Duration) -> None:
    early, late = sorted((one, other))
    assert due_at(early, limit, CALENDAR) <= due_at(late, limit, CALENDAR)
    assert due_at(early, limit, CALENDAR) > early


@given(moments, limits.filter(lambda limit: limit.is_working or limit.unit in ("sd", "mo")))
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


@given(moments, limits, calendars)
def test_it_is_never_due_earlier_for_a_longer_limit(start: datetime, limit: Duration, calendar: WorkCalendar) -> None:
    longer = Duration(limit.amount + 1, limit.unit)
    assert due_at(start, limit, calendar) <= due_at(start, longer, calendar)


@given(moments, limits, st.none() | limits, calendars)
def test_it_is_recomputed_to_what_was_promised(
    start: datetime, limit: Duration, threshold: Duration | None, calendar: WorkCalendar
) -> None:
    deadline = set_deadline(start, limit, threshold, calendar)
    again = recompute(deadline, calendar)
    assert (again, again.course) == (deadline, deadline.course)
    # A row that holds no course gives the same date from its limit text.
    assert recompute(replace(deadline, course=None), calendar) == deadline


@given(courses(), calendars)
def test_it_follows_from_its_course_in_one_way(course: Course, calendar: WorkCalendar) -> None:
    deadline = promise(course, calendar)
    assert recompute(deadline, calendar) == deadline
    assert promise(Course.from_json(json.loads(json.dumps(course.as_json()))), calendar) == deadline
    assert explain(course, calendar)[-1].at == deadline.due_at
    assert deadline.started_at <= deadline.warn_at <= deadline.due_at
    assert deadline.limit_text == course.limit_text


@given(courses(), calendars)
def test_it_gives_the_same_whatever_zone_its_moments_are_told_in(course: Course, calendar: WorkCalendar) -> None:
    def in_utc(event: Pause | Extension) -> Pause | Extension:
        if isinstance(event, Extension):
            return replace(event, granted_at=event.granted_at and event.granted_at.astimezone(UTC))
        return Pause(event.since.astimezone(UTC), event.until and event.until.astimezone(UTC), event.reason)

    abroad = replace(course, start=course.start.astimezone(UTC), events=tuple(map(in_utc, course.events)))
    assert promise(abroad, calendar) == promise(course, calendar)
    assert explain(abroad, calendar) == explain(course, calendar)


@given(courses(), calendars)
def test_it_is_never_due_earlier_for_what_happened_to_it(course: Course, calendar: WorkCalendar) -> None:
    dues = [
        promise(replace(course, events=course.events[:count]), calendar).due_at
        for count in range(len(course.events) + 1)
    ]
    assert dues == sorted(dues)


@given(courses(), calendars)
def test_it_comes_to_the_same_step_by_step(course: Course, calendar: WorkCalendar) -> None:
    deadline = set_deadline(course.start, course.limit, course.threshold, calendar)
    for event in course.events:
        if isinstance(event, Extension):
            deadline = extend(deadline, event.by, event.threshold, calendar, now=event.granted_at, reason=event.reason)
        elif event.until is not None:
            stopped = pause(deadline, event.since, calendar, reason=event.reason)
            deadline = resume(stopped, event.until, calendar)
    assert deadline == promise(course, calendar)


@given(moments, limits, limits, limits)
def test_it_extends_twice_as_it_extends_one_after_the_other(
    start: datetime, limit: Duration, one: Duration, other: Duration
) -> None:
    first = extend(set_deadline(start, limit, None, CALENDAR), one, None, CALENDAR)
    both = extend(first, other, None, CALENDAR)
    assert both.due_at > first.due_at
    assert both == promise(Course(start, limit).extended(one).extended(other), CALENDAR)
    if one.unit is other.unit is limit.unit and limit.unit in ("wd", "wh", "d", "h", "m"):
        added = Duration(limit.amount + one.amount + other.amount, limit.unit)
        assert both.due_at == due_at(start, added, CALENDAR)


@given(courses(), calendars, st.integers(0, 20 * 24 * 60))
def test_it_has_time_left_when_it_goes_on_in_time(course: Course, calendar: WorkCalendar, minutes: int) -> None:
    running = replace(course, events=tuple(one for one in course.events if not isinstance(one, Pause) or one.until))
    due = promise(running, calendar).due_at
    since = due - timedelta(minutes=1)
    if since < max([running.start, *(moment_of(one) for one in running.events)]):
        return
    until = since + timedelta(minutes=minutes)
    assert promise(running.paused(since).resumed(until), calendar).due_at >= until if minutes else True


def moment_of(event: Pause | Extension) -> datetime:
    """When an event was over."""
    found = event.until if isinstance(event, Pause) else event.granted_at
    assert found is not None
    return found


@given(moments, st.integers(1, 60))
def test_it_ends_on_the_corresponding_day_or_the_months_last(start: datetime, months: int) -> None:
    last = due_at(start, Duration(months, DurationUnit.MONTH), CALENDAR).date()
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    days = monthrange(year, month + 1)[1]
    nominal = date(year, month + 1, min(start.day, days))
    assert last >= nominal
    assert CALENDAR.is_working_day(last)
    between = (nominal + timedelta(days=place) for place in range((last - nominal).days))
    assert not any(CALENDAR.is_working_day(day) for day in between)


@given(st.dates(date(2018, 1, 1), date(2026, 12, 1)), limits, st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 30))))
def test_it_changes_only_provisional_dates_when_a_notice_comes_out(day: date, limit: Duration, off: set[date]) -> None:
    start = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE)
    deadline = set_deadline(start, limit, None, CALENDAR)
    later = replace(CALENDAR, off=frozenset(off | {date(2027, 1, 1)}), notice_years=frozenset({2027}))
    again = recompute(deadline, later)
    if deadline.is_provisional:
        assert again.due_at >= deadline.due_at
        assert not again.is_provisional or again.due_at.year > 2027
    elif deadline.due_at.year < 2027:
        assert (again.due_at, again.warn_at) == (deadline.due_at, deadline.warn_at)
