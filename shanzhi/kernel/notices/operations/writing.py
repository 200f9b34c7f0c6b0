"""Writing the lines that units read, and what their mailboxes get of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from shanzhi.kernel.notices.models import Notice
from shanzhi.kernel.notices.operations.planning import NewLine, lines_plan


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A line to be written for a unit's posts of one role.

    `text` is the registered text's code and the step of the template by which mailboxes are told; `kind` chooses a
    template of a kind's own; `facts` fill its places; `urgent` goes out at once, whatever the template says.
    """

    unit_id: int
    role: str
    subject_kind: str
    subject_id: int
    subject_step: int
    text: str
    params: dict[str, Any]
    kind: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False


@transaction.atomic
def notices_write(notices: Sequence[NewNotice], *, now: datetime) -> None:
    """Write notices and what the units' mailboxes get of them; one that is there already stays as it is.

    Worker's role. At most 4 queries however many there are.
    """
    Notice.objects.bulk_create(
        [
            Notice(
                unit_id=item.unit_id,
                role=item.role,
                subject_kind=item.subject_kind,
                subject_id=item.subject_id,
                subject_step=item.subject_step,
                text=item.text,
                params=item.params,
                created_at=now,
            )
            for item in notices
        ],
        ignore_conflicts=True,
    )
    lines_plan(
        [
            NewLine(
                item.unit_id, item.role, item.subject_kind, item.subject_id, item.subject_step,
                item.text, item.kind, item.facts, item.urgent,
            )
            for item in notices
        ],
        now=now,
    )  # fmt: skip


@transaction.atomic
def notices_mark_read(*, unit_id: int, role: str, upto: int, now: datetime) -> int:
    """Mark the unit's notices up to an id as read; returns how many were new."""
    return Notice.objects.filter(unit_id=unit_id, role=role, pk__lte=upto, read_at=None).update(read_at=now)


@transaction.atomic
def notices_reword(*, subject_kind: str, subject_id: int, params: dict[str, Any]) -> int:
    """Fill a subject's lines with other values, because the old ones had to be deleted; returns how many. Worker's role."""
    return Notice.objects.filter(subject_kind=subject_kind, subject_id=subject_id).update(params=params)
