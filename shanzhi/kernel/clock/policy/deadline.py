"""Deadlines: from a limit and a calendar to a moment, a warning, a light, and what remains."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import WorkCalendar
from shanzhi.kernel.clock.policy.course import (
    Course,
    Extension,
    Leg,
    Pause,
    after_extension,
    after_pause,
    first_leg,
    legs_of,
)
from shanzhi.kernel.clock.policy.duration import Duration, DurationUnit
from shanzhi.kernel.clock.policy.reckoning import day_ended, default_threshold


class Light(StrEnum):
    """Where a clock stands (红黄绿灯)."""

    NORMAL = "normal"
    WARNING = "warning"
    OVERDUE = "overdue"

    @property
    def label(self) -> str:
        """The message id of the light's name."""
        return _LIGHT_LABELS[self]


_LIGHT_LABELS = {Light.NORMAL: msg("正常"), Light.WARNING: msg("临期"), Light.OVERDUE: msg("超期")}


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as it was promised. `limit_text` is rule-book text, one "+" for each extension ("5wd+3wd")."""

    started_at: datetime
    due_at: datetime
    warn_at: datetime
    limit_text: str
    calendar_version: str
    is_provisional: bool = False
    """Does it count a day of a year whose notice isn't out? Then it is recomputed when the notice is."""
    course: Course | None = field(default=None, compare=False, repr=False)
    """What it follows from; None where a row that was read holds none."""

    @property
    def is_working(self) -> bool:
        """Does the limit count working time only?"""
        return Duration.parse(self.limit_text.partition("+")[0]).is_working


@dataclass(frozen=True, slots=True)
class PausedDeadline:
    """A stopped clock: what was left until due and until the warning (working time where the limit counts that).

    None: that moment had passed already when the clock was stopped; resuming leaves it where it was.
    """

    deadline: Deadline
    paused_at: datetime
    remaining: timedelta | None
    until_warning: timedelta | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left, or by how much it is late, cut down to whole minutes.

    With `working` a day is a day's office time (7.5 hours in the shipped calendar), else 24 hours.
    """

    days: int
    hours: int
    minutes: int
    is_overdue: bool
    working: bool

    @property
    def message(self) -> str:
        """The message id of `to_text`, with places for days, hours and minutes."""
        kind = "days" if self.days else "hours" if self.hours else "minutes" if self.minutes else "moment"
        return _REMAINING[self.is_overdue, kind, self.working]

    def to_text(self) -> str:
        """In Chinese: "剩 1 天 4 小时（工作时间）", "剩 30 分钟", "超期 2 小时 5 分钟（工作时间）"."""
        return self.message % {"days": self.days, "hours": self.hours, "minutes": self.minutes}


_REMAINING = {
    (False, "days", True): msg("剩 %(days)d 天 %(hours)d 小时（工作时间）"),
    (False, "hours", True): msg("剩 %(hours)d 小时 %(minutes)d 分钟（工作时间）"),
    (False, "minutes", True): msg("剩 %(minutes)d 分钟（工作时间）"),
    (False, "moment", True): msg("剩不足 1 分钟（工作时间）"),
    (False, "days", False): msg("剩 %(days)d 天 %(hours)d 小时"),
    (False, "hours", False): msg("剩 %(hours)d 小时 %(minutes)d 分钟"),
    (False, "minutes", False): msg("剩 %(minutes)d 分钟"),
    (False, "moment", False): msg("剩不足 1 分钟"),
    (True, "days", True): msg("超期 %(days)d 天 %(hours)d 小时（工作时间）"),
    (True, "hours", True): msg("超期 %(hours)d 小时 %(minutes)d 分钟（工作时间）"),
    (True, "minutes", True): msg("超期 %(minutes)d 分钟（工作时间）"),
    (True, "moment", True): msg("刚刚超期"),
    (True, "days", False): msg("超期 %(days)d 天 %(hours)d 小时"),
    (True, "hours", False): msg("超期 %(hours)d 小时 %(minutes)d 分钟"),
    (True, "minutes", False): msg("超期 %(minutes)d 分钟"),
    (True, "moment", False): msg("刚刚超期"),
}


def set_deadline(start: datetime, limit: Duration, threshold: Duration | None, calendar: WorkCalendar) -> Deadline:
    """A new deadline from `start`; without a threshold the clock's own rule (`default_threshold`) warns."""
    course = Course(start, limit, threshold)
    return _promised(course, (first_leg(course, calendar),), calendar)


def promise(course: Course, calendar: WorkCalendar) -> Deadline:
    """The deadline that follows from a clock's course; while it is paused, as it stood when it stopped.

    Raises:
        CalendarError: it would lie beyond the year 9999.
    """
    return _promised(course, legs_of(course, calendar), calendar)


def recompute(deadline: Deadline, calendar: WorkCalendar) -> Deadline:
    """The same promise by a calendar of today: the same date where the calendar says nothing new about its days.

    A deadline without its course (read from a row that holds none) is reckoned from its limit text; its warning then
    stays, unless the date moves.
    """
    if deadline.course is not None:
        return promise(deadline.course, calendar)
    first, *more = (Duration.parse(part) for part in deadline.limit_text.split("+"))
    course = Course(deadline.started_at, first, events=tuple(Extension(by) for by in more))
    found = promise(course, calendar)
    kept = deadline.warn_at if found.due_at == deadline.due_at else found.warn_at
    return replace(found, warn_at=kept, course=None)


