"""The clocks of a locked matter: which go on, stop, begin, stand still or get more time, and what that makes its due date.

A row is a promise and never changes. Whatever alters one stops its row and writes the next of the same code.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import Deadline, Duration, PausedDeadline, extend, pause, resume
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.policy.clocks import STAGE, Calendars, Promise, promises, soonest, stops
from shanzhi.kernel.matters.policy.process import Action, Kind
from shanzhi.kernel.matters.rulebook import work_calendar

_US = timedelta(microseconds=1)
_INSERT = (
    "INSERT INTO matters_clock (matter_id, stage, code, limit_text, calendar_version, started_at, due_at, warn_at,"
    " paused_at, left_us, warn_left_us, course) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)"
)


def calendars(on: date) -> Calendars:
    """The city's work calendars of a day by their codes."""
    return lambda _code: work_calendar(on)


def start_clocks(matter: Matter, stage: str, begun: Iterable[Promise]) -> None:
    """Write clocks that begin."""
    _write([_row(matter, stage, each.code, each.deadline) for each in begun])


def clocks_of(matter: Matter) -> list[Clock]:
    """Every row of the matter's clocks, stopped ones too, in the order in which they were written; 1 query."""
    return list(Clock.objects.filter(matter=matter).order_by("id"))


def running(rows: Iterable[Clock]) -> list[Clock]:
    """Those that run or stand still."""
    return [row for row in rows if row.stopped_at is None]


def deadline_of(row: Clock) -> Deadline:
    """The promise that a row holds."""
    return Deadline(row.started_at, row.due_at, row.warn_at, row.limit_text, row.calendar_version)


def follow_move(matter: Matter, kind: Kind, action: Action, target: str, now: datetime) -> Deadline | None:
    """The clocks as `action` leads the matter to the stage `target`; returns by which it is due then, None at an end.

    What stands still goes on first: a matter that moves isn't waiting any more.
    """
    rows = clocks_of(matter)
    open_rows = running(rows)
    is_end = kind.stage(target).is_end
    ended = [row for row in open_rows if is_end or row.code == STAGE or stops(kind, row.code, target, action.code)]
    held = [row for row in open_rows if row not in ended and row.paused_at is not None]
    _stop([*ended, *held], now)
    if is_end:
        return None
    named = calendars(local_date(now))
    resumed = [_resumed(matter, row, kind, now, named) for row in held]
    _write(resumed)
    kept = [row for row in open_rows if row not in ended and row not in held]
    begun = promises(
        kind,
        target,
        now,
        named,
        action=action.code,
        runs={row.code for row in (*kept, *resumed)},
        ran={row.code for row in rows},
    )
    start_clocks(matter, target, begun)
    return soonest([*(deadline_of(row) for row in (*kept, *resumed)), *(each.deadline for each in begun)])


def finish_clocks(matter: Matter, kind: Kind, action: Action, now: datetime) -> None:
    """Stop the clocks that an action brings to their end though the matter stays in its stage."""
    codes = {clock.code for clock in kind.clocks if action.code in clock.done_by}
    if codes:
        _alter(matter, now, lambda row: None if row.code in codes else row)


def extend_clock(matter: Matter, kind: Kind, code: str, by: Duration, now: datetime) -> None:
    """Give a running clock more time, counted from its due date."""

    def longer(row: Clock) -> Clock:
        if row.code != code:
            return row
        spec = kind.clock(code)
        calendar = calendars(local_date(now))(spec.calendar or kind.calendar)
        event = ["extend", now.isoformat(), str(by)]
        return _row(matter, row.stage, code, extend(deadline_of(row), by, spec.warn, calendar), [*row.course, event])

    _alter(matter, now, longer)


def pause_clocks(matter: Matter, kind: Kind, until: datetime, now: datetime) -> None:
    """Let all running clocks stand still; the matter is due when the pause ends."""
    named = calendars(local_date(now))

    def still(row: Clock) -> Clock:
        held = pause(deadline_of(row), now, named(_calendar(kind, row.code)))
        deadline = Deadline(row.started_at, until, until, row.limit_text, row.calendar_version)
        made = _row(matter, row.stage, row.code, deadline, row.course)
        made.paused_at = now
        made.left_us = _us(held.remaining) or 0
        made.warn_left_us = _us(held.until_warning)
        return made

    _alter(matter, now, still)


def resume_clocks(matter: Matter, kind: Kind, now: datetime) -> None:
    """Let the clocks go on with what was left of them."""
    named = calendars(local_date(now))
    _alter(matter, now, lambda row: row if row.paused_at is None else _resumed(matter, row, kind, now, named))


def _alter(matter: Matter, now: datetime, change: Callable[[Clock], Clock | None]) -> None:
    """Put each running row in order: kept where `change` gives it back, ended for None, else followed by the new one."""
    before = running(clocks_of(matter))
    after = [(row, change(row)) for row in before]
    _stop([row for row, made in after if made is not row], now)
    _write([made for row, made in after if made is not None and made is not row])
    deadline = soonest(deadline_of(made) for _, made in after if made is not None)
    matter.due_at, matter.warn_at = deadline.due_at, deadline.warn_at


def _resumed(matter: Matter, row: Clock, kind: Kind, now: datetime, named: Calendars) -> Clock:
    assert row.paused_at is not None  # noqa: S101 - the caller asks for rows that stand still
    left = timedelta(microseconds=row.left_us or 0)
    warn_left = None if row.warn_left_us is None else timedelta(microseconds=row.warn_left_us)
    # What had warned before the pause warns again at once.
    was = Deadline(row.started_at, now, now, row.limit_text, row.calendar_version)
    held = PausedDeadline(was, row.paused_at, left, warn_left)
    deadline = resume(held, now, named(_calendar(kind, row.code)))
    event = ["pause", row.paused_at.isoformat(), now.isoformat()]
    return _row(matter, row.stage, row.code, deadline, [*row.course, event])


def _calendar(kind: Kind, code: str) -> str:
    spec = next((clock for clock in kind.clocks if clock.code == code), None)
    return (spec.calendar if spec else "") or kind.calendar


def _us(span: timedelta | None) -> int | None:
    return None if span is None else span // _US


def _row(matter: Matter, stage: str, code: str, deadline: Deadline, course: Sequence[object] = ()) -> Clock:
    return Clock(
        matter=matter,
        stage=stage,
        code=code,
        limit_text=deadline.limit_text,
        calendar_version=deadline.calendar_version,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        warn_at=deadline.warn_at,
        course=list(course),
    )


def _stop(rows: Sequence[Clock], now: datetime) -> None:
    if rows:
        Clock.objects.filter(pk__in=[row.pk for row in rows]).update(stopped_at=now)


def _write(rows: Sequence[Clock]) -> None:
    """Insert without reading back: a report writes in a pipeline, and nobody needs the ids."""
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                _INSERT,
                [
                    row.matter_id,
                    row.stage,
                    row.code,
                    row.limit_text,
                    row.calendar_version,
                    row.started_at,
                    row.due_at,
                    row.warn_at,
                    row.paused_at,
                    row.left_us,
                    row.warn_left_us,
                    json.dumps(row.course),
                ],
            )
