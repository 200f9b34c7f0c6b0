"""How a due date came about, step by step, each with the article and the notice that it rests on.

The steps are told from the same legs (`course.legs_of`) that the date is reckoned by, so they can't say another date.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy.calendar import WorkCalendar
from shanzhi.kernel.clock.policy.course import Course, Extension, Leg, Pause, legs_of
from shanzhi.kernel.clock.policy.days_off import (
    DaysOff,
    Said,
    days_off_between,
    holiday_around,
    make_up_days_between,
    source_of,
)
from shanzhi.kernel.clock.policy.deadline import promise
from shanzhi.kernel.clock.policy.duration import Duration, DurationUnit
from shanzhi.kernel.clock.policy.reckoning import counts_days, day_ended

PERIODS = msg("《民法典》第二百条")
NEXT_DAY = msg("《民法典》第二百零一条第一款")
BY_HOURS = msg("《民法典》第二百零一条第二款")
BY_MONTHS = msg("《民法典》第二百零二条")
HOLIDAY = msg("《民法典》第二百零三条第一款")
CLOSING = msg("《民法典》第二百零三条第二款")
AS_RULED = msg("《民法典》第二百零四条")
"""Otherwise where the law or the parties say so: pauses, and working days, which the code's own articles don't know."""
DAYS_OFF = msg("《全国年节及纪念日放假办法》")


@dataclass(frozen=True, slots=True)
class ClockStep:
    """One step: what happened, the article that it rests on, the notice or package year that it used (None: none), and
    the moment that it leads to (the last step's is the due moment)."""

    said: Said
    article: str
    source: Said | None = None
    at: datetime | None = None

    @property
    def message(self) -> str:
        """The message id of the sentence."""
        return self.said.message

    def to_text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, in Chinese or as `translate` (gettext) says it."""
        return self.said.to_text(translate)


def explain(course: Course, calendar: WorkCalendar) -> tuple[ClockStep, ...]:
    """The steps from a clock's start to its due moment, which is the last step's `at` and equals `promise(…).due_at`.

    Raises:
        CalendarError: it would end beyond the year 9999.
    """
    return tuple(_steps(course, calendar))


def _steps(course: Course, calendar: WorkCalendar) -> Iterator[ClockStep]:
    legs = iter(legs_of(course, calendar))
    leg = first = next(legs)
    yield _step(msg("%(start)s起算，时限%(limit)s。"), PERIODS, start=leg.since, limit=course.limit)
    yield from _counted(leg, course.limit, leg.since.toordinal(), calendar)
    for event in course.events:
        before = leg
        if isinstance(event, Extension):
            leg = next(legs)
            yield _extended(event, calendar)
            yield from _counted(leg, event.by, day_ended(before.due), calendar)
        elif event.until is None:
            yield _paused(event, calendar)
            yield _step(msg("时钟还停着，恢复后再算截止时间；以下是暂停前的截止时间。"), AS_RULED)
        else:
            leg = next(legs)
            yield _paused(event, calendar)
            yield from _after_pause(before, leg, event, calendar)
    yield from _unknown_years(course, first, leg, calendar)
    yield _step(msg("截止时间：%(due)s。"), BY_HOURS if leg.counted is None else CLOSING, at=leg.due, due=_end(leg))


def _counted(leg: Leg, limit: Duration, start: int, calendar: WorkCalendar) -> Iterator[ClockStep]:
    """How a limit or an extension was counted; `start` is the day that isn't counted."""
    if leg.counted is None:
        yield from _by_hours(leg, limit, calendar)
        return
    begun = (
        msg("从原截止日%(day)s的次日%(next)s开始计算。")
        if isinstance(leg.event, Extension)
        else msg("开始的当日%(day)s不计入，从下一日%(next)s开始计算。")
    )
    yield _step(begun, NEXT_DAY, day=_day(start), next=_day(start + 1))
    if limit.unit is DurationUnit.WORKING_DAY:
        yield from _skipped(start + 1, leg.counted, calendar)
        yield _step(
            msg("第 %(amount)d 个工作日是%(day)s。"),
            AS_RULED,
            source=_source(leg.counted, calendar),
            amount=limit.amount,
            day=_day(leg.counted),
        )
    elif limit.unit is DurationUnit.MONTH:
        yield _by_months(start, leg.counted, limit)
    else:
        yield _step(msg("连续计算，第 %(amount)d 日是%(day)s。"), NEXT_DAY, amount=limit.amount, day=_day(leg.counted))
    yield from _ended(leg, calendar)


def _by_months(start: int, counted: int, limit: Duration) -> ClockStep:
    if date.fromordinal(start).day == date.fromordinal(counted).day:
        return _step(msg("%(limit)s后的对应日是%(day)s。"), BY_MONTHS, limit=limit, day=_day(counted))
    return _step(
        msg("到期月没有 %(number)d 日，以月末日%(day)s为最后一日。"),
        BY_MONTHS,
        number=date.fromordinal(start).day,
        day=_day(counted),
    )


def _by_hours(leg: Leg, limit: Duration, calendar: WorkCalendar) -> Iterator[ClockStep]:
    if limit.unit is not DurationUnit.WORKING_HOUR:
        yield _step(msg("从%(start)s起连续计算%(limit)s。"), BY_HOURS, start=leg.since, limit=limit)
        return
    hours = " ".join(map(str, calendar.hours))
    text = (
        msg("从%(start)s起只计服务时间（每天 %(hours)s）。")
        if calendar.works_on_days_off
        else msg("从%(start)s起只计工作日的办公时间（%(hours)s）。")
    )
    yield _step(text, BY_HOURS, start=leg.since, hours=hours)
    yield from _skipped(leg.since.toordinal(), day_ended(leg.due), calendar)
    yield _step(msg("%(due)s计满%(limit)s。"), BY_HOURS, due=leg.due, limit=limit)


def _skipped(first: int, last: int, calendar: WorkCalendar) -> Iterator[ClockStep]:
    """The days off that working time leaves out, by name; plain weekends in one line; make-up days."""
    if calendar.works_on_days_off:
        yield _step(msg("这个日历每天都开放，休息日也计入。"), AS_RULED)
        return
    weekends: list[DaysOff] = []
    for off in days_off_between(first, last, calendar):
        if off.is_weekend:
            weekends.append(off)
        else:
            yield _off(off, calendar)
    if weekends:
        days = sum(one.last - one.first + 1 for one in weekends)
        yield _step(
            msg("其间周末 %(days)d 天不计入工作日。"), AS_RULED, source=_source(weekends[-1].last, calendar), days=days
        )
    for day, name in make_up_days_between(first, last, calendar):
        yield _made_up(day, name, calendar)


def _off(off: DaysOff, calendar: WorkCalendar) -> ClockStep:
    source = _source(off.last, calendar)
    if off.first == off.last:
        return _step(
            msg("%(day)s%(name)s放假，不计入工作日。"), DAYS_OFF, source=source, day=_day(off.first), name=off.name
        )
    return _step(
        msg("%(first)s至%(last)s%(name)s放假，不计入工作日。"),
        DAYS_OFF,
        source=source,
        first=_day(off.first),
        last=_day(off.last),
        name=off.name,
    )


def _made_up(day: int, name: Said | None, calendar: WorkCalendar) -> ClockStep:
    source = _source(day, calendar)
    if name is None:
        return _step(msg("%(day)s虽是周末，调休上班，计为工作日。"), DAYS_OFF, source=source, day=_day(day))
    return _step(
        msg("%(day)s虽是周末，因%(name)s调休上班，计为工作日。"), DAYS_OFF, source=source, day=_day(day), name=name
    )


def _ended(leg: Leg, calendar: WorkCalendar) -> Iterator[ClockStep]:
    """Off the holiday, and to the close of business."""
    counted, last = leg.counted or 0, day_ended(leg.due)
    legal = calendar.legal
    if counted != last:
        off = holiday_around(counted, legal)
        yield _step(
            msg("%(day)s是法定休假日（%(name)s，到%(last)s结束），最后一日顺延到休假日结束的次日%(next)s。"),
            HOLIDAY,
            source=_source(counted, legal),
            day=_day(counted),
            name=off.name,
            last=_day(off.last),
            next=_day(last),
        )
    elif leg.unit is not DurationUnit.WORKING_DAY:
        for day, _name in make_up_days_between(last, last, legal):
            yield _step(
                msg("%(day)s虽是周末，但调休上班，不是法定休假日，不再顺延。"),
                HOLIDAY,
                source=_source(day, legal),
                day=_day(day),
            )
    if calendar.hours[-1].closes == 24 * 60:
        yield _step(msg("截止时间为%(day)s二十四时。"), CLOSING, at=leg.due, day=_day(last))
    else:
        yield _step(msg("有业务时间的，到停止业务活动时截止：%(due)s。"), CLOSING, at=leg.due, due=leg.due)


def _extended(event: Extension, calendar: WorkCalendar) -> ClockStep:
    day = calendar.localise(event.granted_at) if event.granted_at else None
    by, reason = event.by, Said(event.reason)
    if day and event.reason:
        return _step(msg("%(granted)s批准延长%(by)s：%(reason)s。"), AS_RULED, granted=day, by=by, reason=reason)
    if day:
        return _step(msg("%(granted)s批准延长%(by)s。"), AS_RULED, granted=day, by=by)
    if event.reason:
        return _step(msg("批准延长%(by)s：%(reason)s。"), AS_RULED, by=by, reason=reason)
    return _step(msg("批准延长%(by)s，从原截止时间起算。"), AS_RULED, by=by)


def _paused(event: Pause, calendar: WorkCalendar) -> ClockStep:
    since = calendar.localise(event.since)
    reason = Said(event.reason or msg("未写明原因"))
    if event.until is None:
        return _step(msg("%(since)s起暂停：%(reason)s。"), AS_RULED, since=since, reason=reason)
    until = calendar.localise(event.until)
    return _step(msg("%(since)s至%(until)s暂停：%(reason)s。"), AS_RULED, since=since, until=until, reason=reason)


def _after_pause(before: Leg, leg: Leg, event: Pause, calendar: WorkCalendar) -> Iterator[ClockStep]:
    since, until = calendar.localise(event.since), calendar.localise(event.until or event.since)
    if since >= before.due:
        yield _step(msg("暂停时已经到期，截止时间不变。"), AS_RULED, at=leg.due)
    elif leg.due == before.due and until <= since:
        yield _step(msg("暂停没有占用时间，截止时间不变。"), AS_RULED, at=leg.due)
    elif leg.unit in (DurationUnit.WORKING_DAY, DurationUnit.WORKING_HOUR):
        hours, minutes = _hours(timedelta(microseconds=calendar.working_us(since, before.due)))
        yield _step(
            msg("暂停时还剩 %(hours)d 小时 %(minutes)d 分钟工作时间，恢复后接着计算。"),
            AS_RULED,
            at=leg.due,
            hours=hours,
            minutes=minutes,
        )
        yield from _skipped(until.toordinal(), day_ended(leg.due), calendar)
    elif counts_days(leg.unit):
        days = until.toordinal() - since.toordinal()
        yield _step(
            msg("暂停的 %(days)d 日不计入，最后一日延到%(day)s。"), AS_RULED, days=days, day=_day(leg.counted or 0)
        )
        yield from _ended(leg, calendar)
    else:
        hours, minutes = _hours(until - since)
        yield _step(
            msg("截止时间顺延暂停的 %(hours)d 小时 %(minutes)d 分钟。"),
            AS_RULED,
            at=leg.due,
            hours=hours,
            minutes=minutes,
        )


def _unknown_years(course: Course, first: Leg, last: Leg, calendar: WorkCalendar) -> Iterator[ClockStep]:
    if not promise(course, calendar).is_provisional:
        return
    for year in range(first.since.year, date.fromordinal(day_ended(last.due)).year + 1):
        if not calendar.knows(year):
            yield _step(
                msg("%(year)d 年放假安排尚未公布，暂按周一至周五上班计算，公布后重新计算。"),
                DAYS_OFF,
                source=source_of(year, calendar),
                year=year,
            )


def _step(
    message: str, article: str, source: Said | None = None, at: datetime | None = None, **params: object
) -> ClockStep:
    return ClockStep(Said(message, params), article, source, at)


def _source(day: int, calendar: WorkCalendar) -> Said:
    return source_of(date.fromordinal(day).year, calendar)


def _day(day: int) -> date:
    return date.fromordinal(day)


def _end(leg: Leg) -> Said | datetime:
    """A day's end is 24:00 of that day, as the law says it, and not 00:00 of the next."""
    last = day_ended(leg.due)
    is_midnight = leg.counted is not None and last != leg.due.toordinal()
    return Said(msg("%(day)s 24:00"), {"day": _day(last)}) if is_midnight else leg.due


def _hours(span: timedelta) -> tuple[int, int]:
    minutes = span // timedelta(minutes=1)
    return minutes // 60, minutes % 60
