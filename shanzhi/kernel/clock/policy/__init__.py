"""The clock's rules: durations, the work calendar, deadlines and lights. No Django, no database, no clock."""

from shanzhi.kernel.clock.policy.calendar import (
    OFFICE,
    SERVICE,
    CalendarError,
    OfficeHours,
    WorkCalendar,
)
from shanzhi.kernel.clock.policy.calendar_file import SHIPPED, parse_calendar, shipped_calendar
from shanzhi.kernel.clock.policy.course import BadCourse, Course, Extension, Pause
from shanzhi.kernel.clock.policy.days_off import Said
from shanzhi.kernel.clock.policy.deadline import (
    Deadline,
    Light,
    PausedDeadline,
    Remaining,
    elapsed_working,
    extend,
    light,
    limit_to_text,
    pause,
    promise,
    recompute,
    remaining,
    resume,
    set_deadline,
    working_days_between,
)
from shanzhi.kernel.clock.policy.duration import BadDuration, Duration, DurationUnit
from shanzhi.kernel.clock.policy.explain import ClockStep, explain
from shanzhi.kernel.clock.policy.reckoning import default_threshold, due_at, warn_at

__all__ = [
    "OFFICE",
    "SERVICE",
    "SHIPPED",
    "BadCourse",
    "BadDuration",
    "CalendarError",
    "ClockStep",
    "Course",
    "Deadline",
    "Duration",
    "DurationUnit",
    "Extension",
    "Light",
    "OfficeHours",
    "Pause",
    "PausedDeadline",
    "Remaining",
    "Said",
    "WorkCalendar",
    "default_threshold",
    "due_at",
    "elapsed_working",
    "explain",
    "extend",
    "light",
    "limit_to_text",
    "parse_calendar",
    "pause",
    "promise",
    "recompute",
    "remaining",
    "resume",
    "set_deadline",
    "shipped_calendar",
    "warn_at",
    "working_days_between",
]
