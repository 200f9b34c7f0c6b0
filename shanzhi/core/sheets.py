"""Tables as files that leave the house: CSV and XLSX, with the meaning of each column; no cell is carried out.

A spreadsheet takes a text that begins like a formula for one (OWASP, CSV injection): such a text gets an apostrophe.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

from shanzhi.core.periods import CITY_ZONE

BOM = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something else."""
TEXT_MOST = 32_767
"""Characters that a cell of a spreadsheet holds."""
OFFERED_ROWS = 2_000
"""Rows of a page for which choices are offered."""
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Cell = str | int | datetime | None

# What a spreadsheet takes for a formula at the beginning of a cell, their full-width forms, and the separators by which
# one cell could become two.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# Characters that XML 1.0 doesn't have.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table without its rows: its name, the heads of its columns, the name of the sheet that tells what it is, and
    that sheet's lines (what, and in which words)."""

    name: str
    heads: tuple[str, ...]
    about_name: str
    about: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a workbook that people fill in: its name, heads and rows; widths in characters; by a column's position
    (from 0) the texts that may be chosen there."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    widths: tuple[int, ...]
    choices: Mapping[int, tuple[str, ...]]


def harmless(text: str) -> str:
    """A text that no spreadsheet carries out; a number, a negative one too, stays as it is. Without control characters."""
    text = _CONTROLS.sub("", text)
    return text if _NUMBER.fullmatch(text) or not _FORMULA.match(text) else f"'{text}"


def write_csv(out: IO[bytes], sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> int:
    """Write the table as CSV (RFC 4180, UTF-8 with byte-order mark), what it means below it; returns the number of rows."""
    out.write((BOM + csv_line(sheet.heads)).encode())
    count = 0
    for row in rows:
        out.write(csv_line(row).encode())
        count += 1
    out.write(csv_line(()).encode())
    for what, words in sheet.about:
        out.write(csv_line((f"# {what}", words)).encode())
    return count


def csv_line(cells: Sequence[Cell]) -> str:
    """One line by RFC 4180: texts disarmed and in quotes, numbers without, CRLF at the end."""
    return ",".join(map(_csv_cell, cells)) + "\r\n"


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(int(cell))
    text = harmless(cell) if isinstance(cell, str) else f"{cell.astimezone(CITY_ZONE):%Y-%m-%d %H:%M:%S}"
    quoted = text.replace('"', '""')
    return f'"{quoted}"'


def write_xlsx(out: IO[bytes], sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> int:
    """Write the table as XLSX, row by row, with what it means on a second sheet; returns the number of rows."""
    # Imported here: it takes long, and only whoever wants such a file needs it.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook(write_only=True)
    table, about = book.create_sheet(sheet.name), book.create_sheet(sheet.about_name)
    table.freeze_panes = "A2"

    def cell_of(page: Any, cell: Cell, *, is_head: bool = False) -> Any:
        made = WriteOnlyCell(page, value=_xlsx_value(cell))
        if isinstance(cell, str):
            # A text stays one, whatever it begins with.
            made.data_type = "s"
        elif isinstance(cell, datetime):
            made.number_format = "yyyy-mm-dd hh:mm:ss"
        if is_head:
            made.font = Font(bold=True)
        return made

    table.append([cell_of(table, head, is_head=True) for head in sheet.heads])
    count = 0
    for row in rows:
        table.append([cell_of(table, cell) for cell in row])
        count += 1
    for line in sheet.about:
        about.append([cell_of(about, text) for text in line])
    book.save(out)
    return count


def write_pages(out: IO[bytes], pages: Iterable[Page]) -> None:
    """Write a workbook of several pages to be filled in: heads stay in sight, choices are offered, no text is carried out."""
    # Imported here: it takes long, and only whoever wants such a file needs it.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        sheet = book.create_sheet(page.name)
        sheet.freeze_panes = "A2"
        for number, row in enumerate([page.heads, *page.rows], start=1):
            for position, value in enumerate(row, start=1):
                cell = sheet.cell(number, position, harmless(value)[:TEXT_MOST] if isinstance(value, str) else value)
                if isinstance(value, str):
                    cell.data_type = "s"
                cell.font = Font(bold=number == 1)
                cell.alignment = Alignment(vertical="top", wrap_text=number > 1)
        for position, width in enumerate(page.widths, start=1):
            sheet.column_dimensions[get_column_letter(position)].width = width
        for position, choices in page.choices.items():
            offered = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
            offered.add(f"{get_column_letter(position + 1)}2:{get_column_letter(position + 1)}{OFFERED_ROWS}")
            sheet.add_data_validation(offered)
    book.save(out)


def _xlsx_value(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return harmless(cell)[:TEXT_MOST]
    return cell.astimezone(CITY_ZONE).replace(tzinfo=None) if isinstance(cell, datetime) else cell


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def hash_of(file: IO[bytes]) -> str:
    """SHA-256 of a file in hexadecimal; the file stands at its beginning afterwards."""
    file.seek(0)
    made = sha256()
    while piece := file.read(1 << 16):
        made.update(piece)
    file.seek(0)
    return made.hexdigest()
