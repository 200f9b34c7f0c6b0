"""Reading the journal: under row-level security, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from shanzhi.kernel.journal.models import Entry


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as it stands; `payload` holds plain JSON values of the action's version."""

    id: int
    happened_at: datetime
    recorded_at: datetime
    action: str
    version: int
    step: int
    author_kind: str
    author_post_id: int | None
    author_unit_id: int | None
    payload: dict[str, Any]


def entries_of(subject_kind: str, subject_id: int) -> list[EntryRow]:
    """A subject's entries in the order in which they were written; 1 query."""
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id")
    return [
        EntryRow(
            row.id,
            row.happened_at,
            row.recorded_at,
            row.action,
            row.version,
            row.subject_step,
            row.author_kind,
            row.author_post_id,
            row.author_unit_id,
            row.payload,
        )
        for row in rows
    ]


def last_step(subject_kind: str, subject_id: int) -> int:
    """The number of a subject's latest entry; 0 without one; 1 query that reads no payload."""
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return rows.aggregate(last=Max("subject_step"))["last"] or 0


def count_entries() -> int:
    """How many entries this role may see."""
    return Entry.objects.count()
