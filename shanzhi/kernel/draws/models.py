"""Tables of draws. What was announced never changes; states go one way: announced → opened → made, or withdrawn."""

from typing import ClassVar

from django.db import models

HASH = 64


class Draw(models.Model):
    """A draw, as everybody may see it: its announcement, its state, the head that was taken. `turn` counts the announcements
    for a purpose; `ground` says why it was withdrawn."""

    number = models.IntegerField(unique=True)
    purpose = models.CharField(max_length=100, db_collation="C")
    turn = models.IntegerField()
    subject = models.CharField(max_length=200)
    method = models.CharField(max_length=8, db_collation="C")
    announcement = models.TextField(db_collation="C")
    size = models.IntegerField()
    take = models.IntegerField()
    window = models.IntegerField()
    unit_id = models.BigIntegerField()
    state = models.CharField(max_length=10, db_collation="C")
    ground = models.CharField(max_length=10, db_collation="C", default="")
    announced_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    root = models.BinaryField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purpose", "turn"], name="draws_draw_turn"),
            models.UniqueConstraint(
                fields=["purpose"],
                condition=models.Q(state__in=["announced", "opened"]),
                name="draws_draw_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(state="announced", opened_at=None, made_at=None, withdrawn_at=None)
                | models.Q(state="opened", opened_at__isnull=False, root__isnull=False, made_at=None, withdrawn_at=None)
                | models.Q(state="made", opened_at__isnull=False, made_at__isnull=False, withdrawn_at=None)
                | models.Q(state="withdrawn", opened_at=None, made_at=None, withdrawn_at__isnull=False),
                name="draws_draw_state",
            ),
        ]


class Side(models.Model):
    """A side of a draw with its commitment; `place` counts from 0 in the announcement's order. No commitment is used twice:
    a nonce that was shown is known."""

    draw_id = models.BigIntegerField()
    place = models.SmallIntegerField()
    name = models.CharField(max_length=100)
    is_ours = models.BooleanField()
    commitment = models.CharField(max_length=HASH, db_collation="C", unique=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["draw_id", "place"], name="draws_side_once")]


class Secret(models.Model):
    """Our own nonce, sealed under the key ring; the background alone reads it."""

    draw_id = models.BigIntegerField(primary_key=True)
    sealed = models.BinaryField()

    class Meta:
        default_permissions: ClassVar = ()


class Nonce(models.Model):
    """A nonce that a side has shown; the database itself compares it with the commitment."""

    draw_id = models.BigIntegerField()
    place = models.SmallIntegerField()
    nonce = models.BinaryField()
    shown_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["draw_id", "place"], name="draws_nonce_once")]


class Sheet(models.Model):
    """List and result of a draw as texts; kept back from the public until it is published."""

    draw_id = models.BigIntegerField(primary_key=True)
    frame = models.TextField(db_collation="C")
    result = models.TextField(db_collation="C", default="")
    is_public = models.BooleanField()

    class Meta:
        default_permissions: ClassVar = ()
