"""The journal's table. Rows are written by `operations.record` and can't be changed or removed, not by the owner either."""

from typing import ClassVar

from django.db import models


class Entry(models.Model):
    """One thing that was done. Partitioned by month of `recorded_at`, which the database sets itself."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    action = models.TextField()
    version = models.SmallIntegerField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    subject_step = models.IntegerField()
    scope_code = models.TextField(db_collation="C")
    author_kind = models.TextField()
    author_post_id = models.BigIntegerField(null=True)
    author_unit_id = models.BigIntegerField(null=True)
    payload = models.JSONField()

    class Meta:
        managed = False
        db_table = "journal_entry"
        default_permissions: ClassVar = ()
