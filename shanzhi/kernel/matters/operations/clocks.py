"""The clocks of a locked matter: which go on, stop, begin, stand still or get more time, and what that makes its due date.

A row is a promise and never changes. Whatever alters one stops its row and writes the next of the same code, with the whole
course of the clock, from which its date follows (`clock.policy.promise`).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import Course, Deadline, Duration, WorkCalendar, promise
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.policy.clocks import STAGE, Calendars, Promise, calendar_of, promises, soonest, stops
from shanzhi.kernel.matters.policy.payloads_second import ClockBegun, How, clock_told
from shanzhi.kernel.matters.policy.process import Action, Kind, Verb
from shanzhi.kernel.matters.rulebook import work_calendar

_INSERT = (
    "INSERT INTO matters_clock (matter_id, stage, code, calendar, limit_text, calendar_version, started_at, due_at,"
    " warn_at, is_provisional, paused_at, course) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)"
)


@dataclass(slots=True)
class _Changes:
    """What changed of a matter's clocks since its last journal entry."""

    stopped: list[str] = field(default_factory=list)
    begun: list[ClockBegun] = field(default_factory=list)


def _changes(matter: Matter) -> _Changes:
    found: _Changes = matter.__dict__.setdefault("_clock_changes", _Changes())
    return found


def clocks_told(matter: Matter, now: datetime) -> dict[str, Any]:
    """What the matter's next journal entry says of its clocks: `clocks` that began and codes that `stopped`, each since the
    entry before. Told once."""
    changes: _Changes = matter.__dict__.pop("_clock_changes", _Changes())
    return {
        "clocks": tuple(clock_told(each, matter.stage, now) for each in changes.begun),
        "stopped": tuple(changes.stopped),
    }


def calendars(on: date) -> Calendars:
    """The city's work calendars of a day by their codes."""
    return work_calendar(on).named


def start_clocks(matter: Matter, kind: Kind, stage: str, begun: Iterable[Promise]) -> None:
    """Write clocks that begin."""
    write_clocks(matter, (_made(matter.pk, kind, stage, each.code, each.deadline) for each in begun), How.NEW)


def clocks_of(matter: Matter) -> list[Clock]:
    """Every row of the matter's clocks, stopped ones too, in the order in which they were written; 1 query."""
    return list(Clock.objects.filter(matter=matter).order_by("id"))


def running(rows: Iterable[Clock]) -> list[Clock]:
    """Those that run or stand still."""
    return [row for row in rows if row.stopped_at is None]


def deadline_of(row: Clock) -> Deadline:
    """The promise that a row holds."""
    return Deadline(
        row.started_at,
        row.due_at,
        row.warn_at,
        row.limit_text,
        row.calendar_version,
        row.is_provisional,
        Course.from_json(row.course) if row.course else None,
    )


def course_of(row: Clock, kind: Kind) -> Course:
    """What a row's date follows from; of a row from before courses were kept, its start and limit."""
    if row.course:
        return Course.from_json(row.course)
    first, *more = (Duration.parse(part) for part in row.limit_text.split("+"))
    spec = kind.stage(row.stage) if row.code == STAGE else kind.clock(row.code)
    course = Course(row.started_at, first, spec.warn)
    for by in more:
        course = course.extended(by)
    return course


def follow_move(
    matter: Matter,
    kind: Kind,
    action: Action,
    target: str,
    now: datetime,
    *,
    limit: Duration | None = None,
    until: date | None = None,
    follows: Deadline | None = None,
) -> Deadline | None:
    """The clocks as `action` leads the matter to the stage `target`; returns by which it is due then, None at an end.

    What stands still goes on first: a matter that moves isn't waiting any more. `limit` takes the place of the limit of
    the clocks that go by the dispatch catalogue, as long as nothing else has happened to them; `until` is the day on which
    the clocks end that go by a day which is filled in. `follows` takes the place
    of the stage's own limit: a matter that is linked under another is due with it. One that is unlinked counts on from
    its own report: its clocks go on by the course that they had.
    """
    rows = clocks_of(matter)
    open_rows = running(rows)
    is_end = kind.stage(target).is_end
    ended = [row for row in open_rows if is_end or row.code == STAGE or stops(kind, row.code, target, action.code)]
    held = [row for row in open_rows if row not in ended and row.paused_at is not None]
    stop_clocks(matter, [*ended, *held], now)
    if is_end:
        return None
    named = calendars(local_date(now))
    resumed = [_again(row, kind, course_of(row, kind).resumed(now), named) for row in held]
    write_clocks(matter, resumed)
    kept = [row for row in open_rows if row not in ended and row not in held]
    if limit is not None:
        kept = _relimited(matter, kept, kind, limit, now, named)
    if until is not None:
        kept = _ending_on(matter, kept, kind, until, now, named)
    if action.verb is Verb.UNLINK:
        resumed += _counted_on(matter, rows, kind, target, named)
    begun = promises(
        kind,
        target,
        now,
        named,
        action=action.code,
        runs={row.code for row in (*kept, *resumed)},
        ran={row.code for row in rows},
    )
    if follows is not None:
        begun = (*(each for each in begun if each.code != STAGE), Promise(STAGE, follows))
    start_clocks(matter, kind, target, begun)
    return soonest([*(deadline_of(row) for row in (*kept, *resumed)), *(each.deadline for each in begun)])


