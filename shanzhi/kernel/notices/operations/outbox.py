"""Writing the outbox and telling its events."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from shanzhi.kernel.notices.models import Event
from shanzhi.kernel.notices.policy import Happened, readers_of, retry_after

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
