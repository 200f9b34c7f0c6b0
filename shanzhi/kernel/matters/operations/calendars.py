"""A city's own work calendar: an edition from a day on, and what the law makes of dates that were promised before."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import WorkCalendar
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.models import Clock, GoLive, Matter
from shanzhi.kernel.matters.operations.clocks import (
    clocks_of,
    follow_calendar,
    running,
    settle_due,
    stop_clocks,
    write_clocks,
)
from shanzhi.kernel.matters.operations.rules import Deciding, edit_section
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.calendars import YearGiven, with_year
from shanzhi.kernel.matters.policy.golive import CALENDAR
from shanzhi.kernel.matters.policy.payloads_second import DueMoved
from shanzhi.kernel.matters.rulebook import forget_kinds, kind_version, work_calendar

BATCH = 500
LOOK_BACK = timedelta(days=2)
"""How long after an edition began to hold open dates are looked through: for a matter that was in somebody's hands."""
AHEAD_DAYS = 400

_MOVE = """
WITH found AS (
    SELECT c.id, c.matter_id, m.number, m.scope_code, c.stage, c.limit_text, c.started_at, c.due_at, c.warn_at, c.code,
        c.course, c.is_provisional
    FROM matters_clock c JOIN matters_matter m ON m.id = c.matter_id
    WHERE c.stopped_at IS NULL AND c.paused_at IS NULL AND m.ended_at IS NULL AND c.due_at > %(now)s
      -- One of a matter's at a time: each is an entry of its own in the journal.
      AND NOT EXISTS (SELECT 1 FROM matters_clock e WHERE e.matter_id = c.matter_id AND e.stopped_at IS NULL
        AND e.paused_at IS NULL AND e.id < c.id AND e.due_at > %(now)s
        AND e.calendar = 'office'
        AND (e.limit_text LIKE '%%wd' OR e.limit_text LIKE '%%sd' OR e.limit_text LIKE '%%mo')
        AND (e.due_at AT TIME ZONE %(zone)s)::date = ANY(%(off)s))
      AND c.calendar = 'office'
      AND (c.limit_text LIKE '%%wd' OR c.limit_text LIKE '%%sd' OR c.limit_text LIKE '%%mo')
      AND (c.due_at AT TIME ZONE %(zone)s)::date = ANY(%(off)s)
    ORDER BY c.id LIMIT %(most)s FOR UPDATE OF m, c SKIP LOCKED
), stopped AS (
    UPDATE matters_clock c SET stopped_at = %(now)s FROM found f WHERE c.id = f.id
), moved AS (
    -- A matter is due with the soonest of its clocks.
    UPDATE matters_matter m SET steps = m.steps + 1, (due_at, warn_at) = (SELECT running.due_at, running.warn_at FROM (
        SELECT g.due_at, f.warn_at UNION ALL SELECT o.due_at, o.warn_at FROM matters_clock o
        WHERE o.matter_id = f.matter_id AND o.stopped_at IS NULL AND o.id <> f.id) running ORDER BY 1, 2 LIMIT 1)
    FROM found f JOIN unnest(%(off)s, %(due)s) AS g (day, due_at) ON g.day = (f.due_at AT TIME ZONE %(zone)s)::date
    WHERE m.id = f.matter_id
    RETURNING m.id, m.steps, g.due_at
)
SELECT f.matter_id, f.number, f.scope_code, f.stage, f.limit_text, f.started_at, f.due_at, f.warn_at,
       moved.steps, moved.due_at, f.code, f.course::text, f.is_provisional
FROM found f JOIN moved ON moved.id = f.matter_id
"""


@transaction.atomic
def calendar_year_set(*, given: YearGiven, how: Deciding) -> int:
    """Set one year of the city's calendar (and its office hours) from a day on; returns the edition's number.

    Raises:
        BadCalendar, CalendarError: days or hours that can't be; RulesMovedOn, BadDay, NotTheCitys.
    """
    return edit_section(
        section=CALENDAR,
        edit="year",
        make=lambda tables: with_year(tables, given),
        codes=lambda _before, _after: (str(given.year),),
        how=how,
    )


