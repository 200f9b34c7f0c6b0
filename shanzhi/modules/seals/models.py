"""The table of deliveries: one head for one address, with how it went."""

from typing import ClassVar

from django.db import models


class Delivery(models.Model):
    """A head on its way to an address, which is known by its hash alone. Open while `delivered_at` and `given_up_at` are
    empty; `next_at` is when it may be tried; `last_status` the other side's status or the code of what went wrong."""

    address_hash = models.CharField(max_length=64, db_collation="C")
    head_id = models.BigIntegerField()
    occasion = models.CharField(max_length=5, db_collation="C")
    day = models.CharField(max_length=10, db_collation="C")
    tries = models.IntegerField(default=0)
    last_status = models.CharField(max_length=40, default="", db_collation="C")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="seals_delivery_due",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address_hash", "head_id"], name="seals_delivery_once"),
            models.CheckConstraint(
                condition=models.Q(occasion__in=["day", "epoch"]), name="seals_delivery_occasion_known"
            ),
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=True) | models.Q(given_up_at__isnull=True),
                name="seals_delivery_one_end",
            ),
        ]
