"""The tables of a paper as a workbook: one sheet each, ready to print, and one that says what they are."""

import io
import re
import unicodedata
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from shanzhi.core.dates import day_said, moment_said
from shanzhi.core.papers.model import Align, Document, Heading, Number, Paragraph, Table, Verbatim
from shanzhi.core.papers.numbering import numbered, visible
from shanzhi.core.papers.steady import steady
from shanzhi.core.sheets import TEXT_MOST, harmless

ABOUT = "说明"
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_NAME_MOST = 31
_WIDEST, _NARROWEST = 48, 8
_THIN, _FIRM = Side(style="hair", color="999999"), Side(style="thin", color="000000")


def to_xlsx(document: Document) -> bytes:
    """The paper's tables as XLSX; numbers are numbers, no text is a formula. The same bytes for the same document."""
    book = Workbook()
    about: Any = book.active
    about.title = ABOUT
    paper = numbered(document)
    taken = {ABOUT}
    for table in paper.tables():
        _sheet(book.create_sheet(_name(table.title, taken)), table)
    _about(about, paper)
    # What it tells of itself stands last: whoever opens it wants the figures.
    book.move_sheet(about, offset=len(book.sheetnames) - 1)
    book.active = 0
    book.properties.title, book.properties.creator = visible(document.title), visible(document.issuer)
    out = io.BytesIO()
    book.save(out)
    return steady(out.getvalue(), document.made_at)


def _name(title: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 characters, none that a spreadsheet refuses, none twice."""
    base = _FORBIDDEN.sub(" ", visible(title).replace("\u3000", " ")).strip()[:_NAME_MOST] or ABOUT
    name, count = base, 2
    while name.lower() in {one.lower() for one in taken}:
        name, count = f"{base[: _NAME_MOST - 4]} {count}", count + 1
    taken.add(name)
    return name


def _sheet(page: Any, table: Table) -> None:
    heads = len(table.columns)
    _put(page, 1, 1, table.title, Font(name="黑体", size=14))
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=heads)
    page.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    page.row_dimensions[1].height = 28
    for at, column in enumerate(table.columns, 1):
        _put(page, 2, at, column.head, Font(name="黑体", size=11), column.align, Border(top=_FIRM, bottom=_FIRM))
    for down, row in enumerate(table.rows, 3):
        for at, (cell, column) in enumerate(zip(row, table.columns, strict=True), 1):
            _put(page, down, at, cell, Font(name="宋体", size=11), column.align, Border(bottom=_THIN))
    if table.note:
        _put(page, len(table.rows) + 4, 1, table.note, Font(name="宋体", size=10, color="5F6B7A"))
    for at, column in enumerate(table.columns, 1):
        shown = [column.head, *(_shown(row[at - 1]) for row in table.rows)]
        page.column_dimensions[get_column_letter(at)].width = _width(shown)
    page.freeze_panes = "A3"
    _printed(page, is_wide=heads > 5)
    page.print_title_rows = "1:2"


def _put(
    page: Any,
    row: int,
    column: int,
    cell: str | Number,
    font: Font,
    align: Align | None = None,
    border: Border | None = None,
) -> None:
    made = page.cell(row, column)
    if isinstance(cell, Number):
        made.value, made.number_format = cell.value, cell.format
    else:
        made.value = harmless(visible(cell))[:TEXT_MOST]
        # A text stays one, whatever it begins with.
        made.data_type = "s"
    made.font = font
    if align is not None:
        made.alignment = Alignment(horizontal=align.value, vertical="center", wrap_text=isinstance(cell, str))
    if border is not None:
        made.border = border


def _shown(cell: str | Number) -> str:
    return cell if isinstance(cell, str) else cell.shown


def _width(texts: list[str]) -> float:
    longest = max(sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text) for text in texts)
    return min(_WIDEST, max(_NARROWEST, longest + 3))


def _printed(page: Any, *, is_wide: bool) -> None:
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = "landscape" if is_wide else "portrait"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.center.text = "— &P —"


def _about(page: Any, paper: Document) -> None:
    lines: list[tuple[str, str]] = [
        ("名称", paper.title),
        ("期间", paper.subtitle),
        ("期号", paper.number),
        ("发文机关", paper.issuer),
        ("日期", day_said(paper.dated)),
        ("生成时间", moment_said(paper.made_at)),
        ("标记", paper.mark),
    ]
    for annex in paper.annexes:
        lines.append((annex.name, annex.title))
        lines += [("", block.text) for block in annex.blocks if isinstance(block, (Heading, Paragraph, Verbatim))]
    row = 0
    for what, said in lines:
        if said:
            row += 1
            _put(page, row, 1, what, Font(name="黑体", size=11))
            _put(page, row, 2, said, Font(name="宋体", size=11), Align.LEFT)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 14, 90
    _printed(page, is_wide=False)
