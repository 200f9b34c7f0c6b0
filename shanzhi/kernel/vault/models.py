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
    """What somebody had typed when their session ended, sealed; handed back once, after they sign in again."""

    id = models.UUIDField(primary_key=True)
    path = models.TextField()
    sealed = models.BinaryField()
    parked_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions: ClassVar = ()
