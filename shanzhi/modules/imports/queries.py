"""Saved mappings and runs as the command line shows them, imports by the page as the page does."""

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from shanzhi.core.importing import Subject, subjects
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Foreseen
from shanzhi.kernel.vault.policy.masking import mask
from shanzhi.modules.imports import sealing
from shanzhi.modules.imports.models import Mapping, Run, Upload
from shanzhi.modules.imports.policy import Matched, UploadNotFound, match_columns
from shanzhi.modules.imports.reading import MATTERS, lines_of
from shanzhi.modules.imports.tables import Table
from shanzhi.modules.imports.uploads import head_read, rejects_read, subject_known
from shanzhi.modules.imports.whole import parsed

MOST = 50


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A saved mapping: `columns` says by the column's name which field it fills."""

    name: str
    columns: Dictionary[str, str]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run and its figures so far; `is_over` when every row is taken in, known or rejected."""

    source: str
    started_at: datetime
    is_over: bool
    starts: int
    rows: int
    imported: int
    closed: int
    known: int
    rejected: int


def mappings(subject: str) -> list[MappingRow]:
    """The saved mappings of a subject by name; importer's role, 1 query."""
    rows = Mapping.objects.filter(subject=subject).order_by("name")
    return [MappingRow(row.name, row.columns, row.saved_at) for row in rows]