def due_dates_follow(*, now: datetime, batch: int = BATCH) -> int:
    """Move the due dates of open matters whose last day has become a day off, as the law says; returns how many.
    Worker's role; each batch is a transaction of its own. Nothing is shortened, and nothing else is moved."""
    today = local_date(now)
    if not is_new_edition(today):
        return 0
    forget_kinds()
    calendar = work_calendar(today)
    days = [today + timedelta(days=place) for place in range(AHEAD_DAYS)]
    off = [day for day in days if not calendar.is_working_day(day)]
    due = [calendar.close_of(calendar.working_day_on_or_after(day.toordinal())) for day in off]
    total = 0
    while moved := _move(off, due, calendar.zone.key, calendar.version, now, batch):
        total += moved
    return total


def is_new_edition(today: date) -> bool:
    """Did an edition of the calendar begin to hold so lately that open dates are looked through for it?"""
    return GoLive.objects.filter(subject=CALENDAR, holds_from__range=(today - LOOK_BACK, today)).exists()


def provisional_follow(*, now: datetime, batch: int = BATCH) -> int:
    """Reckon anew the running dates that counted days of a year whose notice wasn't out, once the calendar knows more; returns
    how many moved, either way. Worker's role; each matter is a transaction of its own."""
    calendar = work_calendar(local_date(now))
    known = {code: calendar.named(code).version for code in calendar.codes}
    unsure = Clock.objects.filter(stopped_at=None, paused_at=None, is_provisional=True, due_at__gt=now)
    for code, version in known.items():
        unsure = unsure.exclude(calendar=code, calendar_version=version)
    moved = 0
    for matter_id in unsure.order_by("due_at").values_list("matter_id", flat=True)[:batch]:
        moved += _reckon_anew(matter_id, calendar, now)
    return moved


@transaction.atomic
def _reckon_anew(matter_id: int, calendar: WorkCalendar, now: datetime) -> int:
    matter = Matter.objects.select_for_update().defer(*KEPT_FROM_WORKER).get(pk=matter_id)
    kind = kind_version(matter.kind, matter.kind_version)
    moved = 0
    for row in running(clocks_of(matter)):
        if not row.is_provisional or row.paused_at is not None:
            continue
        again = follow_calendar(row, kind, calendar.named(row.calendar))
        stop_clocks(matter, [row], now)
        write_clocks(matter, [again])
        if again.due_at == row.due_at:
            continue
        moved += 1
        matter.steps += 1
        payload = DueMoved(
            number=matter.number,
            stage=row.stage,
            limit=row.limit_text,
            was_due_at=row.due_at,
            due_at=again.due_at,
            calendar=again.calendar_version,
            code=row.code,
        )
        subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
        journal.record(payload=payload, subject=subject, author=Author("system"), happened_at=now)
    if matter.ended_at is None:
        settle_due(matter)
        matter.save(update_fields=["due_at", "warn_at", "steps"])
    return moved


@transaction.atomic
def _move(off: Sequence[date], due: Sequence[datetime], zone: str, version: str, now: datetime, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"off": list(off), "due": list(due), "zone": zone, "now": now, "most": most})
        rows = cursor.fetchall()
        if rows:
            cursor.executemany(
                "INSERT INTO matters_clock (matter_id, stage, limit_text, calendar_version, started_at, due_at, warn_at,"
                " code, course, is_provisional) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)",
                [(row[0], row[3], row[4], version, row[5], row[9], row[7], *row[10:]) for row in rows],
            )
    return journal.record_many(
        Draft(
            DueMoved(
                number=number, stage=stage, limit=limit, was_due_at=was, due_at=due_at, calendar=version, code=clock
            ),
            Subject("matter", matter_id, steps, scope_code),
            Author("system"),
            now,
        )
        for matter_id, number, scope_code, stage, limit, _started, was, _warn, steps, due_at, clock, *_ in rows
    )
