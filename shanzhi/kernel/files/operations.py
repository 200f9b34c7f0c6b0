"""Taking evidence in: first into the store, then, in the transaction of the step that it belongs to, onto a subject."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import QuerySet

from shanzhi.core.text import msg
from shanzhi.kernel.files import policy
from shanzhi.kernel.files.cleaning import clean_picture, clean_video
from shanzhi.kernel.files.models import Attachment, Blob
from shanzhi.kernel.files.policy import MP4, PICTURES, StoredFile, StoreUnavailable, preview_key, storage_key

log = logging.getLogger(__name__)

_BLOBS = (
    "INSERT INTO files_blob (sha256, media_type, size, width, height, stored_at)"
    " SELECT DISTINCT ON (sha256) * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::integer[], %s::integer[],"
    " %s::timestamptz[]) AS given(sha256, media_type, size, width, height, stored_at) ORDER BY sha256"
    " ON CONFLICT (sha256) DO NOTHING"
)
# The number is drawn first: RETURNING would need the right to read the row, which its writer may not have. The lock
# keeps `bytes_remove` from taking away bytes that are being attached.
_LOCK = 370_601
_NUMBERS = (
    "SELECT nextval('files_attachment_id_seq'), pg_advisory_xact_lock_shared(%s, hashtext(s))"
    " FROM unnest(%s::text[]) AS s"
)
_ATTACHMENT = (
    "INSERT INTO files_attachment (id, subject_kind, subject_id, scope_code, blob_id, name, position, purpose,"
    " shown_to_reporter, added_by_post, added_at, lat, lon, datum, taken_at)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class Readable(Protocol):
    """An upload, or any file that is open for reading."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes."""


def store(*, data: bytes | Readable, name: str, now: datetime, office: bool = False) -> StoredFile:
    """Check a file, clean it and put it into the store under the hash of what is kept; twice the same is once.

    No row is written: until `attach` it is an orphan, which does no harm. Pictures lose all metadata (their place and
    time are returned first), videos their descriptive boxes; papers are kept as they came. `office`: takes DOCX, XLSX and
    plain text too.

    Raises:
        FileTooLarge, TooManyPixels, FileRefused: with a sentence that says what to do.
        StoreUnavailable: the disk is full or can't be written.
    """
    content = data if isinstance(data, bytes) else data.read(policy.MAX_BYTES + 1)
    policy.check_size(len(content))
    media_type = (policy.office_type_of(content) if office else None) or policy.media_type_of(content)
    kept_name = policy.name_kept(name, media_type)
    if media_type in PICTURES:
        picture = clean_picture(content, media_type, now=now)
        sha256 = _keep(picture.data)
        _write(preview_key(sha256), picture.preview)
        return StoredFile(
            sha256=sha256,
            media_type=media_type,
            size=len(picture.data),
            name=kept_name,
            width=picture.width,
            height=picture.height,
            place=picture.place,
            taken_at=picture.taken_at,
        )
    if media_type == MP4:
        content = clean_video(content)
    return StoredFile(sha256=_keep(content), media_type=media_type, size=len(content), name=kept_name)


def _keep(data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    _write(storage_key(sha256), data)
    return sha256


def _write(key: str, data: bytes) -> None:
    evidence = storages["evidence"]
    try:
        if evidence.exists(key) and evidence.size(key) == len(data):
            return
        name = evidence.save(key, ContentFile(data))
    except OSError as error:
        # Without the path, which the error has: the keeper needs the reason, and the file's name is its content's hash.
        log.error("the store of evidence can't be written: %s", error.strerror)
        raise StoreUnavailable(
            msg("照片和附件暂时存不下，没有提交。请过一会儿再试，或者先不带附件提交，以后再补充。")
        ) from error
    if name != key:
        raise RuntimeError('the store "evidence" renames files; it must keep the name that it is given')


def attach(
    *,
    subject_kind: str,
    subject_id: int,
    scope_code: str,
    stored: Sequence[StoredFile],
    purpose: str,
    post_id: int | None,
    now: datetime,
    shown_to_reporter: bool,
) -> list[int]:
    """Put stored files onto a subject, in their order; returns the attachments' numbers.

    Call it inside the transaction of the step, which journals them. `purpose` is one of policy.PURPOSES; `post_id`
    is None for what a resident sends. 2 statements and one for each file; nothing for no file.

    Raises:
        TooManyFiles: more than nine.
    """
    policy.check_count(len(stored))
    if not stored:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [_LOCK, [file.sha256 for file in stored]])
        numbers = [int(row[0]) for row in cursor.fetchall()]
        columns = [(file.sha256, file.media_type, file.size, file.width, file.height, now) for file in stored]
        cursor.execute(_BLOBS, [list(column) for column in zip(*columns, strict=True)])
        common = (purpose, shown_to_reporter, post_id, now)
        for position, (number, file) in enumerate(zip(numbers, stored, strict=True), start=1):
            subject = (number, subject_kind, subject_id, scope_code)
            cursor.execute(_ATTACHMENT, [*subject, file.sha256, file.name, position, *common, *_origin(file)])
    return numbers


def _origin(file: StoredFile) -> tuple[float | None, float | None, str | None, datetime | None]:
    if file.place is None:
        return (None, None, None, file.taken_at)
    return (file.place.lat, file.place.lon, "WGS84", file.taken_at)


@dataclass(frozen=True, slots=True)
class LetGo:
    """Files taken off a subject: how many, and the hashes of those that nobody else needs."""

    taken: int
    unused: tuple[str, ...]


@transaction.atomic
def let_go(*, subject_kind: str, subject_id: int, purpose: str) -> LetGo:
    """Take a subject's files of one purpose off it, for good.

    The bytes are still in the store: hand `unused` to `bytes_remove` once this has committed. Worker's role.
    """
    return _taken_off(Attachment.objects.filter(subject_kind=subject_kind, subject_id=subject_id, purpose=purpose))


@transaction.atomic
def retire(*, attachment_id: int) -> LetGo:
    """Take one file off its subject, whose time of retention is over; the rest as `let_go`. Worker's role, and only what the
    policy of the slice that keeps it lets go."""
    return _taken_off(Attachment.objects.filter(pk=attachment_id))


def _taken_off(rows: QuerySet[Attachment]) -> LetGo:
    hashes = sorted(set(rows.values_list("blob_id", flat=True)))
    taken, _ = rows.delete()
    unused = Blob.objects.filter(pk__in=hashes).exclude(
        pk__in=Attachment.objects.filter(blob_id__in=hashes).values("blob_id")
    )
    gone = tuple(unused.order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        # The foreign key is the guard; Django would read whole attachments to ask the same, which the worker may not.
        cursor.execute("DELETE FROM files_blob WHERE sha256 = ANY (%s)", [list(gone)])
    return LetGo(taken, gone)


@transaction.atomic
def bytes_remove(*, hashes: Sequence[str]) -> int:
    """Remove these files from the store, previews too, unless somebody has handed the same content in again meanwhile;
    returns how many went. Safe to repeat. Worker's role."""
    evidence, removed = storages["evidence"], 0
    for sha256 in sorted(hashes):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, sha256])
        if Blob.objects.filter(pk=sha256).exists():
            continue
        evidence.delete(preview_key(sha256))
        evidence.delete(storage_key(sha256))
        removed += 1
    return removed