def extend(
    deadline: Deadline,
    by: Duration,
    threshold: Duration | None,
    calendar: WorkCalendar,
    *,
    now: datetime | None = None,
    reason: str = "",
) -> Deadline:
    """The deadline moved back by `by`, counted from the old due time; the warning moves with it. `now` and `reason` say
    when it was granted and why, for `explain`.

    Raises:
        BadCourse: `now` is before something that happened to the clock already.
    """
    if deadline.course is not None:
        return promise(deadline.course.extended(by, now, reason, threshold), calendar)
    first = Duration.parse(deadline.limit_text.partition("+")[0])
    step = threshold or default_threshold(first)
    leg = after_extension(_standing(deadline, calendar), Extension(by), step, deadline.started_at, calendar)
    return replace(
        deadline,
        due_at=leg.due,
        warn_at=leg.warn,
        limit_text=f"{deadline.limit_text}+{by}",
        calendar_version=calendar.version,
        is_provisional=_is_provisional(deadline.started_at, leg.due, (leg,), calendar),
    )


def pause(deadline: Deadline, now: datetime, calendar: WorkCalendar, *, reason: str = "") -> PausedDeadline:
    """Stop the clock at `now` and tell what is left: working time for working limits, else natural time."""

    def left(until: datetime) -> timedelta | None:
        if now >= until:
            return None
        return elapsed_working(now, until, calendar) if deadline.is_working else until - now

    return PausedDeadline(deadline, calendar.localise(now), left(deadline.due_at), left(deadline.warn_at), reason)


def resume(paused: PausedDeadline, now: datetime, calendar: WorkCalendar) -> Deadline:
    """Start the clock again at `now` (see `course` for how a pause moves the date). A deadline that was missed before the
    pause stays missed.

    Raises:
        BadCourse: `now` is before the pause, or the pause before something that happened to the clock already.
    """
    deadline = paused.deadline
    if deadline.course is not None:
        return promise(deadline.course.paused(paused.paused_at, paused.reason).resumed(now), calendar)
    threshold = default_threshold(Duration.parse(deadline.limit_text.partition("+")[0]))
    leg = after_pause(
        _standing(deadline, calendar), Pause(paused.paused_at, now), threshold, deadline.started_at, calendar
    )
    return replace(
        deadline,
        due_at=leg.due,
        warn_at=leg.warn,
        calendar_version=calendar.version,
        is_provisional=_is_provisional(deadline.started_at, leg.due, (leg,), calendar),
    )


def _standing(deadline: Deadline, calendar: WorkCalendar) -> Leg:
    """A deadline without its course as the last leg of one: as it was promised."""
    unit = Duration.parse(deadline.limit_text.rpartition("+")[2]).unit
    due = calendar.localise(deadline.due_at)
    return Leg(None, unit, deadline.started_at, day_ended(due), due, deadline.warn_at)


def _promised(course: Course, legs: Sequence[Leg], calendar: WorkCalendar) -> Deadline:
    first, last = legs[0], legs[-1]
    return Deadline(
        first.since,
        last.due,
        last.warn,
        course.limit_text if course.events else str(course.limit),
        calendar.version,
        _is_provisional(first.since, last.due, legs, calendar),
        course,
    )


_BY_LAW = frozenset({DurationUnit.STATUTORY_DAY, DurationUnit.MONTH})
_BY_WORK = frozenset({DurationUnit.WORKING_DAY, DurationUnit.WORKING_HOUR})


def _is_provisional(start: datetime, due: datetime, legs: Sequence[Leg], calendar: WorkCalendar) -> bool:
    """Does a day between lie in a year whose notice isn't out, and does the date depend on it?"""
    if calendar.knows(start.year) and calendar.knows(due.year) and due.year - start.year <= 1:
        return False
    first, last = start.year, date.fromordinal(day_ended(due)).year
    if all(map(calendar.knows, range(first, last + 1))):
        return False
    units = {leg.unit for leg in legs}
    return not units.isdisjoint(_BY_LAW) or (not calendar.works_on_days_off and not units.isdisjoint(_BY_WORK))


def elapsed_working(start: datetime, end: datetime, calendar: WorkCalendar) -> timedelta:
    """Working time between two moments; zero when `end` isn't after `start`."""
    return timedelta(microseconds=calendar.working_us(start, end))


def working_days_between(start: datetime, end: datetime, calendar: WorkCalendar) -> int:
    """Working days used, counted as `due_at` counts them: the day of the start isn't counted, the day of the end is."""
    low, high = calendar.localise(start).toordinal(), calendar.localise(end).toordinal()
    return calendar.count_days(low + 1, high + 1) if high > low else 0


def light(now: datetime, warn_at: datetime, due_at: datetime) -> Light:
    """Where a clock stands at `now`. The due moment itself still keeps the limit."""
    if now > due_at:
        return Light.OVERDUE
    return Light.WARNING if now >= warn_at else Light.NORMAL


def remaining(now: datetime, due_at: datetime, calendar: WorkCalendar, *, working: bool = True) -> Remaining:
    """What is left until `due_at` (or by how much it is late), in working time unless `working` is False."""
    is_overdue = now > due_at
    low, high = (due_at, now) if is_overdue else (now, due_at)
    minutes = (elapsed_working(low, high, calendar) if working else high - low) // timedelta(minutes=1)
    day = calendar.day_length // timedelta(minutes=1) if working else 24 * 60
    days, rest = divmod(minutes, day)
    return Remaining(days, rest // 60, rest % 60, is_overdue, working)


def limit_to_text(limit_text: str) -> str:
    """A limit in Chinese, extensions named: "5wd+3wd" → "5个工作日，延长3个工作日"."""
    first, *more = (Duration.parse(part).to_text() for part in limit_text.split("+"))
    return "，".join([first, *(f"延长{part}" for part in more)])
