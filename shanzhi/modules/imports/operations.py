"""Importing a file of matters: everything is read and checked first, then taken in by chunks."""

import gc
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import F

from shanzhi.core.errors import InputError
from shanzhi.core.pool import Pool, pool
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Subject as About
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import BatchResult, Foreseen
from shanzhi.modules.imports.mappings import columns_of, mapping_save, write_down
from shanzhi.modules.imports.models import Run
from shanzhi.modules.imports.payloads import ImportDone
from shanzhi.modules.imports.policy import Columns, FileUnusable
from shanzhi.modules.imports.reading import MATTERS, Line, Sheet, read_sheet
from shanzhi.modules.imports.tables import Row, rejects_sheet

SOURCE_MOST = 40
FILE_MOST = 300_000_000
"""Bytes; about half a million matters. The whole file is held in memory while it is checked."""
POOL_FROM = 3_000_000
"""Bytes; about six thousand matters, as long as two processes take to start."""
PREVIEWED = 20
"""Rows that a preview shows."""

Progress = Callable[[int, int], None]
__all__ = [
    "BadSource", "FileUnusable", "How", "ImportResult", "Preview", "PreviewRow", "Progress", "bytes_of",
    "import_matters", "mapping_save", "preview_matters", "write_rejects",
]  # fmt: skip


class BadSource(InputError):
    """The name of the source can't be used."""

    code = "bad-source"


@dataclass(frozen=True, slots=True)
class How:
    """How a file is read: a saved mapping by `mapping`, or `columns` (column → field) over what their names say;
    `save_as` keeps them under a name; `sheet` is one of a workbook's; `fixed` (field → text) holds where no column says it."""

    mapping: str = ""
    columns: Columns | None = None
    save_as: str = ""
    sheet: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's rows: taken in (`closed` of them with their reply), known already, rejected.

    `rejects` is the file that keeps the rejected ones, None where there are none; `unused` the columns that weren't
    read; `seconds` how long it took in all; `notes` say what was taken in which way.
    """

    imported: int
    closed: int
    known: int
    rejected: int
    seconds: float
    rejects: Path | None = None
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of a preview: its number in the file, and what it would become or why it wouldn't be taken in."""

    number: int
    becomes: Foreseen | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as they would be, what each column fills, and how many of all rows are good or not."""

    form: str
    encoding: str
    columns: Columns
    unused: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    good: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Sorted:
    """A file's rows: those to take in, how many stand twice, those that are rejected with their reasons."""

    sheet: Sheet
    sha256: str
    fresh: list[Line]
    repeated: int
    rejected: list[Line]


def import_matters(
    *,
    path: Path,
    source: str,
    rejects_path: Path,
    now: datetime,
    progress: Progress | None = None,
    how: How | None = None,
) -> ImportResult:
    """Take in the matters of a file, as the importer's role; call it again after a crash, or with mended rejects.

    Each chunk of 500 is one transaction with the run's figures, the rejects are written before the first. `progress` is
    called with the rows that are done and their total.

    Raises:
        FileUnusable: nothing can be read from the file, or nowhere to write the rejects; nothing was imported.
        MappingUnusable: the mapping isn't there, or belongs to another file; nothing was imported.
        BadSource: no name of the source, or over 40 characters; nothing was imported.
    """
    started = time.perf_counter()
    how = how or How()
    source = checked_source(source)
    data = bytes_of(path)
    with worked_by(len(data)) as workers:
        found = read_sorted(data, columns_of(MATTERS, how.mapping, how.columns), how.sheet, now, workers)
        sheet = found.sheet
        if how.save_as:
            mapping_save(subject=MATTERS, name=how.save_as, columns=sheet.columns, now=now)
        rejects = _keep_rejects(rejects_path, sheet, found.rejected) if found.rejected else None
        total = take_in(found, source, now, workers, lambda _result: None, progress)
    return ImportResult(
        imported=total.added,
        closed=total.closed,
        known=total.known,
        rejected=len(found.rejected),
        seconds=time.perf_counter() - started,
        rejects=rejects,
        unused=sheet.unused,
        notes=sheet.table.notes,
        encoding=sheet.table.encoding,
    )


