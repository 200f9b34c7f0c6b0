"""The outbox, and the notices to units."""

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """Something that happened and is still to be told; written in the transaction that did it, removed when told."""

    topic = models.TextField()
    body = models.JSONField()
    created_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        db_table = "notices_event"
        default_permissions: ClassVar = ()


class Notice(models.Model):
    """One line for a unit: what was done with which matter. `text` is a registered text code."""

    unit_id = models.BigIntegerField()
    role = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    subject_step = models.IntegerField()
    text = models.TextField()
    params = models.JSONField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["unit_id", "role", "-id"], name="notices_notice_unit"),
            models.Index(
                fields=["unit_id", "role"], name="notices_notice_unread", condition=models.Q(read_at__isnull=True)
            ),
        ]
        constraints: ClassVar = [
            # Telling an event twice (a worker that died after its commit) makes no second notice.
            models.UniqueConstraint(
                fields=["unit_id", "role", "subject_kind", "subject_id", "subject_step", "text"],
                name="notices_notice_once",
            )
        ]


class Line(models.Model):
    """One line that a unit's duty mailbox is to get, in a message of its own or with others: at `release_at` it goes into
    a delivery. Kept for a while after that, so that an event that is told again adds nothing."""

    unit_id = models.BigIntegerField()
    role = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    subject_step = models.IntegerField()
    step = models.TextField()
    text = models.TextField()
    made_at = models.DateTimeField()
    release_at = models.DateTimeField()
    delivery_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["release_at"], name="notices_line_due", condition=models.Q(delivery_id__isnull=True)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit_id", "role", "subject_kind", "subject_id", "subject_step", "step"],
                name="notices_line_once",
            )
        ]


class Delivery(models.Model):
    """One message on its way by one gateway, written once and never reworded: `once` says what it is about, so that it is
    made once; `key` is made out of that and goes out with every try. `last_error` is a code, never words.

    `state`: waiting, sent, given_up (nothing more is tried unless a keeper says so), void (there was nobody to tell).
    """

    gateway = models.TextField()
    destination = models.TextField()
    key = models.UUIDField(unique=True)
    step = models.TextField()
    unit_id = models.BigIntegerField(null=True)
    role = models.TextField(default="")
    subject_kind = models.TextField(default="")
    subject_id = models.BigIntegerField(null=True)
    text = models.TextField(default="")
    body = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    state = models.TextField(default="waiting")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["gateway", "next_at"], name="notices_delivery_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["state", "-id"], name="notices_delivery_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sent", "given_up", "void"]), name="notices_delivery_states"
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", ended_at=None)
                | ~models.Q(state="waiting") & ~models.Q(ended_at=None),
                name="notices_delivery_ended",
            ),
        ]


class Channel(models.Model):
    """How a destination (a gateway, or one subscription) is doing: while it fails, one delivery at a time is tried, at
    `next_at`, and the others wait untouched."""

    code = models.TextField(primary_key=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    last_sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()


class Address(models.Model):
    """The duty mailbox of a unit, or of one role in it (empty: all). A mailbox that was taken out stays as an empty one."""

    unit_id = models.BigIntegerField()
    role = models.TextField(default="")
    email = models.TextField(default="")
    changed_at = models.DateTimeField()
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit_id", "role"], name="notices_address_once"),
            models.CheckConstraint(
                condition=models.Q(email="") | models.Q(email__regex=r"^[^@\s]+@[^@\s]+$"), name="notices_address_form"
            ),
        ]


class Preference(models.Model):
    """How the posts of a role in a unit want to hear of a step, besides the page."""

    unit_id = models.BigIntegerField()
    role = models.TextField()
    step = models.TextField()
    mode = models.TextField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit_id", "role", "step"], name="notices_preference_once"),
            models.CheckConstraint(
                condition=models.Q(mode__in=["now", "digest", "none"]), name="notices_preference_mode"
            ),
        ]


class Subscription(models.Model):
    """Another system that is told of steps: of these kinds (none: all), in this region and below (empty: the city). Its
    keys are made out of the installation's secret and `key_number`; the one before signs too for a while."""

    name = models.TextField()
    url = models.TextField()
    kinds = models.JSONField(default=list)
    scope_code = models.TextField(default="")
    key_number = models.IntegerField(default=1)
    key_changed_at = models.DateTimeField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
