"""Tables of the residents' doors: the public list as a projection, and the counts of wrong follow codes."""

from typing import ClassVar

from django.db import models


class PublicMatter(models.Model):
    """A line of the public list: category, township, state and days; no text, no number, place to about a kilometre.

    A projection of matters, written by the worker alone; it can be emptied and filled again at any time.
    """

    matter_id = models.BigIntegerField(primary_key=True)
    category = models.CharField(max_length=60, db_collation="C")
    township_code = models.CharField(max_length=15, db_collation="C")
    township_name = models.TextField()
    stage_name = models.TextField()
    is_ended = models.BooleanField()
    result = models.CharField(max_length=40, null=True, db_collation="C")
    latitude = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    longitude = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    reported_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        db_table = "intake_public_matter"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["-reported_on", "-matter_id"], name="intake_public_newest"),
            models.Index(fields=["township_code", "-reported_on", "-matter_id"], name="intake_public_place"),
        ]


class Guess(models.Model):
    """Wrong follow codes in one window; `subject` is a keyed hash of an address, a number or both."""

    subject = models.CharField(max_length=64, db_collation="C")
    window_at = models.DateTimeField(db_index=True)
    failures = models.IntegerField()

    class Meta:
        db_table = "intake_guess"
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "window_at"], name="intake_guess_once")]


class PhoneCode(models.Model):
    """A code that was sent to a phone and wasn't used yet: for the phone its blind index stands, for the code its keyed
    hash; gone after five minutes."""

    blind_index = models.BinaryField(max_length=32, unique=True)
    code_hash = models.BinaryField(max_length=32)
    tries = models.SmallIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "intake_phone_code"
        default_permissions: ClassVar = ()
