"""The matter and what belongs to it. Free text here is masked; originals are in the vault.

Row-level security on every table is in the migrations; a matter is visible to a post by its ranges, by the part that
its unit takes, or while it waits in the post's intake scope, and to a reporter by the follow code.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q


class Matter(models.Model):
    """事项: anything that has to end. The row holds what is true now; the journal holds how it came about.

    `region_code` is the code of the report and never changes; `scope_code` is where it is today. `version` counts
    changes of state (a screen that shows an older one may not act), `steps` counts journal entries.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=20, unique=True, db_collation="C")
    kind = models.CharField(max_length=40, db_collation="C")
    kind_version = models.SmallIntegerField()
    stage = models.CharField(max_length=40, db_collation="C")
    result = models.CharField(max_length=40, null=True, db_collation="C")
    channel = models.CharField(max_length=20, db_collation="C")
    source = models.CharField(max_length=40, null=True, db_collation="C")
    source_number = models.CharField(max_length=80, null=True, db_collation="C")
    title = models.TextField()
    body = models.TextField()
    salt = models.BinaryField()
    category = models.CharField(max_length=60, db_collation="C")
    region = models.ForeignKey("organisation.Region", on_delete=models.PROTECT, related_name="+", db_index=False)
    region_code = models.CharField(max_length=15, db_collation="C")
    scope_code = models.CharField(max_length=15, db_collation="C")
    place_text = models.TextField(default="")
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    reported_at = models.DateTimeField()
    stage_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    intake_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    holder_unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    in_intake = models.BooleanField(default=True)
    counts = models.JSONField(default=dict)
    solved = models.BooleanField(null=True)
    satisfied = models.SmallIntegerField(null=True)
    public_consent = models.BooleanField(default=False)
    follow_hash = models.CharField(max_length=64, db_collation="C")
    version = models.IntegerField(default=1)
    steps = models.IntegerField(default=1)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["stage", "due_at", "id"], name="matters_matter_stage", condition=Q(ended_at=None)),
            models.Index(fields=["due_at", "id"], name="matters_matter_due", condition=Q(ended_at=None)),
            models.Index(fields=["scope_code", "due_at"], name="matters_matter_intake", condition=Q(in_intake=True)),
            models.Index(fields=["scope_code", "id"], name="matters_matter_scope"),
            models.Index(fields=["holder_unit", "due_at"], name="matters_matter_holder", condition=Q(ended_at=None)),
            models.Index(
                fields=["holder_unit", "stage", "due_at", "id"],
                include=["warn_at", "scope_code"],
                condition=Q(ended_at=None),
                name="matters_matter_desk",
            ),
            models.Index(fields=["category", "scope_code", "reported_at"], name="matters_matter_like"),
            models.Index(fields=["follow_hash"], name="matters_matter_follow"),
            models.Index(fields=["-reported_at", "-id"], name="matters_matter_newest"),
            # Holds all that is counted of open matters (`matters_tally`), so that the rows aren't read.
            models.Index(
                fields=["scope_code"],
                include=[
                    *("holder_unit", "category", "kind", "stage", "due_at", "warn_at", "stage_since", "reported_at"),
                    "counts",
                ],
                condition=Q(ended_at=None),
                name="matters_matter_open",
            ),
            models.Index(fields=["stage_since"], condition=Q(ended_at=None), name="matters_matter_idle"),
            # Holds all that is counted of what ended (`matters_ended`, `matters_took`).
            models.Index(
                fields=["ended_at"],
                include=["scope_code", "result", "solved", "reported_at", "kind", "category", "channel", "id"],
                condition=Q(ended_at__isnull=False),
                name="matters_matter_ended",
            ),
            # What few matters have is found by them, and what many have by walking the list (`matters_search`).
            models.Index(fields=["kind"], name="matters_matter_kind"),
            models.Index(fields=["channel"], name="matters_matter_channel"),
            models.Index(fields=["stage"], name="matters_matter_any_stage"),
            models.Index(fields=["solved"], name="matters_matter_solved"),
            models.Index(fields=["holder_unit"], condition=Q(holder_unit__isnull=False), name="matters_matter_held"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "source_number"], name="matters_matter_source", condition=Q(source__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(source__isnull=True, source_number__isnull=True)
                | Q(source__isnull=False, source_number__isnull=False),
                name="matters_matter_source_whole",
            ),
            # A matter either ended with a result and has no clock and no holder, or it is open and has a clock.
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, result__isnull=True, due_at__isnull=False)
                | Q(ended_at__isnull=False, result__isnull=False, due_at__isnull=True, holder_unit__isnull=True),
                name="matters_matter_open_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="matters_matter_point",
            ),
            models.CheckConstraint(
                condition=Q(satisfied=None) | Q(satisfied__range=(1, 5)), name="matters_matter_score"
            ),
            models.CheckConstraint(condition=Q(steps__gte=F("version")), name="matters_matter_counters"),
        ]


