"""Runs of imports, and which columns of a file fill which fields, by name. No row of a file is kept here."""

from typing import ClassVar

from django.db import models


class Mapping(models.Model):
    """对应关系: `columns` says by the column's name in the file which field it fills."""

    subject = models.CharField(max_length=20, db_collation="C")
    name = models.CharField(max_length=40)
    unit_id = models.BigIntegerField(null=True)
    """Whose it is, who alone saves it anew; None: saved on the command line."""
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


class Upload(models.Model):
    """A file that somebody brought to the page, and what becomes of it; its content lies sealed in pieces.

    States: draft → waiting → running → done; running → stopped → waiting; draft, waiting, stopped → dropped; waiting and
    running → failed; whatever waits for a person → dropped when its day is over or its holder has left.
    `first_id` is the import whose mended rejects this is; `columns` say by the column's name which field it fills.
    """

    key = models.CharField(max_length=43, unique=True, db_collation="C")
    subject = models.CharField(max_length=20, db_collation="C")
    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=100)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64, db_collation="C")
    sheet = models.CharField(max_length=100, default="")
    columns = models.JSONField(default=dict)
    on = models.DateField()
    first_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    scope_code = models.CharField(max_length=15, db_collation="C")
    state = models.CharField(max_length=10, db_collation="C", default="draft")
    reason = models.TextField(default="")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    rows = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    imported = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)
    known = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    steps = models.IntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["staff_id", "-id"], name="imports_upload_mine"),
            models.Index(fields=["state", "id"], name="imports_upload_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "waiting", "running", "stopped", "done", "failed", "dropped"]),
                name="imports_upload_state_known",
            )
        ]


class Piece(models.Model):
    """A megabyte at most of an upload, sealed: of its `file`, its `head` (the first rows) or its `rejects`."""

    upload_id = models.BigIntegerField()
    part = models.CharField(max_length=10, db_collation="C")
    number = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload_id", "part", "number"], name="imports_piece_once")
        ]
