"""The outbox, and the notices to units."""

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """Something that happened and is still to be told; written in the transaction that did it, removed when told."""

    topic = models.TextField()
    body = models.JSONField()
    created_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        db_table = "notices_event"
        default_permissions: ClassVar = ()


class Notice(models.Model):
    """One line for a unit: what was done with which matter. `text` is a registered text code."""

    unit_id = models.BigIntegerField()
    role = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    subject_step = models.IntegerField()
    text = models.TextField()
    params = models.JSONField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["unit_id", "role", "-id"], name="notices_notice_unit"),
            models.Index(
                fields=["unit_id", "role"], name="notices_notice_unread", condition=models.Q(read_at__isnull=True)
            ),
        ]
        constraints: ClassVar = [
            # Telling an event twice (a worker that died after its commit) makes no second notice.
            models.UniqueConstraint(
                fields=["unit_id", "role", "subject_kind", "subject_id", "subject_step", "text"],
                name="notices_notice_once",
            )
        ]