def _ending_on(
    matter: Matter, rows: list[Clock], kind: Kind, until: date, now: datetime, named: Calendars
) -> list[Clock]:
    """The clocks that go by a day which is filled in end on it, counted in statutory days from their start."""
    by_field = {clock.code for clock in kind.clocks if clock.by_field}
    old = [row for row in rows if row.code in by_field]
    new = [
        _again(row, kind, Course(row.started_at, days_until(local_date(row.started_at), until)), named) for row in old
    ]
    stop_clocks(matter, old, now)
    write_clocks(matter, new)
    return [*(row for row in rows if row not in old), *new]


def days_until(start: date, until: date) -> Duration:
    """The limit in statutory days that, counted from a day, ends on another."""
    return Duration.parse(f"{(until - start).days}sd")


def _counted_on(matter: Matter, rows: list[Clock], kind: Kind, target: str, named: Calendars) -> list[Clock]:
    """The clocks that had run before and belong where the matter comes back to, the stage's own too, as if they had never
    stopped: what was promised at the beginning is due when it was."""
    last = {row.code: row for row in rows if row.code != STAGE}
    again = [row for row in last.values() if not stops(kind, row.code, target, "") and not kind.clock(row.code).once]
    again += [row for row in rows if row.code == STAGE and row.stage == target][-1:]
    made = [_again(row, kind, course_of(row, kind), named) for row in again]
    write_clocks(matter, made, How.NEW)
    return made


def follow_lead(matter: Matter, kind: Kind, lead: Deadline, now: datetime) -> None:
    """Let a linked matter be due with its lead."""
    _alter(matter, now, lambda row: row if row.code != STAGE else _made(matter.pk, kind, row.stage, STAGE, lead))


def _relimited(
    matter: Matter, rows: list[Clock], kind: Kind, limit: Duration, now: datetime, named: Calendars
) -> list[Clock]:
    by_catalogue = {clock.code for clock in kind.clocks if clock.by_catalogue}
    courses = {row.pk: course_of(row, kind) for row in rows if row.code in by_catalogue}
    old = [row for row in rows if row.pk in courses and not courses[row.pk].events and courses[row.pk].limit != limit]
    new = [_again(row, kind, Course(courses[row.pk].start, limit), named) for row in old]
    stop_clocks(matter, old, now)
    write_clocks(matter, new)
    return [*(row for row in rows if row not in old), *new]


def finish_clocks(matter: Matter, kind: Kind, action: Action, now: datetime) -> None:
    """Stop the clocks that an action brings to their end though the matter stays in its stage."""
    codes = {clock.code for clock in kind.clocks if action.code in clock.done_by}
    if codes:
        _alter(matter, now, lambda row: None if row.code in codes else row)


def extend_clock(matter: Matter, kind: Kind, code: str, by: Duration, reason: str, now: datetime) -> None:
    """Give a running clock more time, counted from its due date. One that stands still goes on standing until its pause is
    over; what it was given is there once it goes on."""
    named = calendars(local_date(now))

    def longer(row: Clock) -> Clock:
        if row.code != code:
            return row
        made = _again(row, kind, course_of(row, kind).extended(by, now, reason), named)
        return made if row.paused_at is None else _held(made, row.paused_at, row.due_at)

    _alter(matter, now, longer)