class MatterPlace(models.Model):
    """Which place (场所) a matter is about, where one was chosen. Beside the matter: most name none."""

    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, related_name="+", primary_key=True)
    place = models.ForeignKey("organisation.Place", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "matters_place"
        default_permissions: ClassVar = ()


class Participant(models.Model):
    """A unit that takes, or took, part in a matter: it keeps seeing it. Written before the matter is handed over."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    part = models.CharField(max_length=20, db_collation="C")
    since = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["unit", "matter"], name="matters_participant_unit")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "unit"], name="matters_participant_once"),
            models.CheckConstraint(
                condition=Q(part__in=["holder", "past_holder", "receiver", "caller"]), name="matters_participant_part"
            ),
        ]


class Assignment(models.Model):
    """派单: a unit's share of a matter, as lead (主办) or co-handler (协办), with its own state.

    `post` has it in hand: who took it, or to whom it was handed over; `fell_from` the post whose holder left it behind.
    `ground` tells why it was given back. A co-handler's share has its own promise (`due_at` and what it rests on, as of its
    clock; only the calendar moves it, and the journal tells), and `result_step` is the journal entry with which it ended:
    the result, the return, or why the lead waits no longer (`excused`).
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    part = models.CharField(max_length=10, db_collation="C")
    state = models.CharField(max_length=10, db_collation="C")
    assigned_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        "organisation.Staff", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    fell_from = models.ForeignKey(
        "organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    ground = models.CharField(max_length=60, default="", db_default="", db_collation="C")
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    limit_text = models.CharField(max_length=20, default="", db_default="")
    calendar_version = models.CharField(max_length=80, default="", db_default="")
    is_provisional = models.BooleanField(default=False, db_default=False)
    result_step = models.IntegerField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["matter"],
                name="matters_assignment_fell",
                condition=Q(ended_at=None, fell_from__isnull=False) | Q(ground="vacant.unit"),
            ),
            models.Index(fields=["unit", "matter"], name="matters_assignment_unit", condition=Q(ended_at=None)),
            models.Index(fields=["unit", "matter"], name="matters_assignment_back", condition=Q(state="returned")),
            models.Index(
                fields=["post", "matter"],
                name="matters_assignment_post",
                condition=Q(ended_at=None, post__isnull=False),
            ),
            # Who leads now or led at the end.
            models.Index(
                fields=["unit", "matter"],
                include=["id"],
                condition=Q(part="lead", state__in=["waiting", "taken", "done", "over"]),
                name="matters_assignment_leads",
            ),
            models.Index(
                fields=["matter", "-id"],
                include=["unit"],
                condition=Q(part="lead", state__in=["waiting", "taken", "done", "over"]),
                name="matters_assignment_led",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["matter", "unit"], name="matters_assignment_once", condition=Q(ended_at=None)
            ),
            models.UniqueConstraint(
                fields=["matter"], name="matters_assignment_one_lead", condition=Q(ended_at=None, part="lead")
            ),
            models.CheckConstraint(condition=Q(part__in=["lead", "co"]), name="matters_assignment_part"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "taken"], ended_at=None)
                | Q(state__in=["done", "returned", "moved", "over", "excused"], ended_at__isnull=False),
                name="matters_assignment_state",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None, warn_at=None) | Q(part="co", warn_at__lte=F("due_at")),
                name="matters_assignment_promise",
            ),
        ]


