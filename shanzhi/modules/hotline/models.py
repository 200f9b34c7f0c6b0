"""Calls with their sealed drafts, and knowledge items in all their versions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Call(models.Model):
    """One call at one desk. While it runs, what was typed lies in `sealed`; afterwards there is nothing but its ending."""

    ref = models.UUIDField(unique=True)
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(
        "organisation.Staff", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    """Who took the call and alone reads its draft; None: a ring that nobody has opened, or an ended call."""
    rung = models.BooleanField(default=False)
    ring_hash = models.BinaryField(max_length=32, null=True)
    """The hash of the exchange's name for the ring, which several desks may share until one of them takes it."""
    taken_at = models.DateTimeField(null=True)
    """When the desk opened it; None: a ring that nobody has answered yet, kept for minutes only."""
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(db_collation="C", max_length=12, default="")
    matter = models.ForeignKey("matters.Matter", on_delete=models.PROTECT, related_name="+", null=True)
    sealed = models.BinaryField(default=b"")
    steps = models.IntegerField(default=0)

    objects: ClassVar[models.Manager["Call"]] = models.Manager()

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(
                fields=["post", "-opened_at"], name="hotline_call_open", condition=models.Q(("ended_at", None))
            ),
            models.Index(fields=["post", "ended_at"], name="hotline_call_day"),
            models.Index(
                fields=["ring_hash"], name="hotline_call_ring", condition=models.Q(("ring_hash__isnull", False))
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="hotline_call_ends_whole",
                condition=models.Q(ended_at__isnull=True, ending="", matter__isnull=True)
                | (models.Q(ended_at__isnull=False, sealed=b"") & ~models.Q(ending="")),
            ),
            models.CheckConstraint(
                name="hotline_call_nobody_s_when_ended",
                condition=models.Q(ended_at__isnull=True) | models.Q(staff__isnull=True),
            ),
        )


class KnowledgeVersion(models.Model):
    """One version of a knowledge item. Versions are only added: an edit is taken back by a later one."""

    code = models.CharField(db_collation="C", max_length=40)
    version = models.IntegerField()
    title = models.TextField()
    answer = models.TextField()
    categories = ArrayField(models.CharField(db_collation="C", max_length=60), default=list)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    ground = models.TextField(default="", db_default="")
    is_sample = models.BooleanField(default=False, db_default=False)
    is_withdrawn = models.BooleanField(default=False)
    is_newest = models.BooleanField(default=True)
    words = SearchVectorField()
    made_at = models.DateTimeField()
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar[models.Manager["KnowledgeVersion"]] = models.Manager()

    class Meta:
        default_permissions = ()
        indexes = (
            GinIndex(fields=["words"], name="hotline_knowledge_words"),
            models.Index(fields=["code"], name="hotline_knowledge_list", condition=models.Q(("is_newest", True))),
        )
        constraints = (
            models.UniqueConstraint(fields=("code", "version"), name="hotline_knowledge_once"),
            models.UniqueConstraint(
                fields=("code",), condition=models.Q(("is_newest", True)), name="hotline_knowledge_newest"
            ),
            models.CheckConstraint(
                name="hotline_knowledge_days",
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("valid_from")),
            ),
        )


class Extension(models.Model):
    """Which desk answers an extension of the exchange."""

    extension = models.CharField(max_length=20, unique=True, db_collation="C")
    post = models.ForeignKey("organisation.Post", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager["Extension"]] = models.Manager()

    class Meta:
        default_permissions = ()


class RingSeen(models.Model):
    """A ring that came already, by the hash of its name: sent again, it does nothing."""

    event_hash = models.BinaryField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["RingSeen"]] = models.Manager()

    class Meta:
        default_permissions = ()
