"""Sign-ins at places. A place's record, not a person's: the day, the unit, how far; no post, no time, no position."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Patrol(models.Model):
    """签到. Somebody of a unit was at a place on a day. `key` is the submission's; `matter` what was found, if anything."""

    key = models.UUIDField(unique=True)
    place = models.ForeignKey("organisation.Place", on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    scope_code = models.CharField(max_length=15, db_collation="C")
    on = models.DateField()
    recorded_on = models.DateField(editable=False)
    """The database's own day, which nobody gives."""
    by_mark = models.BooleanField(default=False)
    distance = models.CharField(max_length=10, db_collation="C")
    matter = models.ForeignKey("matters.Matter", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["place", "-on"], name="grid_patrol_place")]
        constraints: ClassVar = [
            # Nothing found a second time on a day says nothing new.
            models.UniqueConstraint(
                fields=["place", "unit", "on"], condition=Q(matter__isnull=True), name="grid_patrol_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(distance__in=["at", "near", "far", "unknown"]), name="grid_patrol_distance"
            ),
        ]
