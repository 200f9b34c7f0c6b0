"""Tables of rounds: the round, its cities with their states, scores, claims, duties, signatures; returns, objections and
findings as both sides keep them. Written by `operations` alone.

Months are whole numbers `yyyymm`; SHA-256 stand in hexadecimal. Foreign keys to a `RoundCity` have no way back.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

STATES = [
    "invited", "joined", "evaluating", "locked", "sent", "received", "scored", "returned", "through", "spot_checked",
    "final", "withdrawn",
]  # fmt: skip


def _code(length: int = 15, **more: object) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=length, db_collation="C", **more)  # type: ignore[arg-type]


class Round(models.Model):
    """An assessment: guideline, period, calendar. Never changed. `is_ours`: opened here; else it came by the letter
    `letter_uid`. `announced`: draws announced before they can be known."""

    uid = models.UUIDField(unique=True)
    name = models.CharField(max_length=100)
    kind = _code(8)
    guideline_code = _code(40)
    guideline_version = models.SmallIntegerField()
    guideline_sha256 = _code(64)
    guideline_text = models.TextField()
    first = models.IntegerField()
    last = models.IntegerField()
    opened_on = models.DateField()
    self_until = models.DateField()
    province_until = models.DateField()
    centre_until = models.DateField()
    objections_until = models.DateField()
    organiser_code = _code()
    organiser_name = models.CharField(max_length=100)
    is_ours = models.BooleanField()
    letter_uid = models.UUIDField(null=True)
    announced = models.JSONField(default=list)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["trial", "real"]), name="rounds_round_kind"),
            models.CheckConstraint(
                condition=Q(first__lte=models.F("last"))
                & Q(opened_on__lte=models.F("self_until"))
                & Q(self_until__lte=models.F("province_until"))
                & Q(province_until__lte=models.F("centre_until"))
                & Q(centre_until__lte=models.F("objections_until")),
                name="rounds_round_calendar",
            ),
        ]


class RoundCity(models.Model):
    """A city in a round. In the city's own installation the one row of its rounds, at the organiser's one for each city.

    `submission` counts from 1 how often it was locked; `reason` is that of the last move, masked.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")
    city_code = _code()
    name = models.CharField(max_length=100)
    state = _code(12)
    since = models.DateTimeField()
    steps = models.IntegerField(default=1)
    submission = models.IntegerField(default=0)
    reason = models.CharField(max_length=1000, default="")
    until_on = models.DateField(null=True)
    locked_sha256 = _code(64, default="")
    pack_sha256 = _code(64, default="")

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "city_code"], name="rounds_city_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="rounds_city_state"),
        ]
        db_table = "rounds_city"


class Score(models.Model):
    """An item's score by one level. A later one is a new row; the one before stays, no longer the last.

    `value` is the figure's state (`indicators.policy.values.State`); without points there is none, or nothing is scored.
    `reason`: why it differs from the level before, or, of a computed item's self-score, what the city objects to in the
    computation. `words` are the item's own, masked. `typed` counts the fields that were typed in for the round: 0 for
    whatever is computed or was typed in by daily work. `post_id` is None where the background computed it.
    """

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    project = _code(40)
    key = _code(40)
    stage = _code(8)
    number = models.IntegerField()
    is_last = models.BooleanField(default=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    value = _code(16)
    points = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    most = models.DecimalField(max_digits=9, decimal_places=2)
    is_vetoed = models.BooleanField(default=False)
    reason = models.CharField(max_length=4000, default="")
    words = models.CharField(max_length=4000, default="")
    salt = models.BinaryField(default=bytes)
    typed = models.SmallIntegerField(default=0)
    unit_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    staff_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round_city", "key", "stage", "number"], name="rounds_score_once"),
            models.UniqueConstraint(
                fields=["round_city", "key", "stage"], condition=Q(is_last=True), name="rounds_score_one_last"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["self", "province", "centre"]) & Q(typed__gte=0) & Q(number__gte=1),
                name="rounds_score_stage",
            ),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__lte=models.F("most")), name="rounds_score_most"
            ),
        ]