def preview_matters(*, path: Path, source: str, now: datetime, how: How | None = None) -> Preview:
    """What a file would become, as the importer's role: all its rows are checked, the first 20 shown; nothing is written.

    Raises:
        FileUnusable, MappingUnusable, BadSource: as `import_matters`.
    """
    source = checked_source(source)
    data = bytes_of(path)
    with worked_by(len(data)) as workers:
        how = how or How()
        columns = columns_of(MATTERS, how.mapping, how.columns)
        found = read_sorted(data, columns, how.sheet, now, workers)
    sheet = found.sheet
    reasons = {line.number: line.reason for line in found.rejected}
    first = sheet.lines[:PREVIEWED]
    good = [line.batch for line in first if line.batch is not None and line.number not in reasons]
    foreseen = iter(matters.foresee(good, source, now))
    rows = tuple(
        PreviewRow(line.number, None, reasons[line.number])
        if line.number in reasons
        else PreviewRow(line.number, next(foreseen))
        for line in first
    )
    table = sheet.table
    return Preview(
        table.form, table.encoding, sheet.columns, sheet.unused, table.notes, rows, len(found.fresh), len(reasons)
    )


def worked_by(size: int) -> AbstractContextManager[Pool]:
    """Processes for a file of so many bytes; a small one is done before they have started."""
    return pool(worth_it=size > POOL_FROM)


def read_sorted(data: bytes, columns: Columns | None, sheet: str, now: datetime, workers: Pool) -> Sorted:
    """A file's rows, each checked and judged.

    Raises:
        FileUnusable, MappingUnusable: nothing can be read from it, or `columns` belong to another file.
    """
    read = read_sheet(data, now, columns, sheet, workers)
    fresh, repeated, rejected = sorted_out(read.lines)
    return Sorted(read, hashlib.sha256(data).hexdigest(), fresh, repeated, rejected)


def take_in(
    found: Sorted,
    source: str,
    now: datetime,
    workers: Pool,
    within: Callable[[BatchResult], None],
    progress: Progress | None = None,
) -> BatchResult:
    """Take in a file's good rows by chunks, as the importer's role; goes on where an earlier start has ended.

    `within` is called in each chunk's transaction; what it raises undoes the chunk and ends the run for now.
    """
    run = _begin(found, source, now)
    total = BatchResult(known=found.repeated)

    def counted(result: BatchResult) -> None:
        _count(run, result)
        within(result)

    rows = [line.batch for line in found.fresh if line.batch is not None]
    with _loaded_for_good():
        chunks = matters.import_batch(rows=rows, source=source, now=now, is_clean=True, pool=workers, within=counted)
        for result in chunks:
            total = total.plus(result)
            if progress is not None:
                progress(total.added + total.known - found.repeated, len(rows))
    _end(run, len(found.rejected), now)
    return total


@transaction.atomic
def _begin(found: Sorted, source: str, now: datetime) -> Run:
    """The file's run: a new one, or the one that died, which goes on."""
    table = found.sheet.table
    run, made = Run.objects.get_or_create(
        subject=MATTERS.code,
        source=source,
        sha256=found.sha256,
        state="running",
        defaults={
            "form": table.form,
            "encoding": table.encoding,
            "started_at": now,
            "rows": len(found.sheet.lines),
            "known": found.repeated,
        },
    )
    if not made:
        Run.objects.filter(pk=run.pk, state="running").update(starts=F("starts") + 1, known=found.repeated)
    return run


def _count(run: Run, result: BatchResult) -> None:
    """The chunk's figures, in its own transaction."""
    Run.objects.filter(pk=run.pk, state="running").update(
        imported=F("imported") + result.added, closed=F("closed") + result.closed
    )