def pause_clocks(matter: Matter, kind: Kind, until: datetime, reason: str, now: datetime) -> None:
    """Let all running clocks stand still; the matter is due when the pause ends."""
    named = calendars(local_date(now))

    def still(row: Clock) -> Clock:
        return _held(_again(row, kind, course_of(row, kind).paused(now, reason), named), now, until)

    _alter(matter, now, still)


def _held(row: Clock, since: datetime, until: datetime) -> Clock:
    """A clock that stands still: due when its pause ends, whatever its course promises afterwards."""
    row.paused_at, row.due_at, row.warn_at = since, until, until
    return row


def standing_due(row: Clock, kind: Kind) -> datetime:
    """By when a running clock is due by its course: of one that stands still as it stood when it stopped."""
    if row.paused_at is None:
        return row.due_at
    return promise(course_of(row, kind), calendars(local_date(row.paused_at))(row.calendar)).due_at


def resume_clocks(matter: Matter, kind: Kind, now: datetime) -> None:
    """Let the clocks go on with what was left of them."""
    named = calendars(local_date(now))

    def on(row: Clock) -> Clock:
        return row if row.paused_at is None else _again(row, kind, course_of(row, kind).resumed(now), named)

    _alter(matter, now, on)


def _alter(matter: Matter, now: datetime, change: Callable[[Clock], Clock | None]) -> None:
    """Put each running row in order: kept where `change` gives it back, ended for None, else followed by the new one."""
    after = [(row, change(row)) for row in running(clocks_of(matter))]
    stop_clocks(matter, [row for row, made in after if made is not row], now)
    write_clocks(matter, (made for row, made in after if made is not None and made is not row))
    _settle(matter, [made for _, made in after if made is not None])


def settle_due(matter: Matter) -> None:
    """Let the matter be due with the soonest of its running clocks; 1 query."""
    _settle(matter, running(clocks_of(matter)))


def _settle(matter: Matter, rows: Iterable[Clock]) -> None:
    deadline = soonest(deadline_of(row) for row in rows)
    matter.due_at, matter.warn_at = deadline.due_at, deadline.warn_at


def follow_calendar(row: Clock, kind: Kind, calendar: WorkCalendar) -> Clock:
    """The row that follows another whose calendar knows more now."""
    return _followed(row, kind, promise(course_of(row, kind), calendar))


def _again(row: Clock, kind: Kind, course: Course, named: Calendars) -> Clock:
    """The row that follows another of its clock, by its course."""
    return _followed(row, kind, promise(course, named(calendar_of(kind, row.code))))


def _followed(row: Clock, kind: Kind, deadline: Deadline) -> Clock:
    made = _made(row.matter_id, kind, row.stage, row.code, deadline)
    made.started_at = row.started_at
    return made


def _made(matter_id: int, kind: Kind, stage: str, code: str, deadline: Deadline) -> Clock:
    return Clock(
        matter_id=matter_id,
        stage=stage,
        code=code,
        calendar=calendar_of(kind, code),
        limit_text=deadline.limit_text,
        calendar_version=deadline.calendar_version,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        warn_at=deadline.warn_at,
        is_provisional=deadline.is_provisional,
        course=deadline.course.as_json() if deadline.course else None,
    )


def stop_clocks(matter: Matter, rows: Sequence[Clock], now: datetime) -> None:
    """Stop rows of a matter for good."""
    if rows:
        _changes(matter).stopped += [row.code for row in rows]
        Clock.objects.filter(pk__in=[row.pk for row in rows]).update(stopped_at=now)


def write_clocks(matter: Matter, rows: Iterable[Clock], how: How = How.ON) -> None:
    """Insert without reading back: a report writes in a pipeline, and nobody needs the ids. `how` they begin is for the
    journal: where nothing else is said, they go on from a row that was stopped."""
    begun = _changes(matter).begun
    with connection.cursor() as cursor:
        for row in rows:
            kept = How.HELD if row.paused_at is not None else how
            begun.append(ClockBegun(row.code, kept, row.limit_text, row.due_at, row.stage, row.started_at))
            cursor.execute(
                _INSERT,
                [
                    row.matter_id,
                    row.stage,
                    row.code,
                    row.calendar,
                    row.limit_text,
                    row.calendar_version,
                    row.started_at,
                    row.due_at,
                    row.warn_at,
                    row.is_provisional,
                    row.paused_at,
                    json.dumps(row.course),
                ],
            )
