"""Deadlines: from a limit and a calendar to a moment, a warning, a light, and what remains."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import WorkCalendar
from shanzhi.kernel.clock.policy.duration import Duration, DurationUnit

_US = timedelta(microseconds=1)
_HOUR_US = 3_600_000_000
_NATURAL = {
    DurationUnit.DAY: timedelta(days=1),
    DurationUnit.STATUTORY_DAY: timedelta(days=1),
    DurationUnit.HOUR: timedelta(hours=1),
    DurationUnit.MINUTE: timedelta(minutes=1),
}
_HALF_AN_HOUR = Duration(30, DurationUnit.MINUTE)
# For each unit of a limit: from which amount the fifth is taken, in which unit, and what warns below that amount.
_WARN_RULES = {
    DurationUnit.WORKING_DAY: (3, DurationUnit.WORKING_DAY, Duration(4, DurationUnit.WORKING_HOUR)),
    DurationUnit.STATUTORY_DAY: (3, DurationUnit.DAY, Duration(8, DurationUnit.HOUR)),
    DurationUnit.DAY: (3, DurationUnit.DAY, Duration(8, DurationUnit.HOUR)),
    DurationUnit.WORKING_HOUR: (5, DurationUnit.WORKING_HOUR, _HALF_AN_HOUR),
    DurationUnit.HOUR: (5, DurationUnit.HOUR, _HALF_AN_HOUR),
    DurationUnit.MINUTE: (1, DurationUnit.MINUTE, _HALF_AN_HOUR),
}


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


def due_at(start: datetime, duration: Duration, calendar: WorkCalendar) -> datetime:
    """The last moment at which a limit that began at `start` is still kept, in the calendar's zone.

    Working days: the day of the start isn't counted (civil code, art. 201, para. 1), so they count from the next
    working day; the last one ends with office hours (art. 203, para. 2: 有业务时间的，停止业务活动的时间为截止时间).
    Statutory days: all days count but the day of the start; a last day off moves to the next working day (art. 203,
    para. 1), and ends with its office hours. Working hours count inside office hours. Natural days, hours and minutes
    run straight from the start (art. 201, para. 2).

    Raises:
        ValueError: `start` has no time zone.
        CalendarError: it would lie beyond the year 9999.
    """
    local = calendar.localise(start)
    unit = duration.unit
    if unit is DurationUnit.WORKING_DAY:
        return calendar.close_of(calendar.working_day_after(local.toordinal(), duration.amount))
    if unit is DurationUnit.WORKING_HOUR:
        return calendar.add_working(local, duration.amount * _HOUR_US)
    if unit is DurationUnit.STATUTORY_DAY:
        last = calendar.shift(local, timedelta(days=duration.amount)).toordinal()
        return calendar.close_of(calendar.working_day_on_or_after(last))
    return calendar.shift(local, duration.amount * _NATURAL[unit])


def warn_at(start: datetime, due: datetime, threshold: Duration, calendar: WorkCalendar) -> datetime:
    """When the warning begins: `threshold` before `due`, but not before `start`.

    A working day counts as one day's office time: "1wd" before the end of Monday is Monday morning, and before
    Monday noon it is Friday noon. It never falls into a stretch without work where a later moment is as good.
    """
    if threshold.unit is DurationUnit.WORKING_DAY:
        warned = calendar.subtract_working(due, threshold.amount * (calendar.day_length // _US))
    elif threshold.unit is DurationUnit.WORKING_HOUR:
        warned = calendar.subtract_working(due, threshold.amount * _HOUR_US)
    else:
        warned = calendar.shift(due, -threshold.amount * _NATURAL[threshold.unit])
    return max(warned, calendar.localise(start))


def default_threshold(limit: Duration) -> Duration:
    """The warning threshold where the rule book names none: about the last fifth, in the limit's own kind of time."""
    least, unit, short = _WARN_RULES[limit.unit]
    return Duration(max(1, limit.amount // 5), unit) if limit.amount >= least else short


def set_deadline(start: datetime, limit: Duration, threshold: Duration | None, calendar: WorkCalendar) -> Deadline:
    """A new deadline from `start`; without a threshold the clock's own rule (`default_threshold`) warns."""
    due = due_at(start, limit, calendar)
    return Deadline(
        started_at=calendar.localise(start),
        due_at=due,
        warn_at=warn_at(start, due, threshold or default_threshold(limit), calendar),
        limit_text=str(limit),
        calendar_version=calendar.version,
    )


def extend(deadline: Deadline, by: Duration, threshold: Duration | None, calendar: WorkCalendar) -> Deadline:
    """The deadline moved back by `by`, counted from the old due time; the warning moves with it."""
    due = due_at(deadline.due_at, by, calendar)
    first = Duration.parse(deadline.limit_text.partition("+")[0])
    return replace(
        deadline,
        due_at=due,
        warn_at=warn_at(deadline.started_at, due, threshold or default_threshold(first), calendar),
        limit_text=f"{deadline.limit_text}+{by}",
        calendar_version=calendar.version,
    )


def pause(deadline: Deadline, now: datetime, calendar: WorkCalendar) -> PausedDeadline:
    """Stop the clock at `now` and keep what is left: working time for working limits, else natural time."""

    def left(until: datetime) -> timedelta | None:
        if now >= until:
            return None
        return elapsed_working(now, until, calendar) if deadline.is_working else until - now

    return PausedDeadline(deadline, calendar.localise(now), left(deadline.due_at), left(deadline.warn_at))


def resume(paused: PausedDeadline, now: datetime, calendar: WorkCalendar) -> Deadline:
    """Start the clock again at `now` with what was left. A deadline that was missed before the pause stays missed."""
    deadline = paused.deadline

    def restart(left: timedelta | None, old: datetime) -> datetime:
        if left is None:
            return old
        return calendar.add_working(now, left // _US) if deadline.is_working else calendar.shift(now, left)

    return replace(
        deadline,
        due_at=restart(paused.remaining, deadline.due_at),
        warn_at=restart(paused.until_warning, deadline.warn_at),
        calendar_version=calendar.version,
    )


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
