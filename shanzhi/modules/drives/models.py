"""Tables of drives: the drive with its checklist, applications of places, answers, looks on site, titles and hearings.

Written by `operations` alone. Places and posts are rows below; a person stands in none of what pages show: `staff_id` is
compared when somebody acts, and never listed.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

STATES = ["draft", "applied", "visited", "granted", "refused", "withdrawn"]


def _code(length: int = 15, **more: object) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=length, db_collation="C", **more)  # type: ignore[arg-type]


class Drive(models.Model):
    """A drive: opened by a post for its region, on an entry of the admission list, with a checklist; never changed, but that
    its end may come earlier (`until_on` is the last day on which a place may apply). `decider_post_id` decides about titles;
    a title is in force for `months`."""

    name = models.CharField(max_length=60)
    scope_code = _code()
    checklist = models.TextField()
    sha256 = _code(64)
    code = _code(40)
    version = models.SmallIntegerField()
    title = models.CharField(max_length=60)
    place_kinds = models.JSONField()
    admission_id = models.BigIntegerField()
    admission_item = models.CharField(max_length=100)
    until_on = models.DateField()
    months = models.SmallIntegerField()
    decider_post_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    role = _code(40)
    opened_at = models.DateTimeField()
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.CheckConstraint(condition=Q(months__gte=1), name="drives_drive_months")]


class Application(models.Model):
    """A place's application. `typed` counts the fields that people typed in; `renews` is the title that it is to follow;
    `reason` is that of the decision, masked."""

    drive = models.ForeignKey(Drive, on_delete=models.PROTECT, related_name="+")
    place_id = models.BigIntegerField()
    place_name = models.CharField(max_length=60)
    scope_code = _code()
    state = _code(12)
    steps = models.IntegerField(default=1)
    renews = models.BigIntegerField(null=True)
    typed = models.IntegerField(default=0)
    unit_id = models.BigIntegerField()
    role = _code(40)
    staff_id = models.BigIntegerField()
    begun_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    visited_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, default="")

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["scope_code", "state"], name="drives_application_scope")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="drives_application_state"),
            models.UniqueConstraint(
                fields=["drive", "place_id"],
                condition=Q(state__in=["draft", "applied", "visited"]),
                name="drives_application_one_open",
            ),
        ]


class Answer(models.Model):
    """An item's answer. From the records (`is_record`: numerator, and denominator of a share), or yes or no in words; a
    later one takes its place, until the application is handed in. `is_carried`: it came from the application before."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    item = _code(40)
    is_record = models.BooleanField()
    is_carried = models.BooleanField(default=False)
    met = models.BooleanField(null=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    words = models.CharField(max_length=1000, default="")
    salt = models.BinaryField(default=bytes)
    typed = models.SmallIntegerField(default=0)
    staff_id = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "item"], name="drives_answer_once"),
            models.CheckConstraint(
                condition=Q(is_record=False) | Q(typed=0), name="drives_answer_records_are_not_typed"
            ),
        ]


class Look(models.Model):
    """What somebody found about an item on site; only added to, the last one of an item counts. Photos are attached files;
    what was not found may have become a matter of kind `finding`."""

    uid = models.UUIDField(unique=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    item = _code(40)
    found = models.BooleanField()
    words = models.CharField(max_length=1000)
    salt = models.BinaryField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    seen_at = models.DateTimeField()
    matter_number = _code(20, default="")
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["application", "item", "id"], name="drives_look_item")]


class Title(models.Model):
    """A place's title, public while it is in force: what, where, from when until when (the last day). `ground` is why it was
    withdrawn."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="+")
    drive = models.ForeignKey(Drive, on_delete=models.PROTECT, related_name="+")
    code = _code(40)
    name = models.CharField(max_length=60)
    place_id = models.BigIntegerField()
    place_name = models.CharField(max_length=60)
    place_kind = _code(20)
    scope_code = _code()
    state = _code(12)
    granted_on = models.DateField()
    until_on = models.DateField()
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    ended_on = models.DateField(null=True)
    ground = _code(12, default="")

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["state", "until_on"], name="drives_title_until")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="in_force", ended_on=None, ground="")
                | Q(state="expired", ended_on__isnull=False, ground="")
                | Q(state="withdrawn", ended_on__isnull=False) & ~Q(ground=""),
                name="drives_title_state",
            ),
            models.CheckConstraint(condition=Q(until_on__gt=F("granted_on")), name="drives_title_days"),
            models.UniqueConstraint(
                fields=["code", "place_id"], condition=Q(state="in_force"), name="drives_title_one_in_force"
            ),
        ]


class Hearing(models.Model):
    """Before a title is withdrawn its holder is heard: on what ground, in which words, until when; what the holder says; how
    it ended (`withdrawn` or `dropped`; empty: not yet)."""

    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="+")
    ground = _code(12)
    words = models.CharField(max_length=1000)
    salt = models.BinaryField()
    until_on = models.DateField()
    opened_at = models.DateTimeField()
    post_id = models.BigIntegerField()
    statement = models.CharField(max_length=1000, default="")
    statement_salt = models.BinaryField(default=bytes)
    stated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = _code(12, default="")
    decision = models.CharField(max_length=1000, default="")

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="")
                | Q(ended_at__isnull=False, outcome__in=["withdrawn", "dropped"]),
                name="drives_hearing_outcome",
            ),
            models.UniqueConstraint(fields=["title"], condition=Q(ended_at=None), name="drives_hearing_one_open"),
        ]
