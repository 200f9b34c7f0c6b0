"""Tables of evidence: the objects, what they serve, their words. Written by `operations` alone; contents lie in the store."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

SOURCES = ["matter", "figure", "hand", "visit"]
USES = ["item", "value", "visit", "drive"]


def _code(length: int) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=length, db_collation="C")


class Evidence(models.Model):
    """An object: what it is, where it came from, who keeps it until when. The file is an attachment of its source (a matter,
    a typed-in value) or its own; once its time is over the file goes, hash and row stay.

    `scope_code` is the place as of the day on which it arose; `title` is masked, the journal commits to it by `salt`.
    `picture` is a difference hash, `signature` a MinHash of the words (policy/likeness.py).
    """

    sha256 = _code(64)
    media_type = models.TextField()
    size = models.BigIntegerField()
    type = _code(20)
    project = _code(40)
    year = models.SmallIntegerField()
    title = models.CharField(max_length=200)
    salt = models.BinaryField()
    source = _code(10)
    source_id = models.BigIntegerField(default=0)
    source_key = models.CharField(max_length=60, default="")
    attachment_id = models.BigIntegerField(unique=True)
    region_id = models.BigIntegerField()
    scope_code = _code(15)
    arose_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    lat = models.DecimalField(max_digits=8, decimal_places=6, null=True)
    lon = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    unit_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    keep_until = models.DateField(null=True)
    keep_ground = models.CharField(max_length=200)
    gone_at = models.DateTimeField(null=True)
    steps = models.IntegerField(default=1)
    marked_at = models.DateTimeField(null=True)
    picture = models.BigIntegerField(null=True)
    signature = ArrayField(models.IntegerField(), null=True)

    class Meta:
        db_table = "evidence_object"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="evidence_object_sha256"),
            models.Index(fields=["source", "source_id"], name="evidence_object_source"),
            models.Index(fields=["year", "project", "-id"], name="evidence_object_year"),
            models.Index(
                fields=["keep_until"],
                condition=Q(gone_at__isnull=True, keep_until__isnull=False),
                name="evidence_object_keep_until",
            ),
            models.Index(
                fields=["id"],
                condition=Q(marked_at__isnull=True, gone_at__isnull=True),
                name="evidence_object_unmarked",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="evidence_object_sha256_is_hex"),
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="evidence_object_source_is_known"),
            models.CheckConstraint(
                condition=Q(gone_at__isnull=True) | Q(keep_until__isnull=False), name="evidence_object_gone_by_date"
            ),
        ]


class Use(models.Model):
    """An object serves something, or (`is_on` false) does no longer: the last row of a kind, subject, key and place counts.

    `subject`: a round's uid, the number of a visit, a drive or a value; `key` an indicator's, `place` a code. Added by a post,
    or by the background (both 0) where daily work says it.
    """

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = _code(10)
    subject = _code(64)
    key = _code(40)
    place = _code(15)
    is_on = models.BooleanField()
    unit_id = models.BigIntegerField(default=0)
    post_id = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "evidence_use"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["evidence", "id"], name="evidence_use_of"),
            models.Index(fields=["key", "evidence"], name="evidence_use_key"),
            models.Index(fields=["kind", "subject"], name="evidence_use_subject"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=USES), name="evidence_use_kind_is_known"),
            models.CheckConstraint(condition=~Q(subject="") | ~Q(key=""), name="evidence_use_names_something"),
        ]


class Words(models.Model):
    """The words by which an object is found: of its title, its place and its content, masked. No role of the web reads them."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, primary_key=True, related_name="+")
    words = SearchVectorField()

    class Meta:
        db_table = "evidence_words"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [GinIndex(fields=["words"], name="evidence_words_words")]
