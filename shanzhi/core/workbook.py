"""Workbooks (XLSX): looked through before they are unpacked, then read row by row. The one place that knows openpyxl."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from shanzhi.core.errors import FileUnusable
from shanzhi.core.text import msg

T = TypeVar("T")

MAGIC = b"PK\x03\x04"
ENTRIES_MOST = 2_000
UNPACKED_MOST = 600_000_000
RATIO_MOST = 200
"""Unpacked to packed; sheets of equal rows reach 60, a bomb a thousand."""
RATIO_FROM = 1_000_000
"""Bytes unpacked; smaller parts may be packed as well as they like."""
BLANK_MOST = 1_000
"""Empty rows in a row, after which the sheet has ended: formats reach down to the last of a million rows."""

# Each of these looks at the whole sheet, and a sheet can be made so that a search begins anew at every sign of it: what
# lies between two signs is bounded, so that the time grows with the sheet and not with its square.
_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref="([A-Z0-9:]{1,40})"')
_FORMULA = re.compile(rb"<(?:\w{1,20}:)?f[\s>/]")
_UNSAVED = re.compile(
    rb'<(?:\w{1,20}:)?c\s[^<>]{0,200}?r="([A-Z]{1,3}\d{1,7})"[^<>]{0,200}>\s{0,20}'
    rb"<(?:\w{1,20}:)?f(?:\s[^<>]{0,200})?(?:/>|>[^<]*</(?:\w{1,20}:)?f>)"
    rb"\s{0,20}(?:<(?:\w{1,20}:)?v\s{0,20}/>|<(?:\w{1,20}:)?v></(?:\w{1,20}:)?v>)?\s{0,20}</"
)


def is_workbook(data: bytes) -> bool:
    """Does this begin as a workbook does, whatever its name says?"""
    return data.startswith(MAGIC)


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet of a workbook: its name, its rows as texts with their numbers (from 1), and what was noticed."""

    sheet: str
    rows: list[tuple[int, tuple[str, ...]]]
    notes: tuple[str, ...]


def read_workbook(data: bytes, *, rows_most: int, columns_most: int, sheet: str = "") -> Book:
    """The rows of a workbook's sheet: the one of this name, else the first that shows.

    Formulas are taken by the value that the spreadsheet has saved with them, merged cells are refused: all but the
    first of them are empty, so that rows would lose what they seem to say.

    Raises:
        FileUnusable: no workbook, over a limit, merged cells, formulas without saved values, dates from 1904.
    """
    _check_package(data)
    book = _opened(data)
    try:
        part = _chosen(book, sheet)
        notes = _looked_through(data, book, part)
        rows = _safely(lambda: list(_rows(part, rows_most, columns_most)))
    finally:
        book.close()
    return Book(part.title, rows, notes)