class Clock(models.Model):
    """A limit as it was promised, with the calendar's version: the stage's own (`code` empty), or one that runs through
    several stages. A promise never changes: an extension or a pause stops the row, and the next one of its code goes on.

    A clock that stands still has `paused_at` and is due when the pause ends. `course` tells what happened since it
    began (`clock.policy.Course`); `calendar` the code by which it is reckoned; `is_provisional` that a day of it lies in a
    year whose notice isn't out.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=40, db_collation="C")
    code = models.CharField(max_length=40, default="", db_default="", db_collation="C")
    limit_text = models.CharField(max_length=20)
    calendar_version = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    calendar = models.CharField(max_length=40, default="office", db_default="office", db_collation="C")
    is_provisional = models.BooleanField(default=False, db_default=False)
    course = models.JSONField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], name="matters_clock_paused", condition=Q(stopped_at=None, paused_at__isnull=False)
            ),
            models.Index(
                fields=["due_at"], name="matters_clock_unsure", condition=Q(stopped_at=None, is_provisional=True)
            ),
            # Whether what was promised was kept (`matters_took`).
            models.Index(
                fields=["matter", "code"],
                include=["started_at", "id", "due_at", "stopped_at"],
                condition=~Q(code=""),
                name="matters_clock_promise",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["matter", "code"], name="matters_clock_one_runs", condition=Q(stopped_at=None)
            ),
            models.CheckConstraint(condition=Q(warn_at__lte=F("due_at")), name="matters_clock_warns_first"),
        ]


class Ask(models.Model):
    """申请: something that a unit asks about a matter on its way, and what was decided about it, by whom, until when.

    `type` is the process's (`AskType`; empty for what was asked before there were several parties to it): it says who may
    decide. `post` is None where the reporter urged. `code` is the process file's; `clock` the one it is about (empty:
    all); `amount` what is asked for (a duration, or a day); `to_unit` decides. `step` is the journal entry in which it
    was asked: its words stand there.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, db_collation="C")
    type = models.CharField(max_length=20, default="", db_default="", db_collation="C")
    clock = models.CharField(max_length=40, default="", db_collation="C")
    amount = models.CharField(max_length=20, default="", db_collation="C")
    ground = models.CharField(max_length=60, default="", db_collation="C")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    staff = models.ForeignKey(
        "organisation.Staff", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    to_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.IntegerField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    limit_text = models.CharField(max_length=20)
    calendar_version = models.CharField(max_length=80)
    is_provisional = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=10, default="open", db_collation="C")
    decided_at = models.DateTimeField(null=True)
    decided_step = models.IntegerField(null=True)

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["to_unit", "due_at"], name="matters_ask_to", condition=Q(state="open")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["matter", "code"], name="matters_ask_once", condition=Q(state="open") & ~Q(type="urge_co")
            ),
            models.UniqueConstraint(
                fields=["matter", "code", "to_unit"], name="matters_ask_once_each", condition=Q(state="open")
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | Q(state__in=["granted", "declined", "dropped"], decided_at__isnull=False),
                name="matters_ask_decided",
            ),
        ]


class Rung(models.Model):
    """催办阶梯: which rung of the ladder was told of which clock, so that nobody is told twice; seen with the matter, which
    says by it why it reached somebody. Rungs below the one on which a clock stood have no row."""

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="+", db_index=False)
    rung = models.CharField(max_length=40, db_collation="C")
    told_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Rung"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["clock", "rung"], name="matters_rung_once")]


class Precedent(models.Model):
    """裁定先例: for this category and place the level above ruled that this unit leads. The newest holds; none is changed."""

    category = models.CharField(max_length=60, db_collation="C")
    region_code = models.CharField(max_length=15, db_collation="C")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    by_unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+", db_index=False)
    ruled_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["category", "region_code", "-ruled_at"], name="matters_precedent_newest")
        ]


