"""Reading notices, and how far behind the outbox is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from shanzhi.kernel.notices.models import Event, Notice
from shanzhi.kernel.notices.policy import text_of

PAGE = 25
COUNT_CAP = 1000
COUNT_UNREAD = """
SELECT count(*) FROM (
    SELECT 1 FROM notices_notice WHERE unit_id = %s AND role = %s AND read_at IS NULL LIMIT %s
) AS unread"""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One line: a message id with its parameters, and the matter that it leads to."""

    id: int
    subject_id: int
    message: str
    params: dict[str, Any]
    created_at: datetime
    is_new: bool


def notices_for(unit_id: int, role: str, before: int | None = None) -> list[NoticeRow]:
    """A unit's newest notices for a role, at most 26 (one more than a page, to tell whether there is a next); 1 query."""
    rows = Notice.objects.filter(unit_id=unit_id, role=role).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        NoticeRow(row.pk, row.subject_id, text_of(row.text), row.params, row.created_at, row.read_at is None)
        for row in rows[: PAGE + 1]
    ]


def count_unread(unit_id: int, role: str) -> int:
    """Unread notices, capped at 1,000; 1 query."""
    # Every page asks: written out, it takes a tenth of what it takes to build it anew.
    with connection.cursor() as cursor:
        cursor.execute(COUNT_UNREAD, [unit_id, role, COUNT_CAP])
        counted: int = cursor.fetchone()[0]
    return counted


def outbox_backlog() -> tuple[int, datetime | None]:
    """How many events wait, and since when the oldest does (worker's role)."""
    oldest = Event.objects.order_by("id").values_list("created_at", flat=True).first()
    return Event.objects.count(), oldest