class Claim(models.Model):
    """A project that a city claims as special (重点创); its practice papers are attached files."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    project = _code(40)
    words = models.CharField(max_length=4000)
    salt = models.BinaryField(default=bytes)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round_city", "project"], condition=Q(ended_at__isnull=True), name="rounds_claim_once"
            )
        ]


class Duty(models.Model):
    """Who owes a project's part: a unit, in it a role; which post signs it off, by when. An empty project is the whole."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    city_code = _code()
    project = _code(40)
    unit_id = models.BigIntegerField()
    role = _code(40)
    signer_post_id = models.BigIntegerField()
    due_on = models.DateField()
    given_at = models.DateTimeField()
    is_last = models.BooleanField(default=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["unit_id", "is_last"], name="rounds_duty_unit")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round_city", "project"], condition=Q(is_last=True), name="rounds_duty_one_last"
            )
        ]


class Signed(models.Model):
    """A project signed off by a named post, as of a submission; ended when something of it changed since. An empty
    project is the whole, signed by the head. `sha256` of what was signed."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    project = _code(40)
    submission = models.IntegerField()
    sha256 = _code(64)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    signed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round_city", "project", "submission"],
                condition=Q(ended_at__isnull=True),
                name="rounds_signed_once",
            )
        ]


class Return(models.Model):
    """An item that the province returned, with its reason: of the submission that was returned. Nothing else is open again."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    submission = models.IntegerField()
    key = _code(40)
    reason = models.CharField(max_length=1000)
    unit_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    returned_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round_city", "submission", "key"], name="rounds_return_once")
        ]


class Objection(models.Model):
    """A city objects to a score by a deadline; whoever gave it decides. The same row on both sides, by its uid."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    uid = models.UUIDField(unique=True)
    key = _code(40)
    stage = _code(8)
    words = models.CharField(max_length=4000)
    salt = models.BinaryField(default=bytes)
    unit_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    staff_id = models.BigIntegerField(null=True)
    objected_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    state = _code(10)
    decision = models.CharField(max_length=4000, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by_post = models.BigIntegerField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | Q(state__in=["upheld", "declined"], decided_at__isnull=False),
                name="rounds_objection_state",
            ),
            models.UniqueConstraint(
                fields=["round_city", "key", "stage"], condition=Q(state="open"), name="rounds_objection_one_open"
            ),
        ]


class Finding(models.Model):
    """What a check found about an item, at a place. In the city's installation it becomes a matter of kind `finding`; its
    number stands above once the city told that it is closed."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    uid = models.UUIDField(unique=True)
    key = _code(40)
    stage = _code(8)
    region_code = _code()
    place = models.CharField(max_length=200, default="")
    words = models.CharField(max_length=4000)
    due_on = models.DateField()
    unit_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    found_at = models.DateTimeField()
    matter_id = models.BigIntegerField(null=True)
    matter_number = _code(20, default="")

    class Meta:
        default_permissions: ClassVar = ()


class Behind(models.Model):
    """The matters behind a computed item, where the city's running catalogue hasn't the guideline's formula: ids ascending,
    at most a thousand (`is_capped`), and what each adds to numerator and denominator."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    key = _code(40)
    matters = ArrayField(models.BigIntegerField())
    numerators = ArrayField(models.BigIntegerField())
    denominators = ArrayField(models.BigIntegerField())
    is_capped = models.BooleanField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["round_city", "key"], name="rounds_behind_once")]


class Build(models.Model):
    """A pack that is being built, or was: of a submission, so far of so many parts; where it lies once it is whole."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    submission = models.IntegerField()
    state = _code(8)
    part = models.CharField(max_length=100, default="")
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    sha256 = _code(64, default="")
    size = models.BigIntegerField(default=0)
    letter_uid = models.UUIDField(null=True)
    error = models.CharField(max_length=1000, default="")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    unit_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="rounds_build_state"
            ),
            models.UniqueConstraint(
                fields=["round_city"], condition=Q(state__in=["waiting", "running"]), name="rounds_build_one_open"
            ),
        ]


# What the organiser's installation alone keeps. Which person stands behind a row (`staff_id`) is never listed: it is compared
# when somebody is named or acts.
_STAGE = Q(stage__in=["province", "centre"])


