"""An import by the page: a file is brought, looked at, started, stopped; its rejects are fetched and come again."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO

from django.db import transaction

from shanzhi.core.errors import NotAllowed
from shanzhi.core.importing import Subject, subjects
from shanzhi.core.periods import local_date
from shanzhi.core.sheets import Cell, write_xlsx
from shanzhi.core.sheets import Sheet as Paper
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.journal.policy import Subject as About
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.imports import sealing
from shanzhi.modules.imports.mappings import columns_of, mapping_save
from shanzhi.modules.imports.models import Upload
from shanzhi.modules.imports.operations import checked_source
from shanzhi.modules.imports.payloads import ImportStep
from shanzhi.modules.imports.policy import (
    DRAFT_KEPT,
    FEATURE,
    HEAD_ROWS,
    UPLOAD_MOST,
    Columns,
    FileUnusable,
    MappingUnusable,
    UploadMovedOn,
    UploadNotFound,
    match_columns,
)
from shanzhi.modules.imports.reading import MATTERS
from shanzhi.modules.imports.tables import OF_REJECTS, Row, Table, guarded, read_table, rejects_sheet
from shanzhi.ui.invented import invented_lines

START_TOPIC = "imports.start"
FILE_NAME_MOST = 100


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody brings: the file's name and bytes, what it is about, where it is from, and, where it is the mended
    rejects of an import of theirs, that one's key (its subject and source then hold)."""

    name: str
    content: bytes
    subject: str = ""
    source: str = ""
    first: str = ""
    sheet: str = ""


@transaction.atomic
def upload_bring(*, brought: Brought, actor: Actor, now: datetime) -> str:
    """Keep a file, sealed, until it is started or dropped; returns its key. Nothing is imported yet.

    Raises:
        SignInNeeded, NotAllowed: the acting post may not import, or not this subject.
        FileUnusable: nothing can be read from it, or it is over 60 MB.
        BadSource: no name of the source.
        UploadNotFound: `first` is no import of theirs.
    """
    _check(actor)
    first = _own(brought.first, actor) if brought.first else None
    subject = subject_known(first.subject if first else brought.subject)
    _check_subject(subject, actor, now)
    if len(brought.content) > UPLOAD_MOST:
        raise FileUnusable(msg("文件超过 60 MB。请分成几个文件，或请管理员在服务器上用 shanzhi import 导入。"))
    table = read_table(brought.content, brought.sheet)
    if not table.rows:
        raise FileUnusable(msg("文件里只有列名，没有内容。请选有内容的文件。"))
    source = checked_source(first.source if first else brought.source or subject.title)
    columns = _first_columns(subject, table, first)
    row = Upload.objects.create(
        key=secrets.token_urlsafe(32),
        subject=subject.code,
        source=source,
        file_name=clean_text(brought.name).replace("\n", " ")[-FILE_NAME_MOST:],
        size=len(brought.content),
        sha256=sha256(brought.content).hexdigest(),
        sheet=brought.sheet,
        columns=dict(columns),
        on=local_date(now),
        first_id=(first.first_id or first.pk) if first else None,
        post_id=actor.post_id or 0,
        unit_id=actor.unit_id or 0,
        staff_id=actor.staff_id or 0,
        scope_code=actor.region_code,
        created_at=now,
        expires_at=now + DRAFT_KEPT,
        rows=len(table.rows),
    )
    sealing.put(row.pk, "file", brought.content)
    sealing.put(row.pk, "head", head_of(table))
    write_step(row, "brought", _author(actor), now)
    return row.key


def _first_columns(subject: Subject, table: Table, first: Upload | None) -> Columns:
    """What the columns fill at first: as in the import that these rows come from, else by their names."""
    if first is not None and set(first.columns) <= set(table.columns):
        return dict(first.columns)
    return dict(match_columns(subject, table.columns, is_draft=True).columns)


