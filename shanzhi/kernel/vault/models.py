"""What is kept sealed: contacts, originals of masked text, and half-written forms."""

from typing import ClassVar

from django.db import models


class Record(models.Model):
    """One piece of personal data about one subject (a matter), sealed with the city's key ring.

    `part` says what it is (name, phone, title, body, place, words of a step); `blind_index` finds equal phones without
    reading any. After `expires_on` a job removes the row; commitments in the journal stay valid.
    """

    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    purpose = models.TextField()
    part = models.TextField()
    sealed = models.BinaryField()
    blind_index = models.BinaryField(max_length=32, null=True)
    legal_ground = models.TextField()
    kept_at = models.DateTimeField()
    expires_on = models.DateField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id"], name="vault_record_subject"),
            models.Index(
                fields=["blind_index"], name="vault_record_blind", condition=models.Q(blind_index__isnull=False)
            ),
            models.Index(fields=["expires_on"], name="vault_record_expiry"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=["contact", "original"]), name="vault_record_purpose"
            ),
            models.CheckConstraint(
                condition=models.Q(legal_ground__in=["consent", "contract", "duty", "emergency", "law"]),
                name="vault_record_ground",
            ),
        ]


class Hold(models.Model):
    """A subject's records must stay beyond their term, on a legal ground, until a day; only the worker writes it."""

    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    ground = models.TextField()
    until_on = models.DateField()
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["subject_kind", "subject_id"], name="vault_hold_subject", condition=models.Q(lifted_at=None)
            )
        ]


class ParkedForm(models.Model):
    """What somebody had typed when their session ended, sealed; handed back once, after they sign in again.

    `address` and `browser` are keyed hashes of where it came from: they say who holds how much, and nothing else.
    """

    id = models.UUIDField(primary_key=True)
    path = models.TextField()
    sealed = models.BinaryField()
    parked_at = models.DateTimeField(db_index=True)
    address = models.BinaryField(max_length=32, default=b"")
    browser = models.BinaryField(max_length=32, default=b"")

    class Meta:
        default_permissions: ClassVar = ()


class Key(models.Model):
    """What became of a data key, by its id; the key itself is in the installation's secrets alone.

    A key that is retired is never used again: the database refuses an envelope under its id (a trigger on the tables
    that hold envelopes). `steps` counts its entries in the journal.
    """

    code = models.CharField(max_length=32, unique=True, db_collation="C")
    added_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    steps = models.IntegerField(default=0)

    class Meta:
        default_permissions: ClassVar = ()


class Rotation(models.Model):
    """Sealing everything anew under the key and cipher in force: where it stands, so that any process can go on.

    `reached` holds, for each table of envelopes, the key of the last row that was looked at in this pass; `in_pass`
    counts what this pass has moved or had to leave. It is done after a pass that met nothing. `signoff` names the
    approval, `reason` (masked) says why; without an approval one keeper did it alone.
    """

    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="+", db_index=False)
    algorithm = models.SmallIntegerField()
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    total = models.BigIntegerField()
    moved = models.BigIntegerField(default=0)
    in_pass = models.BigIntegerField(default=0)
    unreadable = models.BigIntegerField(default=0)
    reached = models.JSONField(default=dict)
    signoff = models.TextField(default="")
    reason = models.TextField(default="")
    salt = models.BinaryField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1), name="vault_rotation_one_runs", condition=models.Q(done_at__isnull=True)
            )
        ]
