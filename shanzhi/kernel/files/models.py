"""Tables of evidence: what lies in the store, and what it belongs to. Rows are written by `operations` alone."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Blob(models.Model):
    """A file by its content: `sha256` in hex over the bytes as kept. It says nothing about whose it is."""

    sha256 = models.TextField(primary_key=True, db_collation="C")
    media_type = models.TextField()
    size = models.BigIntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "files_blob"
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="files_blob_sha256_is_hex"),
            models.CheckConstraint(condition=Q(size__gt=0), name="files_blob_size_is_positive"),
        ]


class Attachment(models.Model):
    """A file on a subject (a matter, a reply): what for, from which post, shown to the reporter or not.

    `lat` and `lon` are degrees in `datum`, read from the picture before it was cleaned; `scope_code` is the subject's.
    """

    id = models.BigAutoField(primary_key=True)
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    scope_code = models.TextField(db_collation="C")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.TextField()
    position = models.SmallIntegerField()
    purpose = models.TextField()
    shown_to_reporter = models.BooleanField()
    added_by_post = models.BigIntegerField(null=True)
    added_at = models.DateTimeField()
    lat = models.DecimalField(max_digits=8, decimal_places=6, null=True)
    lon = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    datum = models.TextField(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "files_attachment"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_id", "id"], name="files_attachment_subject")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(purpose__in=["evidence", "report", "reply"]), name="files_attachment_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lon__isnull=True, datum__isnull=True)
                | Q(lat__range=(-90, 90), lon__range=(-180, 180), datum="WGS84"),
                name="files_attachment_place_is_whole",
            ),
        ]
