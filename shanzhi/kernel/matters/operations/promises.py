"""What is promised beside a matter's clocks follows the calendar as they do: a co-handler's own date, and the day by which
what was asked, urged or put under supervision is answered."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import TruncDate

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import Duration, WorkCalendar, set_deadline
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.models import Ask, Assignment, Matter
from shanzhi.kernel.matters.operations.calendars import AHEAD_DAYS, BATCH, is_new_edition
from shanzhi.kernel.matters.operations.clocks import standing_due
from shanzhi.kernel.matters.operations.helping import lead_clock
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.calendars import is_moved
from shanzhi.kernel.matters.policy.clocks import calendar_of
from shanzhi.kernel.matters.policy.payloads_moved import PromiseMoved
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.rulebook import kind_version, work_calendar

_WRITTEN = ("due_at", "warn_at", "calendar_version", "is_provisional")


def promises_follow(*, now: datetime, batch: int = BATCH) -> int:
    """Reckon anew what counted days of a year whose notice wasn't out, once the calendar knows more, and move what ends on a
    day that became a day off, as the law does with clocks; returns how many dates moved. After the clocks, by which a
    co-handler's date is bounded. Worker's role; each matter is a transaction of its own."""
    today = local_date(now)
    calendar = work_calendar(today)
    known = {calendar.named(code).version for code in calendar.codes}
    wanted = Q(is_provisional=True) & ~Q(calendar_version__in=known)
    if is_new_edition(today):
        days = (today + timedelta(days=place) for place in range(AHEAD_DAYS))
        wanted |= Q(last_day__in=[day for day in days if not calendar.is_working_day(day)]) & ~Q(
            calendar_version__in=known
        )
    last_day = TruncDate("due_at", tzinfo=calendar.zone)
    shares = Assignment.objects.filter(ended_at=None, due_at__gt=now).alias(last_day=last_day).filter(wanted)
    asked = Ask.objects.filter(state="open", due_at__gt=now).alias(last_day=last_day).filter(wanted)
    ids = {
        matter_id
        for rows in (shares, asked)
        for matter_id in rows.values_list("matter_id", flat=True).distinct()[:batch]
    }
    return sum(_follow(matter_id, calendar, now) for matter_id in sorted(ids))


@transaction.atomic
def _follow(matter_id: int, calendar: WorkCalendar, now: datetime) -> int:
    matter = Matter.objects.select_for_update().defer(*KEPT_FROM_WORKER).get(pk=matter_id)
    kind = kind_version(matter.kind, matter.kind_version)
    before = matter.steps
    for share in Assignment.objects.filter(matter=matter, ended_at=None, due_at__gt=now).order_by("id"):
        was = share.due_at
        _move_share(share, kind, matter, calendar)
        if was is not None and share.due_at is not None:
            _keep(matter, share, "", share.unit_id, was, now)
    for row in Ask.objects.filter(matter=matter, state="open", due_at__gt=now).order_by("id"):
        was = row.due_at
        _move(row, row.asked_at, None, calendar.named(kind.calendar))
        _keep(matter, row, row.code, row.to_unit_id, was, now)
    if matter.steps != before:
        matter.save(update_fields=["steps"])
    return matter.steps - before


def _move_share(share: Assignment, kind: Kind, matter: Matter, calendar: WorkCalendar) -> None:
    spec = kind.assist_clock
    if spec is None:
        return
    _move(share, share.assigned_at, spec.warn, calendar.named(calendar_of(kind, spec.code)))
    whole = lead_clock(matter, kind)
    last = standing_due(whole, kind) if whole is not None else None
    if last is not None and share.due_at is not None and share.assigned_at < last < share.due_at:
        share.due_at, share.warn_at = last, min(share.warn_at or last, last)


def _move(row: Assignment | Ask, start: datetime, warn: Duration | None, calendar: WorkCalendar) -> None:
    """Its date by the calendar as it is now, if it is one that follows it."""
    if row.due_at is None or row.calendar_version == calendar.version:
        return
    last_on = local_date(row.due_at)
    if row.is_provisional:
        again = set_deadline(start, Duration.parse(row.limit_text), warn, calendar)
        row.due_at, row.warn_at, row.is_provisional = again.due_at, again.warn_at, again.is_provisional
    elif is_moved(row.limit_text, last_on, calendar):
        row.due_at = calendar.close_of(calendar.working_day_on_or_after(last_on.toordinal()))
    else:
        return
    row.calendar_version = calendar.version


def _keep(matter: Matter, row: Assignment | Ask, ask: str, unit_id: int, was: datetime, now: datetime) -> None:
    """Save it, and tell of it where another day came out."""
    row.save(update_fields=_WRITTEN)
    if row.due_at is None or row.due_at == was:
        return
    matter.steps += 1
    moved = PromiseMoved(
        number=matter.number,
        ask=ask,
        unit_id=unit_id,
        limit=row.limit_text,
        was_due_at=was,
        due_at=row.due_at,
        calendar=row.calendar_version,
    )
    subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
    journal.record(payload=moved, subject=subject, author=Author("system"), happened_at=now)
