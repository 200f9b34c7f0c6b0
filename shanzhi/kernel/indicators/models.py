"""Tables of figures: what was computed, what was typed in, what was contested. Written by `operations` alone.

`under` is the code of the region above (its own for the topmost): a post reads a row where that region touches its place.
Months are whole numbers `yyyymm`.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


def _code(length: int = 15) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=length, db_collation="C")


class Observation(models.Model):
    """The figure of a region and period by the rule of its month. A row that isn't there: nothing was counted.

    `month` is the period's first, `months` how many it has: figures that can be added up stand by the month alone.
    `handed_in` of `owed` are the regions that typed in their part, where people do.
    """

    pk = models.CompositePrimaryKey("region_id", "month", "key", "months")
    region_id = models.BigIntegerField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    month = models.IntegerField()
    handed_in = models.IntegerField(null=True)
    owed = models.IntegerField(null=True)
    months = models.SmallIntegerField()
    key = _code(40)
    under = _code()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["month", "key"], name="indicators_observation_month")]


class Computing(models.Model):
    """When an indicator's period was computed last, by which version of its rule; up to `cursor` (the number of the journal's
    leaf) nothing that was recorded changes it further, and at `checked_at` that was looked at.

    `tree`: the version of the organisation's tree for which it was restated (`Restated`), where it can't be added up.
    """

    key = _code(40)
    month = models.IntegerField()
    months = models.SmallIntegerField()
    version = models.SmallIntegerField()
    computed_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    cursor = models.BigIntegerField()
    tree = models.UUIDField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "key", "months"], name="indicators_computing_once")
        ]


class Restated(models.Model):
    """A figure that can't be added up, computed anew from the facts under another tree than its period's own: that which
    began to hold on `tree_on`. Only of regions that this tree makes up of other ones. No numerator: no cases.
    """

    pk = models.CompositePrimaryKey("region_id", "tree_on", "month", "key", "months")
    region_id = models.BigIntegerField()
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField()
    tree_on = models.DateField()
    month = models.IntegerField()
    months = models.SmallIntegerField()
    key = _code(40)
    under = _code()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["month", "key"], name="indicators_restated_month")]


class Behind(models.Model):
    """The matters behind a computed figure, by the lowest regions that count: ids ascending, and what each adds to numerator
    and denominator. Ids alone: what they are is read where the matter itself may be read."""

    pk = models.CompositePrimaryKey("region_id", "month", "key")
    region_id = models.BigIntegerField()
    month = models.IntegerField()
    key = _code(40)
    under = _code()
    matters = ArrayField(models.BigIntegerField())
    numerators = ArrayField(models.BigIntegerField())
    denominators = ArrayField(models.BigIntegerField())

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["month", "key"], name="indicators_behind_month")]


class Revision(models.Model):
    """A figure that was changed after its month was cut, or by an exclusion or a correction. Only ever added to.

    `about` is the exclusion's number; a None denominator: there was, or is, no such figure.
    """

    key = _code(40)
    region_id = models.BigIntegerField()
    month = models.IntegerField()
    months = models.SmallIntegerField()
    number = models.IntegerField()
    under = _code()
    made_at = models.DateTimeField()
    reason = _code(12)
    about = models.BigIntegerField(default=0)
    before_numerator = models.BigIntegerField(default=0)
    before_denominator = models.BigIntegerField(null=True)
    before_version = models.SmallIntegerField()
    after_numerator = models.BigIntegerField(default=0)
    after_denominator = models.BigIntegerField(null=True)
    after_version = models.SmallIntegerField()
    cursor = models.BigIntegerField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["about"], name="indicators_revision_about")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["region_id", "key", "month", "months", "number"], name="indicators_revision_once"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["late", "exclusion", "included", "correction", "redraw", "rule"]),
                name="indicators_revision_reason",
            ),
        ]


class Due(models.Model):
    """A period that is to be computed anew, and why. Taken away by the job that has done it."""

    key = _code(40)
    month = models.IntegerField()
    months = models.SmallIntegerField(default=1)
    reason = _code(12)
    about = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()


class Value(models.Model):
    """A figure as a post typed it in. A correction is a new row; the one before stays, no longer the last."""

    key = _code(40)
    version = models.SmallIntegerField()
    region_id = models.BigIntegerField()
    scope_code = _code()
    under = _code()
    first = models.IntegerField()
    length = _code(8)
    number = models.IntegerField()
    is_last = models.BooleanField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    words = models.CharField(max_length=1000)
    salt = models.BinaryField()
    confirmed = models.BooleanField()
    late = models.BooleanField()
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    entered_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["region_id", "key", "first", "number"], name="indicators_value_once"),
            models.UniqueConstraint(
                fields=["region_id", "key", "first"], condition=Q(is_last=True), name="indicators_value_one_last"
            ),
            models.CheckConstraint(
                condition=Q(numerator__gte=0, denominator__gte=0, number__gte=1), name="indicators_value_counts"
            ),
            models.CheckConstraint(
                condition=Q(length__in=["month", "quarter", "year"]), name="indicators_value_length"
            ),
        ]


class Permit(models.Model):
    """A wish to hand in late, and what the unit one level up said of it."""

    key = _code(40)
    region_id = models.BigIntegerField()
    scope_code = _code()
    first = models.IntegerField()
    length = _code(8)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    to_unit_id = models.BigIntegerField()
    words = models.CharField(max_length=1000)
    state = _code(10)
    asked_at = models.DateTimeField()
    until_on = models.DateField(null=True)
    reason = models.CharField(max_length=1000, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)
    salt = models.BinaryField()
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | Q(state="granted", decided_at__isnull=False, until_on__isnull=False)
                | Q(state="declined", decided_at__isnull=False, until_on__isnull=True),
                name="indicators_permit_state",
            ),
            models.CheckConstraint(condition=~Q(post_id=F("decided_by_post")), name="indicators_permit_two"),
            models.UniqueConstraint(
                fields=["region_id", "key", "first"], condition=Q(state="asked"), name="indicators_permit_one_open"
            ),
        ]


class Exclusion(models.Model):
    """A unit contests that a matter counts in an indicator's month; the unit one level up decides, the one above that may
    change the decision once. `is_left_out`: what the computed figures do; the background brings each decision in by itself."""

    matter_id = models.BigIntegerField()
    matter_number = _code(20)
    key = _code(40)
    month = models.IntegerField()
    region_id = models.BigIntegerField()
    scope_code = _code()
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    to_unit_id = models.BigIntegerField()
    ground = _code(40)
    state = _code(10)
    asked_at = models.DateTimeField()
    decide_by = models.DateField()
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)
    revise_unit_id = models.BigIntegerField(null=True)
    revised_at = models.DateTimeField(null=True)
    revised_by_post = models.BigIntegerField(null=True)
    steps = models.IntegerField(default=1)
    is_left_out = models.BooleanField(default=False, db_default=False)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["month", "key"], name="indicators_exclusion_month"),
            models.Index(fields=["to_unit_id", "state"], name="indicators_exclusion_to"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"], decided_at__isnull=True)
                | Q(state__in=["granted", "declined"], decided_at__isnull=False),
                name="indicators_exclusion_state",
            ),
            models.CheckConstraint(
                condition=~Q(unit_id=F("to_unit_id"))
                & ~Q(revise_unit_id=F("to_unit_id"))
                & ~Q(revise_unit_id=F("unit_id"))
                & ~Q(post_id=F("decided_by_post")),
                name="indicators_exclusion_two",
            ),
            models.UniqueConstraint(
                fields=["matter_id", "key", "month"],
                condition=Q(state__in=["asked", "granted"]),
                name="indicators_exclusion_once",
            ),
            models.CheckConstraint(
                condition=Q(is_left_out=False) | Q(state__in=["granted", "declined"]),
                name="indicators_exclusion_left_out",
            ),
        ]


class Said(models.Model):
    """What was said about a contested count at one of its steps: masked words, for those whom it concerns."""

    exclusion = models.ForeignKey(Exclusion, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.IntegerField()
    text = models.CharField(max_length=1000)
    salt = models.BinaryField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exclusion", "step"], name="indicators_said_once"),
        ]


class Submission(models.Model):
    """A form or call that was carried out, by its post's key: sent again, it is answered and not done again."""

    post_id = models.BigIntegerField()
    key = models.UUIDField()
    fingerprint = models.BinaryField(max_length=32)
    made = models.BigIntegerField()
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["post_id", "key"], name="indicators_submission_once")]
