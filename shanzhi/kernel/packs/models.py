"""Tables of letters. Rows are written by `operations` alone."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from shanzhi.kernel.packs.policy.letter_box import Direction, LetterState


class Peer(models.Model):
    """A platform whose letters are believed: its public keys, entered by one person and agreed to by another (`signoff_id`).

    A change of keys is a withdrawal and a new row; rows stay for good, so what was believed when can be told.
    """

    code = models.CharField(max_length=100, db_collation="C")
    name = models.CharField(max_length=100)
    keys = ArrayField(models.TextField())
    since = models.DateTimeField()
    by_post = models.BigIntegerField()
    signoff_id = models.BigIntegerField(unique=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_signoff = models.BigIntegerField(null=True)

    class Meta:
        db_table = "packs_peer"
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], condition=Q(withdrawn_at=None), name="packs_peer_one_by_code"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by_signoff__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by_signoff__isnull=False),
                name="packs_peer_withdrawn_whole",
            ),
        ]


class KeptLetter(models.Model):
    """A letter that came in or goes out; its file lies in the store "letters" under its hash.

    `signed_by` are ids of keys; `reason` with `params` is a sentence (a message id): why it is refused, or what it waits for.
    """

    sha256 = models.CharField(max_length=64, db_collation="C", unique=True)
    direction = models.CharField(
        max_length=3, db_collation="C", choices=[(each.value, each.value) for each in Direction]
    )
    kind = models.CharField(max_length=100, db_collation="C")
    uid = models.CharField(max_length=100, db_collation="C")
    round = models.CharField(max_length=100, db_collation="C")
    sender = models.CharField(max_length=100, db_collation="C")
    receiver = models.CharField(max_length=100, db_collation="C")
    about = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    bytes = models.BigIntegerField()
    signed_by = ArrayField(models.CharField(max_length=8, db_collation="C"))
    state = models.CharField(
        max_length=10, db_collation="C", choices=[(each.value, each.value) for each in LetterState]
    )
    reason = models.TextField(default="")
    params = models.JSONField(default=dict)
    kept_at = models.DateTimeField()
    by_post = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    steps = models.IntegerField(default=1)

    class Meta:
        db_table = "packs_letter"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["direction", "-id"], name="packs_letter_by_direction")]
        constraints: ClassVar = [
            # Of those that are used: a forged one that lies here unread keeps nobody's place.
            models.UniqueConstraint(
                fields=["direction", "sender", "uid"],
                condition=Q(direction="out") | Q(state="read"),
                name="packs_letter_one_by_uid",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=[each.value for each in Direction]), name="packs_letter_way"
            ),
            models.CheckConstraint(
                condition=Q(state="kept", settled_at__isnull=True)
                | Q(state__in=["read", "refused"], direction="in", settled_at__isnull=False),
                name="packs_letter_settled",
            ),
            models.CheckConstraint(condition=Q(bytes__gt=0), name="packs_letter_has_bytes"),
        ]
