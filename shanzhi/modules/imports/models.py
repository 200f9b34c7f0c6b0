"""Runs of imports, and which columns of a file fill which fields, by name. No row of a file is kept here."""

from typing import ClassVar

from django.db import models


class Mapping(models.Model):
    """对应关系: `columns` says by the column's name in the file which field it fills."""

    subject = models.CharField(max_length=20, db_collation="C")
    name = models.CharField(max_length=40)
    columns = models.JSONField()
    saved_at = models.DateTimeField()
    steps = models.IntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "name"], name="imports_mapping_once")]


class Run(models.Model):
    """One file on its way in. A run that died is found again by subject, source and the file's hash, and goes on.

    States: running → done; the figures are those of the whole file, whatever the number of starts.
    """

    subject = models.CharField(max_length=20, db_collation="C")
    source = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, db_collation="C")
    form = models.CharField(max_length=10, db_collation="C")
    encoding = models.CharField(max_length=10, db_collation="C")
    state = models.CharField(max_length=10, db_collation="C", default="running")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    starts = models.IntegerField(default=1)
    rows = models.IntegerField()
    imported = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)
    known = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "source", "sha256"],
                name="imports_run_one_runs",
                condition=models.Q(state="running"),
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", ended_at=None) | models.Q(state="done", ended_at__isnull=False),
                name="imports_run_state",
            ),
        ]