@transaction.atomic
def upload_columns(*, key: str, columns: Columns, mapping: str, actor: Actor, now: datetime) -> None:
    """Let columns fill fields as told, or as a saved mapping says; the page then shows its preview anew.

    Raises:
        UploadNotFound, UploadMovedOn: no such draft of theirs.
        MappingUnusable: the mapping isn't there, belongs to another file, or says a thing twice.
    """
    row = _own(key, actor, "draft")
    subject = subject_known(row.subject)
    head = head_read(row.pk)
    given = columns_of(subject, mapping, None) if mapping else columns
    matched = match_columns(subject, head.columns, given or {}, is_draft=True)
    row.columns = dict(matched.columns)
    row.save(update_fields=["columns"])


@transaction.atomic
def upload_start(*, key: str, columns: Columns, save_as: str, on: date | None, actor: Actor, now: datetime) -> None:
    """Give a draft to the worker, with these columns, kept under a name where one is given.

    Raises:
        UploadNotFound, UploadMovedOn: no such draft of theirs.
        FileUnusable, MappingUnusable: a needed field has no column, or a field has two.
        MappingTaken: another unit has saved a mapping of this name.
    """
    row = _own(key, actor, "draft")
    subject = subject_known(row.subject)
    matched = match_columns(subject, head_read(row.pk).columns, columns)
    if save_as.strip():
        mapping_save(subject=subject, name=save_as, columns=matched.columns, now=now, author=_author(actor))
    row.columns, row.state, row.on = dict(matched.columns), "waiting", on or row.on
    write_step(row, "started", _author(actor), now, "columns", "state", "on")
    notices.emit(topic=START_TOPIC, body={"upload": row.pk}, now=now)


@transaction.atomic
def upload_stop(*, key: str, actor: Actor, now: datetime) -> None:
    """Stop an import on its way: what was taken in stays, the rest can go on within a day.

    Raises:
        UploadNotFound, UploadMovedOn: no import of theirs that is on its way.
    """
    row = _own(key, actor, "waiting", "running")
    row.state, row.expires_at = "stopped", now + DRAFT_KEPT
    write_step(row, "stopped", _author(actor), now, "state", "expires_at")


@transaction.atomic
def upload_resume(*, key: str, actor: Actor, now: datetime) -> None:
    """Let a stopped import go on; nothing comes twice.

    Raises:
        UploadNotFound, UploadMovedOn: no stopped import of theirs.
    """
    row = _own(key, actor, "stopped")
    row.state = "waiting"
    write_step(row, "resumed", _author(actor), now, "state")
    notices.emit(topic=START_TOPIC, body={"upload": row.pk}, now=now)


@transaction.atomic
def upload_drop(*, key: str, actor: Actor, now: datetime) -> None:
    """Throw a file away that isn't on its way; what was taken in stays.

    Raises:
        UploadNotFound, UploadMovedOn: no such import of theirs.
    """
    row = _own(key, actor, "draft", "stopped")
    sealing.drop(row.pk)
    row.state, row.ended_at = "dropped", now
    write_step(row, "dropped", _author(actor), now, "state", "ended_at")


@transaction.atomic
def rejects_take(*, key: str, form: str, actor: Actor, now: datetime) -> tuple[str, bytes]:
    """The rejected rows with row number and reason as a file (`csv` or `xlsx`): its name and bytes; journaled.

    Raises:
        UploadNotFound: no such import of theirs, or its rejects are gone.
    """
    row = _own(key, actor, "done")
    kept = sealing.get(row.pk, "rejects")
    if kept is None or form not in ("csv", "xlsx") or row.expires_at <= now or actor.by_token:
        raise _missing()
    columns, said = rejects_read(kept)
    write_step(row, "fetched", _author(actor), now)
    name = f"import-{row.pk}-rejects.{form}"
    return name, rejects_sheet(columns, said) if form == "csv" else _as_workbook(row, columns, said)


def _as_workbook(row: Upload, columns: Sequence[str], said: Sequence[tuple[Row, str]]) -> bytes:
    width = len(columns)
    about = (
        *invented_lines(),
        (msg("来源"), row.source),
        (msg("说明"), msg("改好各行后存盘，在导入结果页重新提交；行号和原因两列不用改。")),
    )
    paper = Paper(msg("未导入的行"), (*map(guarded, columns), *OF_REJECTS), msg("说明"), about)
    out = BytesIO()
    lines: list[list[Cell]] = []
    for given, reason in said:
        cells: list[Cell] = [*given.cells, *[""] * (width - len(given.cells))]
        lines.append([*cells[:width], given.number, reason, *cells[width:]])
    write_xlsx(out, paper, lines)
    return out.getvalue()


