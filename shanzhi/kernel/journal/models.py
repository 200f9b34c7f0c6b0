"""The journal's tables. Rows are written by `operations` and can't be changed or removed, not by the owner either.

Leaves and tiles have no model: they are read and written in bulk, by `shanzhi/kernel/journal/trees.py`."""

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


class Epoch(models.Model):
    """One tree, from its begin to the next restore or change of hash; the epoch before is stated by its size and root."""

    number = models.IntegerField(primary_key=True)
    name = models.TextField()
    hash = models.TextField()
    reason = models.TextField()
    begun_at = models.DateTimeField()
    carried = models.BigIntegerField()
    previous_size = models.BigIntegerField(null=True)
    previous_root = models.BinaryField(null=True)
    shown_size = models.BigIntegerField(null=True)
    shown_root = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "journal_epoch"
        default_permissions: ClassVar = ()


class Key(models.Model):
    """A public key that signs heads, with the statement by which the key before it names it."""

    id = models.TextField(primary_key=True)
    position = models.IntegerField(unique=True)
    text = models.TextField()
    statement = models.TextField()
    added_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "journal_key"
        default_permissions: ClassVar = ()


class Head(models.Model):
    """A signed head; `note` is what was signed, the other columns are for finding it."""

    id = models.BigAutoField(primary_key=True)
    epoch = models.IntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    signed_at = models.DateTimeField()
    key_id = models.TextField()
    note = models.TextField()

    class Meta:
        managed = False
        db_table = "journal_head"
        default_permissions: ClassVar = ()
