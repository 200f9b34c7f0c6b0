"""Reading evidence: under row-level security, so that a file is visible exactly where its subject is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files.storage import storages
from django.db.models import QuerySet

from shanzhi.core.text import msg
from shanzhi.kernel.files.models import Attachment
from shanzhi.kernel.files.policy import PICTURES, FileMissing, Place, preview_key, storage_key

PREVIEW_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """A file on a subject as a page shows it; `size` in bytes, sides in pixels, `place` in WGS84."""

    id: int
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    purpose: str
    shown_to_reporter: bool
    added_by_post: int | None
    added_at: datetime
    place: Place | None
    taken_at: datetime | None
    sha256: str

    @property
    def is_picture(self) -> bool:
        """Whether it has a preview and can be shown on a page."""
        return self.media_type in PICTURES


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is open for sending; whoever gets it closes it. `etag` names exactly these bytes."""

    name: str
    media_type: str
    etag: str
    file: IO[bytes]


def attachments_of(subject_kind: str, subject_id: int) -> list[AttachmentRow]:
    """A subject's files, oldest first; 1 query."""
    return attachment_rows(attachments_wanted(subject_kind, subject_id))


def attachments_of_many(subject_kind: str, subject_ids: Collection[int]) -> dict[int, list[AttachmentRow]]:
    """The files of several subjects of a kind, each one's oldest first; 1 query, none for none."""
    found: dict[int, list[AttachmentRow]] = {}
    if subject_ids:
        rows = Attachment.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids))
        for row in rows.select_related("blob").order_by("id"):
            found.setdefault(row.subject_id, []).append(_row(row))
    return found


def hashes_of_many(subject_kind: str, subject_ids: Collection[int]) -> dict[int, list[str]]:
    """The SHA-256 of the files of several subjects of a kind, each one's oldest first; 1 query, none for none. The background
    may read them too, which knows no names of files."""
    found: dict[int, list[str]] = {}
    if subject_ids:
        rows = Attachment.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids)).order_by("id")
        for subject_id, sha256 in rows.values_list("subject_id", "blob_id"):
            found.setdefault(subject_id, []).append(sha256)
    return found


def attachments_wanted(subject_kind: str, subject_id: int) -> QuerySet[Attachment]:
    """The same, not asked yet: for who reads it in one statement with other things; `attachment_rows` makes the rows of it."""
    rows = Attachment.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return rows.select_related("blob").order_by("id")


def attachment_rows(found: Iterable[Attachment]) -> list[AttachmentRow]:
    """What `attachments_wanted` found, as a page shows it; no query."""
    return [_row(row) for row in found]


def _row(row: Attachment) -> AttachmentRow:
    place = None if row.lat is None or row.lon is None else Place(float(row.lat), float(row.lon))
    return AttachmentRow(
        id=row.id,
        name=row.name,
        media_type=row.blob.media_type,
        size=row.blob.size,
        width=row.blob.width,
        height=row.blob.height,
        purpose=row.purpose,
        shown_to_reporter=row.shown_to_reporter,
        added_by_post=row.added_by_post,
        added_at=row.added_at,
        place=place,
        taken_at=row.taken_at,
        sha256=row.blob_id,
    )


def is_in_store(sha256: str) -> bool:
    """Are a file's bytes (still) in the store? What was stored and never attached may have been removed since."""
    return storages["evidence"].exists(storage_key(sha256))


def open_stored(sha256: str) -> IO[bytes]:
    """The bytes of a file by their hash, for work that the background does; no row is asked.

    Raises:
        FileMissing: the store has none of this hash.
    """
    return _open(storage_key(sha256))


def path_of(sha256: str) -> Path | None:
    """Where a file lies on this machine's disk; None where the store has none of this hash, or is elsewhere (S3)."""
    try:
        path = Path(storages["evidence"].path(storage_key(sha256)))
    except NotImplementedError:
        return None
    return path if path.exists() else None


def open_attachment(pk: int) -> OpenFile:
    """Open a file for whoever may see its subject; 1 query.

    Raises:
        FileMissing: it isn't there, or not for this person; or the store has lost it, which is said.
    """
    row = _find(pk)
    return OpenFile(row.name, row.blob.media_type, row.blob_id, _open(storage_key(row.blob_id)))


def open_preview(pk: int) -> OpenFile:
    """Open a picture's preview (WebP, at most 480 px a side); 1 query.

    Raises:
        FileMissing: as `open_attachment`, and for what isn't a picture.
    """
    row = _find(pk)
    if row.blob.media_type not in PICTURES:
        raise _missing()
    return OpenFile(row.name, PREVIEW_TYPE, f"{row.blob_id}-p", _open(preview_key(row.blob_id)))


def _missing() -> FileMissing:
    return FileMissing(msg("没有找到这个文件，或者您现在的岗位看不到它。请返回事项页面再试。"))


def _find(pk: int) -> Attachment:
    row = Attachment.objects.select_related("blob").filter(pk=pk).first()
    if row is None:
        raise _missing()
    return row


def _open(key: str) -> IO[bytes]:
    try:
        return storages["evidence"].open(key)
    except FileNotFoundError as error:
        raise FileMissing(msg("这个文件暂时取不到。请稍后再试；一直取不到，请告诉系统管理员。")) from error