def _check_package(data: bytes) -> None:
    """Judge by the directory before anything is unpacked; zipfile never gives more than it says there."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileUnusable(msg("文件打不开，可能没有传完。请重新上传。")) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise FileUnusable(msg("这是压缩包，不是 XLSX 表格。请选其中的表格文件。"))
    if any(part.flag_bits & 0x1 for part in parts):
        raise FileUnusable(msg("文件加了密码。请去掉密码再导入。"))
    total = sum(part.file_size for part in parts)
    packed = any(
        part.file_size > RATIO_FROM and part.file_size > RATIO_MOST * max(part.compress_size, 1) for part in parts
    )
    if len(parts) > ENTRIES_MOST or total > UNPACKED_MOST or packed:
        raise FileUnusable(msg("文件解开后过大，不像正常的表格，没有打开。请另存为 CSV，或分成几个文件。"))


def _opened(data: bytes) -> Any:
    # Imported here: a process that never reads a workbook doesn't need it, and it takes a fifth of a second.
    from openpyxl import load_workbook  # noqa: PLC0415

    for name, content in _xml_parts(data):
        if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content or b"\x00" in content[:64]:
            raise FileUnusable(msg("文件里的 %(name)s 不合规范，没有打开。请用表格软件重新保存。"), name=name)
    book = _safely(lambda: load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False))
    if book.epoch.year == 1904:
        raise FileUnusable(msg("这个工作簿用 1904 日期系统，日期会差四年。请在表格软件里关掉它再保存。"))
    return book


def _safely(does: Callable[[], T]) -> T:
    """What the library makes, or a sentence: it answers a damaged file with whatever comes to its hand (KeyError,
    ValueError, ParseError …)."""
    try:
        return does()
    except FileUnusable:
        raise
    except Exception as error:
        raise FileUnusable(msg("文件打不开，可能已经损坏。请用表格软件打开，重新保存再试。")) from error


def _xml_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for part in package.infolist():
            if part.filename.endswith((".xml", ".rels")):
                try:
                    yield part.filename, package.read(part)
                except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
                    raise FileUnusable(msg("文件打不开，可能已经损坏。请用表格软件打开，重新保存再试。")) from error


def _chosen(book: Any, sheet: str) -> Any:
    shown = [part for part in book.worksheets if part.sheet_state == "visible"]
    if sheet:
        shown = [part for part in book.worksheets if part.title == sheet]
    if not shown and sheet:
        raise FileUnusable(
            msg("没有“%(sheet)s”这张工作表，请核对名称。文件里有：%(sheets)s。"),
            sheet=sheet,
            sheets="、".join(part.title for part in book.worksheets),
        )
    if not shown:
        raise FileUnusable(msg("文件里的工作表都隐藏了。请取消隐藏，保存后再试。"))
    return shown[0]


def _looked_through(data: bytes, book: Any, part: Any) -> tuple[str, ...]:
    """What has to be said of the sheet; raises for what can't be taken."""
    # Where the sheet lies in the package is known to the library alone.
    path = str(part._worksheet_path)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        content = package.read(path)
    merged = _MERGED.search(content)
    if merged:
        raise FileUnusable(
            msg(
                "“%(sheet)s”有合并单元格（%(cells)s 等 %(count)d 处），只有第一格有内容，别的行会缺。请取消合并，逐行填好。"
            ),
            sheet=part.title,
            cells=merged[1].decode(),
            count=len(_MERGED.findall(content)),
        )
    formulas = len(_FORMULA.findall(content))
    unsaved = _UNSAVED.search(content) if formulas else None
    if unsaved:
        raise FileUnusable(
            msg("%(cell)s 的公式没有保存结果。请用表格软件打开文件、保存一次，再导入。"), cell=unsaved[1].decode()
        )
    notes = []
    if len(book.worksheets) > 1:
        notes.append(msg("文件有几张工作表，读的是“%(sheet)s”。") % {"sheet": part.title})
    if formulas:
        notes.append(msg("有 %(count)d 处公式，取的是文件里保存的计算结果。") % {"count": formulas})
    return tuple(notes)


def _rows(part: Any, rows_most: int, columns_most: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    # What the sheet says of its own size is often wrong, and openpyxl would believe it.
    part.reset_dimensions()
    blank = 0
    for number, row in enumerate(part.iter_rows(values_only=True), start=1):
        if number > rows_most:
            raise FileUnusable(msg("超过 %(most)d 行。请分成几个文件导入。"), most=rows_most)
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            blank += 1
            if blank > BLANK_MOST:
                return
            continue
        if len(cells) > columns_most:
            raise FileUnusable(msg("列太多，超过 %(most)d 列。请检查文件。"), most=columns_most)
        blank = 0
        yield number, tuple(cells)


def _text(cell: Any) -> str:
    """A cell's value as text: whole numbers without a point, times as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        # Excel counts in fractions of a day: half a second is a matter of rounding.
        cell = (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
        return str(cell.isoformat(sep=" "))
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
