"""Reading entries: under row-level security, oldest first."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

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
    return entry_rows(entries_wanted(subject_kind, subject_id))


def subjects_told(subject_kind: str, subject_ids: Collection[int]) -> frozenset[int]:
    """Those of these subjects that have an entry in sight; 1 query."""
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids))
    return frozenset(rows.values_list("subject_id", flat=True).distinct())


def entries_wanted(subject_kind: str, subject_id: int) -> QuerySet[Entry]:
    """The same, not asked yet: for who reads it in one statement with other things; `entry_rows` makes the rows of it."""
    return Entry.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id")


def entry_rows(found: Iterable[Entry]) -> list[EntryRow]:
    """What `entries_wanted` found; no query."""
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
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class DoneRow(EntryRow):
    """An entry together with the subject that it belongs to."""

    subject_id: int


def entries_by_action(
    subject_kind: str,
    subject_ids: Collection[int],
    actions: Collection[str],
    *,
    limit: int,
    before_id: int | None = None,
    since: datetime | None = None,
) -> list[DoneRow]:
    """The latest entries of these actions over several subjects, newest first; 1 query.

    `before_id` goes on behind the last row of a page; `since` leaves out what happened earlier.
    """
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids, action__in=actions)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    if since is not None:
        rows = rows.filter(happened_at__gte=since)
    return [
        DoneRow(
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
            row.subject_id,
        )
        for row in rows.order_by("-id")[:limit]
    ]


def last_step(subject_kind: str, subject_id: int) -> int:
    """The number of a subject's latest entry; 0 without one; 1 query that reads no payload."""
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return rows.aggregate(last=Max("subject_step"))["last"] or 0


def count_entries() -> int:
    """How many entries this role may see."""
    return Entry.objects.count()