@transaction.atomic
def _end(run: Run, rejected: int, now: datetime) -> None:
    row = Run.objects.select_for_update().filter(pk=run.pk, state="running").first()
    if row is None:
        # Two commands took in the same file at once; the other one was done first and has written it down.
        return
    row.state, row.ended_at, row.rejected = "done", now, rejected
    row.known = row.rows - rejected - row.imported
    row.save(update_fields=["state", "ended_at", "rejected", "known"])
    payload = ImportDone(
        row.subject, row.source, row.sha256, row.form, row.encoding, row.rows, row.imported, row.closed, row.known,
        row.rejected,
    )  # fmt: skip
    write_down(About("import", row.pk), payload, now)


@contextmanager
def _loaded_for_good() -> Iterator[None]:
    """Spare the garbage collector the program and the file's rows, which it would look through again and again: a
    sixth of an import's time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def checked_source(source: str) -> str:
    """The name of a source, cleaned.

    Raises:
        BadSource: empty, or over 40 characters.
    """
    name = clean_text(source).replace("\n", " ")
    if not name or len(name) > SOURCE_MOST:
        raise BadSource(msg("来源名称要有 1 到 40 个字，同一个系统每次都用同一个。请用 --source 指定。"))
    return name


def bytes_of(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        FileUnusable: it isn't there, too large, or can't be read.
    """
    try:
        if path.stat().st_size > FILE_MOST:
            raise FileUnusable(msg("%(path)s 超过 300 MB。请分成几个文件导入。"), path=path)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileUnusable(msg("找不到 %(path)s。请检查路径。"), path=path) from error
    except IsADirectoryError as error:
        raise FileUnusable(msg("%(path)s 是文件夹。请给出其中一个 .csv 文件。"), path=path) from error
    except (OSError, ValueError) as error:
        raise FileUnusable(msg("打不开 %(path)s。请检查路径和读取权限。"), path=path) from error


def sorted_out(lines: Iterable[Line]) -> tuple[list[Line], int, list[Line]]:
    """The rows to take in, how many stand twice, and those that are rejected with their reasons."""
    first: dict[str, Line] = {}
    fresh: list[Line] = []
    rejected: list[Line] = []
    repeated = 0
    for line in lines:
        row = line.batch
        if row is None:
            rejected.append(line)
            continue
        earlier = first.setdefault(row.source_number, line)
        if earlier is line:
            fresh.append(line)
        elif earlier.batch == row:
            repeated += 1
        else:
            reason = msg("编号 %(number)s 在第 %(line)d 行已经有了，内容不同。请核对编号。")
            said = reason % {"number": row.source_number, "line": earlier.number}
            rejected.append(line._replace(reason=said))
    return fresh, repeated, rejected


def _keep_rejects(path: Path, sheet: Sheet, rejected: Sequence[Line]) -> Path:
    said: list[tuple[Row, str]] = [(line.row, line.reason) for line in rejected]
    return write_rejects(path, sheet.table.columns, said)


def write_rejects(path: Path, columns: Sequence[str], said: Sequence[tuple[Row, str]]) -> Path:
    """Write rows with their reasons, whole or not at all; returns where.

    A file that is there may be one that somebody is mending: it is left, unless it says the same.

    Raises:
        FileUnusable: it can't be written.
    """
    content = rejects_sheet(columns, said)
    try:
        target = _free_name(path, content)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.chmod(0o600)
        draft.replace(target)
    except OSError as error:
        raise FileUnusable(
            msg("有 %(count)d 行不能导入，却写不了 %(path)s。请用 --rejects 换一个能写的位置。"),
            count=len(said),
            path=path,
        ) from error
    return target


def _free_name(path: Path, content: bytes) -> Path:
    number = 1
    target = path
    while target.exists() and not (target.is_file() and target.read_bytes() == content):
        number += 1
        target = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return target
