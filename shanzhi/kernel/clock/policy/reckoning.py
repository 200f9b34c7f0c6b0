"""The single steps: from a start and a limit to a moment, and back from it to the warning.

Sources: 《民法典》第二百零一条至第二百零三条. Art. 201: a period by years, months or days doesn't count the day of its
start and begins with the next one; a period by hours begins at the moment that the law or the parties say. Art. 202: a period
by years or months ends on the corresponding day of its last month, or on that month's last day where there is none. Art. 203:
a last day that is a legal holiday gives way to the day after the holiday; the last day ends at 24:00, or where there are
business hours, when business stops.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta

from shanzhi.kernel.clock.policy.calendar import LAST_YEAR, WorkCalendar, beyond
from shanzhi.kernel.clock.policy.duration import Duration, DurationUnit

US = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
NATURAL = {
    DurationUnit.DAY: timedelta(days=1),
    DurationUnit.STATUTORY_DAY: timedelta(days=1),
    DurationUnit.HOUR: timedelta(hours=1),
    DurationUnit.MINUTE: timedelta(minutes=1),
}
_LAST_DAY = date.max.toordinal()
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
_DAYS_A_MONTH_WARNS = 6


def due_at(start: datetime, duration: Duration, calendar: WorkCalendar) -> datetime:
    """The last moment at which a limit that began at `start` is still kept, in the calendar's zone.

    Working days: the day of the start isn't counted (civil code, art. 201, para. 1), so they count from the next
    working day; the last one ends with office hours (art. 203, para. 2: 有业务时间的，停止业务活动的时间为截止时间).
    Statutory days: all days count but the day of the start; a last day off moves to the next working day (art. 203,
    para. 1), and ends with its office hours. Months: to the corresponding day of the last month, or its last day
    (art. 202), moved and ended like statutory days. Working hours count inside office hours. Natural days, hours and
    minutes run straight from the start (art. 201, para. 2).

    Raises:
        ValueError: `start` has no time zone.
        CalendarError: it would lie beyond the year 9999.
    """
    local = calendar.localise(start)
    unit = duration.unit
    if unit is DurationUnit.WORKING_HOUR:
        return calendar.add_working(local, duration.amount * HOUR_US)
    if unit in _BY_DAYS:
        return end_of(last_counted(local.toordinal(), duration, calendar), unit, calendar)
    return calendar.shift(local, duration.amount * NATURAL[unit])


_BY_DAYS = frozenset({DurationUnit.WORKING_DAY, DurationUnit.STATUTORY_DAY, DurationUnit.MONTH})


def counts_days(unit: DurationUnit) -> bool:
    """Does a limit in this unit end with a day (and not at a moment)?"""
    return unit in _BY_DAYS


def last_counted(day: int, duration: Duration, calendar: WorkCalendar) -> int:
    """The ordinal of the last day that a limit counts when `day` (an ordinal) is the day of its start, before a holiday
    moves it. Working days, statutory days and months only.

    Raises:
        CalendarError: it would lie beyond the year 9999.
    """
    unit, amount = duration.unit, duration.amount
    if unit is DurationUnit.WORKING_DAY:
        return calendar.working_day_after(day, amount)
    if unit is DurationUnit.MONTH:
        return months_after(day, amount)
    if day + amount > _LAST_DAY:
        raise beyond()
    return day + amount


def months_after(day: int, months: int) -> int:
    """The corresponding day `months` later (earlier where negative) as an ordinal, or that month's last day (art. 202).

    Raises:
        CalendarError: it would lie beyond the years 1 to 9999.
    """
    begun = date.fromordinal(day)
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    if not 1 <= year <= LAST_YEAR:
        raise beyond()
    month += 1
    number = begun.day
    if number > 28:
        number = min(number, monthrange(year, month)[1])
    return date(year, month, number).toordinal()


def end_of(counted: int, unit: DurationUnit, calendar: WorkCalendar) -> datetime:
    """The last moment of a limit whose last counted day is `counted`: moved off a legal holiday (art. 203, para. 1) unless
    working days were counted, which are none; then close of business (para. 2)."""
    if unit is not DurationUnit.WORKING_DAY:
        counted = calendar.legal.working_day_on_or_after(counted)
    return calendar.close_of(counted)


def day_ended(moment: datetime) -> int:
    """The ordinal of the day that a local due moment belongs to: midnight is 24:00 of the day before."""
    day = moment.toordinal()
    return day if moment.hour or moment.minute or moment.second or moment.microsecond else day - 1


def warn_at(start: datetime, due: datetime, threshold: Duration, calendar: WorkCalendar) -> datetime:
    """When the warning begins: `threshold` before `due`, but not before `start`.

    A working day counts as one day's office time: "1wd" before the end of Monday is Monday morning, and before
    Monday noon it is Friday noon. It never falls into a stretch without work where a later moment is as good.
    A month leads to the same hour of the corresponding day, or of that month's last day.
    """
    unit, amount = threshold.unit, threshold.amount
    if unit is DurationUnit.WORKING_DAY:
        warned = calendar.subtract_working(due, amount * calendar.day_us)
    elif unit is DurationUnit.WORKING_HOUR:
        warned = calendar.subtract_working(due, amount * HOUR_US)
    elif unit is DurationUnit.MONTH:
        local = calendar.localise(due)
        warned = local.combine(date.fromordinal(months_after(local.toordinal(), -amount)), local.timetz())
    else:
        warned = calendar.shift(due, -amount * NATURAL[unit])
    return max(warned, calendar.localise(start))


def default_threshold(limit: Duration) -> Duration:
    """The warning threshold where the rule book names none: about the last fifth, in the limit's own kind of time."""
    if limit.unit is DurationUnit.MONTH:
        return Duration(_DAYS_A_MONTH_WARNS * limit.amount, DurationUnit.DAY)
    least, unit, short = _WARN_RULES[limit.unit]
    return Duration(max(1, limit.amount // 5), unit) if limit.amount >= least else short
