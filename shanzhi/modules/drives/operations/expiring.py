"""At night: titles whose last day is over end by themselves; holders are told in advance. Worker's role."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.modules.drives.models import Application, Title
from shanzhi.modules.drives.operations._common import write
from shanzhi.modules.drives.payloads import TitleEnded
from shanzhi.modules.drives.policy.states import TitleState
from shanzhi.modules.drives.policy.words import AHEAD_DAYS, APPLICATION_SUBJECT

SOON, OVER = "drives.ends_soon", "drives.ended"
LATER_STEP = 1_000_000
"""Reminders have steps of their own, so that each is written once whatever else happened meanwhile."""


def titles_expire(*, now: datetime) -> int:
    """End the titles whose last day is over, one by one; returns how many. Told twice, it is the same."""
    on = local_date(now)
    due = Title.objects.filter(state=TitleState.IN_FORCE.value, until_on__lt=on).order_by("pk")
    return sum(_expire(title_id, now) for title_id in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _expire(title_id: int, now: datetime) -> bool:
    title = Title.objects.get(pk=title_id)
    row = Application.objects.select_for_update().get(pk=title.application_id)
    title.refresh_from_db()
    if title.state != TitleState.IN_FORCE:
        return False
    title.state, title.ended_on = TitleState.EXPIRED.value, title.until_on + timedelta(days=1)
    title.save(update_fields=["state", "ended_on"])
    write(row, TitleEnded(title.pk, title.until_on), SYSTEM, now)
    notices.notices_write([_line(title, row, OVER, LATER_STEP)], now=now)
    return True


def holders_remind(*, now: datetime) -> int:
    """Tell holders whose titles end soon, each once for each of AHEAD_DAYS; returns how many lines stand now."""
    lines = list(_reminders(now))
    notices.notices_write(lines, now=now)
    return len(lines)


def _reminders(now: datetime) -> Iterator[NewNotice]:
    on = local_date(now)
    ending = Title.objects.select_related("application").filter(
        state=TitleState.IN_FORCE.value, until_on__gte=on, until_on__lte=on + timedelta(days=max(AHEAD_DAYS))
    )
    for title in ending:
        reached = [days for days in AHEAD_DAYS if title.until_on <= on + timedelta(days=days)]
        yield _line(title, title.application, SOON, LATER_STEP + min(reached))


def _line(title: Title, row: Application, text: str, step: int) -> NewNotice:
    params = {"place": title.place_name, "name": title.name, "until": str(title.until_on), "application": row.pk}
    return NewNotice(row.unit_id, row.role, APPLICATION_SUBJECT, row.pk, step, text, params)