class Member(models.Model):
    """A post in a round's team of a stage, until `ended_at`."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")
    stage = _code(8)
    post_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    named_by_post = models.BigIntegerField()
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=_STAGE, name="rounds_member_stage"),
            models.UniqueConstraint(
                fields=["round", "stage", "post_id"], condition=Q(ended_at__isnull=True), name="rounds_member_once"
            ),
        ]


class Tie(models.Model):
    """A region in which a member of staff worked, as declared by themselves: read by them, and by nobody else as a row."""

    staff_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    region_code = _code()
    until_on = models.DateField(null=True)
    declared_at = models.DateTimeField()
    salt = models.BinaryField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff_id", "region_code", "until_on"], nulls_distinct=False, name="rounds_tie_once"
            )
        ]


class Receipt(models.Model):
    """A pack that was received for a submission: its hash, what its check found (`faults`, sentences), the figures that were
    computed again from its facts (`recomputed`: item → [numerator, denominator])."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    submission = models.IntegerField()
    letter_uid = models.UUIDField(unique=True)
    sha256 = _code(64)
    program = models.CharField(max_length=100, default="")
    faults = models.JSONField(default=list)
    recomputed = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round_city", "submission"], name="rounds_receipt_once")
        ]


class Check(models.Model):
    """A pack that came, and what its check said: `waiting`, then `passed` (it is taken in) or `refused` with its faults as
    sentences (`more`: how many beyond those). `letter_id` is the number of the kept letter, `seed` that of its sample."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    letter_id = models.BigIntegerField(unique=True)
    sha256 = _code(64)
    state = _code(8)
    faults = models.JSONField(default=list)
    more = models.IntegerField(default=0)
    seed = _code(40, default="")
    came_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="waiting", checked_at__isnull=True)
                | Q(state__in=["passed", "refused"], checked_at__isnull=False),
                name="rounds_check_state",
            ),
        ]


class Look(models.Model):
    """A piece of evidence or a matter that an assessor looked at for an item, and what came of it."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    key = _code(40)
    stage = _code(8)
    kind = _code(8)
    reference = models.CharField(max_length=100)
    is_right = models.BooleanField()
    words = models.CharField(max_length=1000, default="")
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    looked_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=_STAGE & Q(kind__in=["evidence", "matter"]), name="rounds_look_kind"),
        ]


class Visit(models.Model):
    """A check on site: item, place, time, what was counted there (`numerator` of `denominator`), whether it contradicts what
    the city says. `uid` is made on the phone, so that what is sent twice is kept once."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    uid = models.UUIDField(unique=True)
    key = _code(40)
    stage = _code(8)
    region_code = _code()
    place = models.CharField(max_length=200)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    words = models.CharField(max_length=4000)
    salt = models.BinaryField()
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    contradicts = models.BooleanField()
    visited_at = models.DateTimeField()
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    kept_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["round_city", "key"], name="rounds_visit_item")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=_STAGE, name="rounds_visit_stage"),
            models.CheckConstraint(
                condition=Q(numerator__isnull=True, denominator__isnull=True) | Q(numerator__gte=0, denominator__gte=1),
                name="rounds_visit_counts",
            ),
            models.CheckConstraint(
                condition=Q(numerator__isnull=True) | Q(numerator__lte=models.F("denominator")),
                name="rounds_visit_share",
            ),
        ]


class Closing(models.Model):
    """A finding that came back closed: by the city's matter, as its letter or somebody's typed reference says."""

    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=100)
    words = models.CharField(max_length=1000)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    closed_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()


class Result(models.Model):
    """A city on a published list: `total` with bonus, whether it passes, how many vetoes. A later list is a new row."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    is_last = models.BooleanField(default=True)
    total = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    bonus = models.DecimalField(max_digits=9, decimal_places=2)
    vetoes = models.IntegerField()
    passes = models.BooleanField()
    pass_at = models.DecimalField(max_digits=5, decimal_places=2)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round_city", "number"], name="rounds_result_once"),
            models.UniqueConstraint(fields=["round_city"], condition=Q(is_last=True), name="rounds_result_one_last"),
        ]


class Practice(models.Model):
    """A claimed project that is put on the list of best practices, and why."""

    round_city = models.ForeignKey(RoundCity, on_delete=models.PROTECT, related_name="+")
    project = _code(40)
    words = models.CharField(max_length=1000)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    named_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["round_city", "project"], name="rounds_practice_once")]
