"""Importing a file of matters: everything is read and checked first, then taken in by chunks."""

import csv
import gc
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import BatchResult, BatchRow
from shanzhi.modules.imports.reading import OF_REJECTS, FileUnusable, Line, Sheet, read_sheet

SOURCE_MOST = 40
FILE_MOST = 300_000_000
"""Bytes; about half a million matters. The whole file is held in memory while it is checked."""

Progress = Callable[[int, int], None]


class BadSource(InputError):
    """The name of the source can't be used."""

    code = "bad-source"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's rows: taken in (`closed` of them with their reply), known already, rejected.

    `rejects` is the file that keeps the rejected ones, None where there are none; `unused` the columns that weren't
    read; `seconds` how long it took in all.
    """

    imported: int
    closed: int
    known: int
    rejected: int
    seconds: float
    rejects: Path | None = None
    unused: tuple[str, ...] = ()


def import_matters(
    *, path: Path, source: str, rejects_path: Path, now: datetime, progress: Progress | None = None
) -> ImportResult:
    """Take in the matters of a CSV file, as the importer's role; call it again after a crash, or with mended rejects.

    Each chunk of 500 is one transaction, the rejects are written before the first. `progress` is called with the rows
    that are done and their total.

    Raises:
        FileUnusable: nothing can be read from the file, or nowhere to write the rejects; nothing was imported.
        BadSource: no name of the source, or over 40 characters; nothing was imported.
    """
    started = time.perf_counter()
    source = _checked_source(source)
    sheet = read_sheet(_bytes_of(path))
    fresh, repeated, rejected = _sorted_out(sheet.lines, now)
    rejects = _keep_rejects(rejects_path, sheet, rejected) if rejected else None
    total = BatchResult(known=repeated)
    with _loaded_for_good():
        for result in matters.import_batch(rows=fresh, source=source, now=now):
            total = total.plus(result)
            if progress is not None:
                progress(total.added + total.known - repeated, len(fresh))
    return ImportResult(
        imported=total.added,
        closed=total.closed,
        known=total.known,
        rejected=len(rejected),
        seconds=time.perf_counter() - started,
        rejects=rejects,
        unused=sheet.unused,
    )


@contextmanager
def _loaded_for_good() -> Iterator[None]:
    """Spare the garbage collector the program and the file's rows, which it would look through again and again: a
    sixth of an import's time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _checked_source(source: str) -> str:
    name = clean_text(source).replace("\n", " ")
    if not name or len(name) > SOURCE_MOST:
        raise BadSource(msg("来源名称要有 1 到 40 个字，同一个系统每次都用同一个。请用 --source 指定。"))
    return name


def _bytes_of(path: Path) -> bytes:
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


def _sorted_out(lines: Iterable[Line], now: datetime) -> tuple[list[BatchRow], int, list[Line]]:
    """The rows to take in, how many stand twice, and those that are rejected with their reasons."""
    first: dict[str, Line] = {}
    fresh: list[BatchRow] = []
    rejected: list[Line] = []
    repeated = 0
    for line in lines:
        row = line.batch
        earlier = first.get(row.source_number) if row is not None else None
        if row is None:
            rejected.append(line)
        elif earlier is not None:
            if earlier.batch == row:
                repeated += 1
            else:
                reason = msg("编号 %(number)s 在第 %(line)d 行已经有了，内容不同。请核对编号。")
                said = reason % {"number": row.source_number, "line": earlier.number}
                rejected.append(replace(line, reason=said))
        elif reason := _why_not(row, now):
            rejected.append(replace(line, reason=reason))
        else:
            first[row.source_number] = line
            fresh.append(row)
    return fresh, repeated, rejected


def _why_not(row: BatchRow, now: datetime) -> str:
    try:
        matters.check_row(row, now)
    except DomainError as error:
        return "".join(error.fields.values()) or str(error)
    return ""


def _keep_rejects(path: Path, sheet: Sheet, rejected: Sequence[Line]) -> Path:
    """Write the rejected rows with line and reason, whole or not at all; returns where.

    A file that is there may be one that somebody is mending: it is left, unless it says the same.
    """
    content = _rejects_file(sheet.columns, rejected)
    try:
        target = _free_name(path, content)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)
    except OSError as error:
        raise FileUnusable(
            msg("有 %(count)d 行不能导入，却写不了 %(path)s。请用 --rejects 换一个能写的位置。"),
            count=len(rejected),
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


def _rejects_file(columns: Sequence[str], rejected: Sequence[Line]) -> bytes:
    """CSV in UTF-8 with BOM, which spreadsheet programs need to read Chinese; cells beyond the heading come last."""
    kept = [place for place, name in enumerate(columns) if name not in OF_REJECTS]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*(columns[place] for place in kept), *OF_REJECTS])
    for line in rejected:
        cells = [line.cells[place] if place < len(line.cells) else "" for place in kept]
        writer.writerow([*cells, line.number, line.reason, *line.cells[len(columns) :]])
    return text.getvalue().encode("utf-8-sig")
