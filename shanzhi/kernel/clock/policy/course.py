"""A clock's course: its start and limit, and what happened to it since, in order. The due date follows from it in one way.

How each thing that happens moves the due date:

- An extension counts from the due date that holds then, as a new limit would: the day of the old end isn't counted.
- A pause in a limit that counts statutory days or months: the days after the pause's day up to the day of resuming
  aren't counted. The last day counted so far moves by as many, and only then off a legal holiday (art. 203).
- A pause in a limit that counts working time: what was left of it when the clock stopped is left when it goes on.
- A pause in natural time (days, hours, minutes): the due moment moves by the time that the pause took.
- A pause that began at the due moment or after it forgives nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import WorkCalendar
from shanzhi.kernel.clock.policy.duration import BadDuration, Duration, DurationUnit
from shanzhi.kernel.clock.policy.reckoning import (
    counts_days,
    day_ended,
    default_threshold,
    due_at,
    end_of,
    last_counted,
    warn_at,
)


class BadCourse(InputError):
    """A clock can't be paused, resumed or extended so; or a stored course can't be read."""

    code = "bad-course"


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood from `since` to `until` (None: it still stands). `reason` is a message id or words."""

    since: datetime
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """The limit was extended. `granted_at` None: not known. `threshold` warns from now on; None: as before."""

    by: Duration
    granted_at: datetime | None = None
    reason: str = ""
    threshold: Duration | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A clock's start, limit, warning threshold (None: the clock's own rule) and events, each begun after the one before."""

    start: datetime
    limit: Duration
    threshold: Duration | None = None
    events: tuple[Pause | Extension, ...] = ()

    @property
    def limit_text(self) -> str:
        """The limit as rule-book text, one "+" for each extension ("60sd+30sd")."""
        return "+".join([str(self.limit), *(str(one.by) for one in self.events if isinstance(one, Extension))])

    @property
    def is_paused(self) -> bool:
        """Does the clock stand now?"""
        return any(isinstance(one, Pause) and one.until is None for one in self.events)

    def paused(self, now: datetime, reason: str = "") -> "Course":
        """The course with a pause that begins now.

        Raises:
            BadCourse: it is paused already, or something happened to it later than `now`.
        """
        if self.is_paused:
            raise BadCourse(msg("时钟已经暂停，不能再暂停。请先恢复。"))
        self._check_order(now)
        return replace(self, events=(*self.events, Pause(now, None, reason)))

    def resumed(self, now: datetime) -> "Course":
        """The course with its open pause ended now.

        Raises:
            BadCourse: it isn't paused, or the pause began later than `now`.
        """
        if not self.is_paused:
            raise BadCourse(msg("时钟没有暂停，不用恢复。请刷新后再看。"))
        events = tuple(
            replace(one, until=now) if isinstance(one, Pause) and one.until is None else one for one in self.events
        )
        if any(isinstance(one, Pause) and one.until is now and one.since > now for one in events):
            raise BadCourse(msg("恢复时间早于暂停时间。请核对。"))
        return replace(self, events=events)

    def extended(
        self, by: Duration, now: datetime | None = None, reason: str = "", threshold: Duration | None = None
    ) -> "Course":
        """The course with an extension granted now. Whether it comes in time and who may grant it is the process's matter.

        Raises:
            BadCourse: something happened to the clock later than `now`.
        """
        if now is not None:
            self._check_order(now)
        return replace(self, events=(*self.events, Extension(by, now, reason, threshold)))

    def _check_order(self, now: datetime) -> None:
        moments = [self.start]
        for one in self.events:
            moments += (one.since, one.until or one.since) if isinstance(one, Pause) else [one.granted_at or self.start]
        if now < max(moments):
            raise BadCourse(msg("这个时间早于时钟上已有的记录。请核对。"))

    def as_json(self) -> dict[str, Any]:
        """The course as JSON holds it: moments in ISO 8601 with their zone, durations as rule-book text."""
        return {
            "start": self.start.isoformat(),
            "limit": str(self.limit),
            "threshold": str(self.threshold) if self.threshold else None,
            "events": [_event_as_json(one) for one in self.events],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Course":
        """The course that `as_json` wrote.

        Raises:
            BadCourse: it isn't one.
        """
        try:
            return cls(
                _moment(stored["start"]),
                Duration.parse(stored["limit"]),
                _maybe_duration(stored.get("threshold")),
                tuple(_event_from_json(one) for one in stored.get("events", [])),
            )
        except (KeyError, TypeError, ValueError, AttributeError, BadDuration) as error:
            raise BadCourse(msg("时钟的记录读不懂，缺少起算时间、时限，或写法不对。请联系系统管理员。")) from error


def _event_as_json(event: Pause | Extension) -> dict[str, Any]:
    if isinstance(event, Pause):
        until = event.until.isoformat() if event.until else None
        return {"pause": event.since.isoformat(), "until": until, "reason": event.reason}
    return {
        "extend": str(event.by),
        "granted": event.granted_at.isoformat() if event.granted_at else None,
        "threshold": str(event.threshold) if event.threshold else None,
        "reason": event.reason,
    }


def _event_from_json(stored: Mapping[str, Any]) -> Pause | Extension:
    reason = stored.get("reason", "")
    if "pause" in stored:
        return Pause(_moment(stored["pause"]), _maybe_moment(stored.get("until")), reason)
    by, granted = Duration.parse(stored["extend"]), _maybe_moment(stored.get("granted"))
    return Extension(by, granted, reason, _maybe_duration(stored.get("threshold")))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment


def _maybe_moment(text: str | None) -> datetime | None:
    return _moment(text) if text else None


def _maybe_duration(text: str | None) -> Duration | None:
    return Duration.parse(text) if text else None


@dataclass(frozen=True, slots=True)
class Leg:
    """How the clock stood after its start (`event` None) or after an event: `unit` is how its end is counted, `counted` the
    ordinal of the last day counted before a holiday moves it (None where it ends at a moment), `since` where counting began."""

    event: Pause | Extension | None
    unit: DurationUnit
    since: datetime
    counted: int | None
    due: datetime
    warn: datetime


def first_leg(course: Course, calendar: WorkCalendar) -> Leg:
    """The clock as promised at its start."""
    start = calendar.localise(course.start)
    counted, due = _ended(start.toordinal(), start, course.limit, calendar)
    warn = warn_at(start, due, course.threshold or default_threshold(course.limit), calendar)
    return Leg(None, course.limit.unit, start, counted, due, warn)


def legs_of(course: Course, calendar: WorkCalendar) -> tuple[Leg, ...]:
    """The clock after its start and after each event; the last one holds. An open pause leaves it as it was.

    Raises:
        CalendarError: it would end beyond the year 9999.
    """
    legs = [first_leg(course, calendar)]
    threshold = course.threshold or default_threshold(course.limit)
    for event in course.events:
        if isinstance(event, Extension):
            threshold = event.threshold or threshold
            legs.append(after_extension(legs[-1], event, threshold, course.start, calendar))
        elif event.until is not None:
            legs.append(after_pause(legs[-1], event, threshold, course.start, calendar))
    return tuple(legs)


def after_extension(leg: Leg, event: Extension, threshold: Duration, start: datetime, calendar: WorkCalendar) -> Leg:
    """The clock after an extension, which counts from the due moment that held."""
    counted, due = _ended(day_ended(leg.due), leg.due, event.by, calendar)
    return Leg(event, event.by.unit, leg.due, counted, due, warn_at(start, due, threshold, calendar))


def after_pause(leg: Leg, event: Pause, threshold: Duration, start: datetime, calendar: WorkCalendar) -> Leg:
    """The clock after a pause that has ended."""
    since, until = calendar.localise(event.since), calendar.localise(event.until or event.since)
    if since >= leg.due or until <= since:
        return replace(leg, event=event, since=since)
    counted: int | None = None
    if leg.unit in (DurationUnit.WORKING_DAY, DurationUnit.WORKING_HOUR):
        due = calendar.add_working(until, calendar.working_us(since, leg.due))
    elif counts_days(leg.unit):
        counted, due = _after_paused_days(leg, since, until, calendar)
    else:
        due = calendar.shift(leg.due, until - since)
    warn = leg.warn if leg.warn <= since else warn_at(start, due, threshold, calendar)
    return Leg(event, leg.unit, until, counted, due, warn)


def _ended(day: int, since: datetime, duration: Duration, calendar: WorkCalendar) -> tuple[int | None, datetime]:
    if not counts_days(duration.unit):
        return None, due_at(since, duration, calendar)
    counted = last_counted(day, duration, calendar)
    return counted, end_of(counted, duration.unit, calendar)


def _after_paused_days(leg: Leg, since: datetime, until: datetime, calendar: WorkCalendar) -> tuple[int, datetime]:
    stopped, resumed = since.toordinal(), until.toordinal()
    last = day_ended(leg.due)
    # Stopped in the holiday after the last day counted: the moved day is the period's last (art. 203, para. 1).
    counted = leg.counted if leg.counted is not None and stopped <= leg.counted else last
    counted += resumed - stopped
    due = end_of(counted, leg.unit, calendar)
    if due < until:
        # Resumed in the evening of the last day: nobody is late by a pause, so the next day is the last.
        counted = resumed + 1
        due = end_of(counted, leg.unit, calendar)
    return counted, due