class Remark(models.Model):
    """The words of a step (a reply, a note, a ground's explanation), masked; the step is a journal entry's number."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.IntegerField()
    part = models.CharField(max_length=20, db_collation="C")
    text = models.TextField()
    salt = models.BinaryField()
    for_reporter = models.BooleanField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["matter", "step", "part"], name="matters_remark_once")]


class Suggestion(models.Model):
    """What the background made of a new report, for the triage desk: categories, a unit, like matters near by."""

    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, related_name="+", primary_key=True)
    categories = models.JSONField()
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    similar = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()


class Link(models.Model):
    """A matter that is the same problem as another, its lead, and follows it (重复并单). One row each time it was linked.

    `stage` is where it was before, to which unlinking leads back. `asked`: its reporter was asked for a verdict on the
    lead's answer; the background keeps it.
    """

    id = models.BigAutoField(primary_key=True)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+", db_index=False)
    lead = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=40, db_collation="C")
    linked_at = models.DateTimeField()
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", db_index=False)
    unlinked_at = models.DateTimeField(null=True)
    asked = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[models.Manager["Link"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter"], condition=Q(unlinked_at=None), name="matters_link_one_lead"),
            models.CheckConstraint(condition=~Q(matter=F("lead")), name="matters_link_another"),
        ]


class Part(models.Model):
    """拆分: a matter that is one of the problems which another holds, its whole. `rejoined_at`: it went back into it."""

    id = models.BigAutoField(primary_key=True)
    whole = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, related_name="+")
    split_at = models.DateTimeField()
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", db_index=False)
    rejoined_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Part"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(matter=F("whole")), name="matters_part_another")]


class Words(models.Model):
    """The words by which a matter is found, of its masked texts. Written with it, read by the search function alone."""

    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, related_name="+", primary_key=True)
    words = SearchVectorField()
    tokeniser = models.SmallIntegerField()
    is_open = models.BooleanField(default=False, db_default=False)
    """Whether the matter is; kept by triggers, for the index of open lists."""

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            GinIndex(fields=["words"], name="matters_words_found"),
            GinIndex(fields=["words"], name="matters_words_open", condition=Q(is_open=True)),
        ]


class SavedView(models.Model):
    """A list that somebody wants again: a name and the query of its address, of one post and its holder alone."""

    post_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    saved_at = models.DateTimeField()

    objects: ClassVar[models.Manager["SavedView"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post_id", "staff_id", "name"], name="matters_savedview_once"),
            models.CheckConstraint(condition=~Q(name=""), name="matters_savedview_named"),
        ]


class Submission(models.Model):
    """A form or call that was carried out, by its sender's key: sent again, it is answered and not done again."""

    door = models.CharField(max_length=40, db_collation="C")
    key = models.UUIDField()
    fingerprint = models.BinaryField(max_length=32)
    matter_id = models.BigIntegerField()
    step = models.IntegerField()
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["door", "key"], name="matters_submission_once")]


class KindVersion(models.Model):
    """A process file as it was taken over: a running matter keeps the version that it started under."""

    code = models.CharField(max_length=40, db_collation="C")
    version = models.SmallIntegerField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    note = models.CharField(max_length=200, default="")
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["code", "version"], name="matters_kindversion_once")]


class RuleEdition(models.Model):
    """An edition of a section of the rule book that a city keeps itself (categories, calendar): its tables, whole."""

    section = models.CharField(max_length=40, db_collation="C")
    number = models.SmallIntegerField()
    tables = models.JSONField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=200, default="")
    made_at = models.DateTimeField()
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    objects: ClassVar[models.Manager["RuleEdition"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "number"], name="matters_ruleedition_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="matters_ruleedition_counted"),
        ]


class GoLive(models.Model):
    """From which day a version of a process (subject "kind:request") or an edition (subject its section) holds.

    Rows are only added: a later one undoes an earlier one.
    """

    subject = models.CharField(max_length=50, db_collation="C")
    number = models.SmallIntegerField()
    holds_from = models.DateField()
    decided_at = models.DateTimeField()
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    objects: ClassVar[models.Manager["GoLive"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["subject", "holds_from"], name="matters_golive_in_force")]


class DispatchVersion(models.Model):
    """A version of the dispatch catalogue: the day from which it holds; None in `live_at`: only a draft."""

    holds_from = models.DateField()
    note = models.TextField(default="")
    loaded_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    steps = models.IntegerField(default=2, db_default=2)
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar[models.Manager["DispatchVersion"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()


class DispatchRow(models.Model):
    """One case of a version: a category in a place, and the unit that it goes to (by code, or by kind and level)."""

    version = models.ForeignKey(DispatchVersion, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=60, db_collation="C")
    region_code = models.CharField(max_length=15, db_collation="C", default="")
    level = models.CharField(max_length=10, db_collation="C", default="")
    unit_code = models.CharField(max_length=80, db_collation="C", default="")
    unit_kind = models.CharField(max_length=60, db_collation="C", default="")
    limit_text = models.CharField(max_length=12, db_collation="C")
    ground = models.TextField()
    co_codes = ArrayField(models.CharField(max_length=80, db_collation="C"), default=list, db_default=[])
    edit = models.IntegerField(default=1, db_default=1)

    objects: ClassVar[models.Manager["DispatchRow"]] = models.Manager()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("version", "category", "region_code"), name="matters_dispatch_one_row_a_case"
            ),
            models.CheckConstraint(
                condition=Q(unit_kind="", level="") & ~Q(unit_code="")
                | Q(unit_code="", level__in=("city", "county", "township")) & ~Q(unit_kind=""),
                name="matters_dispatch_one_unit",
            ),
        ]