def runs() -> list[RunRow]:
    """The last runs, newest first; importer's role, 1 query."""
    return [
        RunRow(
            row.source, row.started_at, row.state == "done", row.starts, row.rows, row.imported, row.closed, row.known,
            row.rejected,
        )
        for row in Run.objects.order_by("-pk")[:MOST]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An import by the page, of one's own; `share` is its progress in percent."""

    key: str
    code: str
    subject: str
    source: str
    file_name: str
    state: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    size: int
    rows: int
    done: int
    share: int
    imported: int
    closed: int
    known: int
    rejected: int
    first_key: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file, the field that it fills (empty: none), and its first value."""

    name: str
    field: str
    example: str


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One of the first rows: its number, what its fields would say (masked), or why it can't be taken in."""

    number: int
    cells: tuple[str, ...]
    becomes: str
    reason: str


@dataclass(frozen=True, slots=True)
class UploadPage:
    """An import as its page shows it. A draft has `columns`, `heads` and `head`; one that is done the first of its
    `rejects` as (row number, reason), while they are kept."""

    row: UploadRow
    columns: tuple[ColumnChoice, ...] = ()
    heads: tuple[str, ...] = ()
    head: tuple[HeadRow, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str = ""
    mappings: tuple[str, ...] = ()
    rejects: tuple[tuple[int, str], ...] = ()
    may_fetch: bool = False


REJECTS_SHOWN = 50
CELL_SHOWN = 60


def fields_of(subject: str) -> tuple[tuple[str, str], ...]:
    """A subject's fields: name and title."""
    found = subjects().get(subject)
    return tuple((one.name, one.title) for one in found.fields) if found else ()


def my_uploads(actor: Actor) -> list[UploadRow]:
    """The newest 50 that this person brought in this post; 1 query."""
    return [_upload(row) for row in _mine(actor).order_by("-pk")[:MOST]]


def upload_row(key: str, actor: Actor) -> UploadRow:
    """One's own import without its content; 1 query.

    Raises:
        UploadNotFound: no such import of this person in this post.
    """
    return _upload(_found(key, actor))


def upload_page(key: str, actor: Actor, now: datetime) -> UploadPage:
    """One's own import.

    Raises:
        UploadNotFound: no such import of this person in this post.
    """
    found = _found(key, actor)
    row = _upload(found)
    if found.state == "draft":
        return _draft(row, found, now)
    kept = (
        sealing.get(found.pk, "rejects")
        if found.state == "done" and found.rejected and found.expires_at > now
        else None
    )
    said = rejects_read(kept)[1][:REJECTS_SHOWN] if kept else []
    first = Upload.objects.filter(pk=found.first_id).values_list("key", flat=True).first() if found.first_id else ""
    return UploadPage(
        replace(row, first_key=first or ""),
        rejects=tuple((given.number, reason) for given, reason in said),
        may_fetch=kept is not None,
    )


def _draft(row: UploadRow, found: Upload, now: datetime) -> UploadPage:
    subject, table = subject_known(found.subject), head_read(found.pk)
    matched = match_columns(subject, table.columns, found.columns, is_draft=True)
    first = table.rows[0].cells if table.rows else ()
    columns = tuple(
        ColumnChoice(name, matched.columns.get(name, ""), _shown(first[at]) if at < len(first) else "")
        for at, name in enumerate(table.columns)
        if name
    )
    fields = [one for one in subject.fields if one.name in matched.places]
    return UploadPage(
        row,
        columns,
        tuple(one.title for one in fields),
        tuple(head_rows(subject, table, matched, found.source, now)),
        tuple(one.title for one in subject.fields if one.required and one.name not in matched.places),
        table.notes,
        table.encoding,
        tuple(Mapping.objects.filter(subject=found.subject).order_by("name").values_list("name", flat=True)),
    )


def head_rows(subject: Subject, table: Table, matched: Matched, source: str, now: datetime) -> Iterator[HeadRow]:
    """The first rows as they would be; texts masked as they will stand in every list."""
    fields = [one for one in subject.fields if one.name in matched.places]
    said = _becomes(subject, table, matched, source, now)
    for row in table.rows:
        given = ((row.cells[at] if at < len(row.cells) else "") for at in (matched.places[one.name] for one in fields))
        becomes, reason = said.get(row.number, ("", ""))
        yield HeadRow(row.number, tuple(_shown(cell) for cell in given), becomes, reason)


def _becomes(
    subject: Subject, table: Table, matched: Matched, source: str, now: datetime
) -> Dictionary[int, tuple[str, str]]:
    if subject.code != MATTERS.code:
        _, _, wrong = parsed(subject, table, matched)
        return {row.number: ("", reason) for row, reason in wrong}
    lines = lines_of(table, matched, now).lines
    good = [(line.number, line.batch) for line in lines if line.batch is not None]
    seen = matters.foresee([batch for _, batch in good], source, now)
    said = {number: (_words(one), "") for (number, _), one in zip(good, seen, strict=True)}
    return said | {line.number: ("", line.reason) for line in lines if line.batch is None}


def _words(one: Foreseen) -> str:
    if one.known:
        return msg("已导入过，不动")
    if one.closed:
        return msg("已答复，办结")
    return msg("待受理") if one.placed else msg("待受理；现在没有这个区域代码，先记在上级区域")


def _shown(cell: str) -> str:
    text = mask(cell).text.replace("\n", " ")
    return text if len(text) <= CELL_SHOWN else text[: CELL_SHOWN - 1] + "…"


def _mine(actor: Actor) -> QuerySet[Upload]:
    return Upload.objects.filter(post_id=actor.post_id or 0, staff_id=actor.staff_id or 0)


def _found(key: str, actor: Actor) -> Upload:
    found = _mine(actor).filter(key=key).first()
    if found is None:
        raise UploadNotFound(
            msg("没有找到这次导入：只有上传的人在原岗位上能看，文件导入后即删除，未导入的行保留 7 天。")
        )
    return found


def _upload(row: Upload) -> UploadRow:
    return UploadRow(
        key=row.key,
        code=row.subject,
        subject=subjects()[row.subject].title if row.subject in subjects() else row.subject,
        source=row.source,
        file_name=row.file_name,
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        size=row.size,
        rows=row.rows,
        done=row.done,
        share=min(100, 100 * row.done // row.rows) if row.rows else 0,
        imported=row.imported,
        closed=row.closed,
        known=row.known,
        rejected=row.rejected,
    )
