"""The table of exports; files lie in the private store "exports" under the row's random key."""

from typing import ClassVar

from django.db import models


class Export(models.Model):
    """One file that two people agreed to. `params` are the sign-off's fields; `rows_done` is the progress.

    States: waiting → writing → ready → expired; from each to ended (the asker's holding ended), from the first two to
    cancelled and failed.
    """

    key = models.CharField(max_length=43, unique=True, db_collation="C")
    signoff_id = models.BigIntegerField(unique=True)
    post_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    scope_code = models.CharField(max_length=15, db_collation="C")
    params = models.JSONField()
    state = models.CharField(max_length=10, db_collation="C")
    created_at = models.DateTimeField()
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="", db_collation="C")
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    has_file = models.BooleanField(default=False)
    steps = models.IntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["staff_id", "-id"], name="exports_export_mine"),
            models.Index(fields=["state", "id"], name="exports_export_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["waiting", "writing", "ready", "expired", "ended", "cancelled", "failed"]
                ),
                name="exports_export_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | models.Q(has_file=True, ready_at__isnull=False, expires_at__isnull=False),
                name="exports_export_ready_has_file",
            ),
        ]
