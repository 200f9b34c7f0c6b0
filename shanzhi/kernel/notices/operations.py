"""Writing the outbox, telling its events, writing and reading notices."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from shanzhi.kernel.notices.models import Event, Notice
from shanzhi.kernel.notices.policy import Happened, readers_of, retry_after
from shanzhi.kernel.notices.sms import SmsFailed, SmsOff, SmsSent, is_sms_offered, send_sms

__all__ = [
    "NewNotice",
    "SmsFailed",
    "SmsOff",
    "SmsSent",
    "emit",
    "emit_many",
    "is_sms_offered",
    "notices_mark_read",
    "notices_reword",
    "notices_write",
    "send_sms",
    "tell_next",
]

log = logging.getLogger(__name__)

BATCH = 500


def emit(*, topic: str, body: dict[str, Any], now: datetime) -> None:
    """Write one event in the caller's transaction: it is told if and only if that commits."""
    emit_many(topic=topic, bodies=[body], now=now)


def emit_many(*, topic: str, bodies: Sequence[dict[str, Any]], now: datetime) -> None:
    """Write events of one topic in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_event (topic, body, created_at)"
            " SELECT %s::text, b, %s::timestamptz FROM jsonb_array_elements(%s::jsonb) AS b",
            [topic, now, orjson.dumps(bodies).decode()],
        )


def job_soon(name: str) -> None:
    """Let a job of every minute begin as soon as this transaction commits; one that waits already is enough. Worker."""
    try:
        with transaction.atomic():
            app.configure_task(name, queueing_lock=name).defer(timestamp=0)
    except AlreadyEnqueued:
        log.debug("%s waits already", name)


def tell_next(*, now: datetime, batch: int = BATCH) -> int:
    """Tell the next events of the outbox to their readers; returns how many were taken.

    Events are taken oldest first and locked, so that several workers never tell the same one at once. A topic whose
    readers fail is rolled back alone, kept with its error and tried again later.
    """
    with transaction.atomic():
        rows = list(
            Event.objects.select_for_update(skip_locked=True)
            .extra(where=["not_before IS NULL OR not_before <= %s"], params=[now])
            .order_by("id")[:batch]
        )
        told: list[int] = []
        for topic in dict.fromkeys(row.topic for row in rows):
            told += _tell_topic(topic, [row for row in rows if row.topic == topic], now)
        if told:
            Event.objects.filter(pk__in=told).delete()
    return len(rows)


def _tell_topic(topic: str, rows: list[Event], now: datetime) -> list[int]:
    """Tell one topic's events in a savepoint; where a batch fails, one by one, so that one bad event stops no other."""
    try:
        with transaction.atomic():
            for reader in readers_of(topic):
                reader([Happened(row.pk, row.topic, row.body, row.created_at) for row in rows], now)
    except Exception as error:
        if len(rows) > 1:
            return [pk for row in rows for pk in _tell_topic(topic, [row], now)]
        attempts = rows[0].attempts + 1
        log.warning("event %s of %s failed, attempt %s: %s", rows[0].pk, topic, attempts, type(error).__name__)
        Event.objects.filter(pk=rows[0].pk).update(
            attempts=attempts, last_error=type(error).__name__, not_before=now + retry_after(attempts)
        )
        return []
    return [row.pk for row in rows]


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A line to be written for a unit's posts of one role."""

    unit_id: int
    role: str
    subject_kind: str
    subject_id: int
    subject_step: int
    text: str
    params: dict[str, Any]


def notices_write(notices: Sequence[NewNotice], *, now: datetime) -> None:
    """Write notices; one that is there already stays as it is."""
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


@transaction.atomic
def notices_mark_read(*, unit_id: int, role: str, upto: int, now: datetime) -> int:
    """Mark the unit's notices up to an id as read; returns how many were new."""
    return Notice.objects.filter(unit_id=unit_id, role=role, pk__lte=upto, read_at=None).update(read_at=now)


@transaction.atomic
def notices_reword(*, subject_kind: str, subject_id: int, params: dict[str, Any]) -> int:
    """Fill a subject's lines with other values, because the old ones had to be deleted; returns how many. Worker's role."""
    return Notice.objects.filter(subject_kind=subject_kind, subject_id=subject_id).update(params=params)