def rejects_kept(columns: Sequence[str], said: Sequence[tuple[Row, str]]) -> bytes:
    """Rejected rows as they are kept; `rejects_read` reads them."""
    rows = [[row.number, list(row.cells), reason] for row, reason in said]
    return json.dumps({"columns": list(columns), "rows": rows}, ensure_ascii=False).encode()


def rejects_read(kept: bytes) -> tuple[tuple[str, ...], list[tuple[Row, str]]]:
    """Columns, and the rejected rows with their reasons."""
    made = json.loads(kept)
    return tuple(made["columns"]), [(Row(number, tuple(cells)), reason) for number, cells, reason in made["rows"]]


def head_of(table: Table) -> bytes:
    """The first rows of a table, as they are kept for the preview."""
    return json.dumps(
        {
            "columns": list(table.columns),
            "rows": [[row.number, list(row.cells), row.wrong] for row in table.rows[:HEAD_ROWS]],
            "form": table.form,
            "encoding": table.encoding,
            "notes": list(table.notes),
        },
        ensure_ascii=False,
    ).encode()


def head_read(upload_id: int) -> Table:
    """The first rows of an upload.

    Raises:
        UploadNotFound: they are gone.
    """
    kept = sealing.get(upload_id, "head")
    if kept is None:
        raise _missing()
    made = json.loads(kept)
    rows = [Row(number, tuple(cells), wrong) for number, cells, wrong in made["rows"]]
    return Table(tuple(made["columns"]), rows, made["form"], made["encoding"], tuple(made["notes"]))


def subject_known(code: str) -> Subject:
    """A subject by its code.

    Raises:
        FileUnusable: there is none.
    """
    found = subjects().get(code)
    if found is None:
        raise FileUnusable(msg("请选择导入什么。"))
    return found


def write_step(row: Upload, step: str, author: Author, now: datetime, *fields: str) -> None:
    """Save these fields, and write the step into the journal."""
    row.steps += 1
    row.save(update_fields=[*fields, "steps"])
    payload = ImportStep(
        step, row.subject, row.source, row.sha256, row.rows, row.imported, row.known, row.rejected, row.first_id
    )
    about = About("upload", row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=about, author=author, happened_at=now)


def _check(actor: Actor) -> None:
    check_may(actor, acting.roles().get(actor.role), FEATURE)


def _check_subject(subject: Subject, actor: Actor, now: datetime) -> None:
    """What isn't matters is the whole city's: regions, units and places of one county would be judged by another's."""
    if subject.code == MATTERS.code:
        return
    if any(not actor.place.contains(region.code) for region in organisation.top_regions(local_date(now))):
        raise NotAllowed(
            msg("%(subject)s由市级系统管理员导入。请把文件交给市里，或换一个岗位。"), subject=subject.title
        )


def _own(key: str, actor: Actor, *states: str) -> Upload:
    """One's own upload, locked.

    Raises:
        UploadNotFound: no such import of this person in this post.
        UploadMovedOn: it is in none of these states.
    """
    _check(actor)
    row = (
        Upload.objects.select_for_update()
        .filter(key=key, post_id=actor.post_id or 0, staff_id=actor.staff_id or 0)
        .first()
    )
    if row is None:
        raise _missing()
    if states and row.state not in states:
        raise UploadMovedOn(msg("这次导入已经往下走了，不能再这样做。请刷新页面查看。"))
    return row


def _missing() -> UploadNotFound:
    return UploadNotFound(msg("没有找到这次导入：只有上传的人在原岗位上能看，文件导入后即删除，未导入的行保留 7 天。"))


def _author(actor: Actor) -> Author:
    return Author("post", actor.post_id, actor.unit_id)


__all__ = [
    "START_TOPIC", "Brought", "MappingUnusable", "rejects_take", "upload_bring", "upload_columns", "upload_drop",
    "upload_resume", "upload_start", "upload_stop",
]  # fmt: skip
