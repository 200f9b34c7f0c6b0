"""A small table out of a workbook (XLSX) that somebody uploads: judged by its directory before it is unpacked."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

UNPACKED_MOST = 50_000_000
"""Bytes; a table of the size that is read here unpacks to a few."""
ENTRIES_MOST = 500
MAGIC = b"PK\x03\x04"


class WorkbookUnusable(InputError):
    """It is no workbook, too large, or damaged."""

    code = "workbook-unusable"


def is_workbook(data: bytes) -> bool:
    """Does this begin as a workbook does, whatever its name says?"""
    return data.startswith(MAGIC)


def rows_of(data: bytes, *, rows_most: int) -> list[list[str]]:
    """The rows of the first visible sheet as texts, empty cells as "", line by line (an empty row is an empty list).

    Merged cells are refused, since all but the first of them are empty and rows would lose what they seem to say; a
    formula counts by the value that was saved with it.

    Raises:
        WorkbookUnusable: no workbook, encrypted, over a limit, merged cells.
    """
    _check_package(data)
    # Imported here: only who reads a workbook needs it, and it takes a fifth of a second.
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    except Exception as error:  # the library answers a damaged file with whatever comes to its hand
        raise WorkbookUnusable(msg("文件打不开，可能已经损坏。请用表格软件重新保存再试。")) from error
    sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
    if sheet is None:
        raise WorkbookUnusable(msg("工作簿里没有可见的工作表。请检查文件。"))
    if sheet.merged_cells.ranges:
        raise WorkbookUnusable(msg("工作表里有合并单元格，别的行会缺内容。请取消合并，逐行填好。"))
    if sheet.max_row > rows_most:
        raise WorkbookUnusable(msg("超过 %(most)d 行。请分成几个文件。"), most=rows_most)
    return [_trimmed([_text(cell) for cell in row]) for row in sheet.iter_rows(values_only=True)]


def _check_package(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WorkbookUnusable(msg("文件打不开，可能没有传完。请重新上传。")) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts) or any(part.flag_bits & 0x1 for part in parts):
        raise WorkbookUnusable(msg("这不是没有密码的 XLSX 表格。请换一个文件。"))
    if len(parts) > ENTRIES_MOST or sum(part.file_size for part in parts) > UNPACKED_MOST:
        raise WorkbookUnusable(msg("文件解开后过大，没有打开。请另存为 CSV，或分成几个文件。"))


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, so that a code stays one."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
