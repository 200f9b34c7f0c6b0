"""From a file's bytes to a table of texts: CSV, TSV, JSON lines, XLSX; which encoding was taken, what was noticed."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from shanzhi.core.text import msg
from shanzhi.core.workbook import is_workbook, read_workbook
from shanzhi.modules.imports.policy import FileUnusable
from shanzhi.ui.invented import invented_lines

CELL_MOST = 1_000_000
"""Characters in one cell; a report has 20,000 at most, and a quote that is never closed swallows the rest of a file."""
ROWS_MOST = 1_000_000
COLUMNS_MOST = 200
OF_REJECTS = ("行号", "原因")
"""Columns that a sheet of rejects has more; not read, so that it can be imported as it is."""
OF_DEMO = "演示数据"
_OLDER = ("line", "reason")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file; `number` is the line or row that it begins on, the heading being the first.

    `wrong` says why its cells can't be read at all.
    """

    number: int
    cells: tuple[str, ...]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns in their order and its rows, blank ones left out.

    `form` is csv, tsv, jsonl or xlsx; `encoding` utf-8 or gb18030 (empty for a workbook); `notes` are sentences on what
    was taken in which way.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    form: str
    encoding: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_rejects(self) -> bool:
        """Is it a sheet of rejects that comes again?"""
        return OF_REJECTS[1] in self.columns


class _Reader(Protocol):
    """What `csv.reader` makes; its own type has no public name."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


def read_table(data: bytes, sheet: str = "") -> Table:
    """The table in a file, by its content; `sheet` names one of a workbook's.

    Raises:
        FileUnusable: empty, another kind of file, another encoding, a quote never closed, a workbook that is over the
            limits, or has merged cells or formulas without values.
    """
    if not data.strip():
        raise FileUnusable(msg("文件是空的。请选有内容的 CSV、XLSX 或 JSON Lines 文件。"))
    if is_workbook(data):
        return _of_workbook(data, sheet)
    text, encoding = decode(data)
    table = _of_json(text, encoding) if text.lstrip().startswith("{") else _of_csv(text, encoding)
    return _own_signs(table)


def _of_workbook(data: bytes, sheet: str) -> Table:
    book = read_workbook(data, rows_most=ROWS_MOST, columns_most=COLUMNS_MOST, sheet=sheet)
    if not book.rows:
        raise FileUnusable(msg("工作表“%(sheet)s”是空的。请选有内容的工作表。"), sheet=book.sheet)
    (_, heading), *rest = book.rows
    columns = tuple(name.strip() for name in heading)
    rows = [Row(number, cells) for number, cells in rest]
    return _own_signs(Table(columns, rows, "xlsx", notes=book.notes))


_OLE = b"\xd0\xcf\x11\xe0"
_SIGNS = {_OLE: "Excel 97-2003", b"%PDF": "PDF"}
# A workbook with a password isn't a package any more but a compound file with this stream (MS-OFFCRYPTO, 2.3.4.4).
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8 (its BOM left out), else GB18030, each tried strictly.

    Raises:
        FileUnusable: an old workbook or other binary file, UTF-16, or neither encoding; each with the way to mend it.
    """
    if data.startswith(_OLE) and _ENCRYPTED in data:
        raise FileUnusable(msg("文件加了密码。请去掉密码再导入。"))
    for sign, name in _SIGNS.items():
        if data.startswith(sign):
            raise FileUnusable(
                msg("这是 %(name)s 文件，读不了。请用表格软件另存为 XLSX 或“CSV UTF-8（逗号分隔）”再导入。"), name=name
            )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileUnusable(msg("文件是 UTF-16 编码。请另存为“CSV UTF-8（逗号分隔）”再导入。"))
    if b"\x00" in data:
        raise FileUnusable(msg("这不是文本文件，不能按 CSV 读取。请检查选的是不是 CSV 文件。"))
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    return _as_gb18030(data, line), "gb18030"


def _as_gb18030(data: bytes, line: int) -> str:
    """The text of a file whose `line` isn't UTF-8.

    Raises:
        FileUnusable: it mixes both, or is neither.
    """
    if other := _utf8_line(data):
        raise FileUnusable(
            msg(
                "文件里混了两种编码：第 %(other)d 行是 UTF-8，第 %(line)d 行不是。请另存为“CSV UTF-8（逗号分隔）”再导入。"
            ),
            other=other,
            line=line,
        )
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if text and _is_chinese(text):
        return text
    raise FileUnusable(
        msg("第 %(line)s 行有不是 UTF-8、也不是 GBK 的内容。请另存为“CSV UTF-8（逗号分隔）”再导入。"), line=line
    )


_BYTES_LEAST = 9
"""Bytes of Chinese in UTF-8 that GB18030 doesn't write by chance: three characters."""


def _utf8_line(data: bytes) -> int:
    """The first line that says something in UTF-8, 0 where there is none: read as GB18030 it would be rubbish that looks
    Chinese."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            foreign = [char for char in line.decode("utf-8") if char > "\x7f"]
        except UnicodeDecodeError:
            continue
        if 3 * len(foreign) >= _BYTES_LEAST and _is_chinese("".join(foreign)):
            return number
    return 0


def _is_chinese(text: str) -> bool:
    """Does most of what isn't ASCII stand in the common block? Many other encodings read as GB18030, as rubbish."""
    foreign = [char for char in text[:100_000] if char > "\x7f"]
    chinese = sum("\u4e00" <= char <= "\u9fff" or char in "，。！？、；：“”（）《》" for char in foreign)
    return chinese * 10 >= len(foreign) * 8


def _of_csv(text: str, encoding: str) -> Table:
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    csv.field_size_limit(CELL_MOST)
    reader: _Reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = tuple(name.strip() for name in next(reader, []))
        if len(columns) > COLUMNS_MOST:
            raise FileUnusable(msg("列太多，超过 %(most)d 列。请检查文件。"), most=COLUMNS_MOST)
        rows = list(_csv_rows(reader, len(columns)))
    except csv.Error as error:
        raise FileUnusable(
            msg("第 %(line)s 行读不下去：引号不成对，或者有超长的内容。请改好这一行再导入。"), line=reader.line_num
        ) from error
    return Table(columns, rows, "tsv" if delimiter == "\t" else "csv", encoding)


def _csv_rows(reader: _Reader, most: int) -> Iterator[Row]:
    number = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(cells), _too_many(cells, most))
        number = reader.line_num + 1


def _too_many(cells: Sequence[str], most: int) -> str:
    if len(cells) <= most:
        return ""
    return msg("这一行有 %(cells)d 格，标题只有 %(columns)d 列。内容里有逗号的要加引号。") % {
        "cells": len(cells),
        "columns": most,
    }


def _of_json(text: str, encoding: str) -> Table:
    columns: dict[str, int] = {}
    found: list[tuple[int, dict[str, str], str, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        cells, wrong = _json_cells(line)
        found.append((number, cells, wrong, line.strip() if wrong else ""))
        for name in cells:
            columns.setdefault(name, len(columns))
    if len(columns) > COLUMNS_MOST:
        raise FileUnusable(msg("列太多，超过 %(most)d 列。请检查文件。"), most=COLUMNS_MOST)
    rows = [
        Row(number, (*(cells.get(name, "") for name in columns), *([raw] if raw else [])), wrong)
        for number, cells, wrong, raw in found
    ]
    return Table(tuple(columns), rows, "jsonl", encoding)


def _json_cells(line: str) -> tuple[dict[str, str], str]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}, msg("这一行不是 JSON。每一行要是一个完整的 {…}。")
    if not isinstance(value, dict):
        return {}, msg("这一行不是 JSON 对象。每一行要是一个完整的 {…}。")
    nested = [name for name, cell in value.items() if isinstance(cell, dict | list)]
    if nested:
        return {}, msg("%(columns)s 里还有一层。每一项要是文字或数字。") % {"columns": "、".join(nested)}
    if "\\u0000" in line and any("\0" in text for pair in value.items() for text in map(str, pair)):
        return {}, msg("这一行有看不见的空字符（\\u0000）。请删去再导入。")
    return {name.strip(): "" if cell is None else str(cell) for name, cell in value.items()}, ""


# What a spreadsheet takes for a formula at the beginning of a cell (OWASP, CSV injection).
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet carries out; `_own_signs` takes the apostrophe off again."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _own_signs(table: Table) -> Table:
    """A sheet of rejects as it was before it was guarded, its own columns left out."""
    of_rejects = {*OF_REJECTS, *_OLDER, OF_DEMO} if table.is_rejects or set(_OLDER) <= set(table.columns) else set()
    if not of_rejects:
        return table
    kept = [place for place, name in enumerate(table.columns) if name not in of_rejects]
    rows = [
        Row(
            row.number,
            tuple(unguarded(row.cells[place]) for place in kept if place < len(row.cells))
            + row.cells[len(table.columns) :],
            row.wrong,
        )
        for row in table.rows
    ]
    columns = tuple(table.columns[place] for place in kept)
    return Table(columns, rows, table.form, table.encoding, table.notes)


def unguarded(cell: str) -> str:
    """A cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _invented() -> dict[str, str]:
    """In a demo city each row says that it is invented, in a column that isn't read again: a line above the heading
    would be taken for the heading."""
    return dict.fromkeys([OF_DEMO], "，".join(words for _, words in invented_lines())) if invented_lines() else {}


def rejects_sheet(columns: Sequence[str], rejected: Sequence[tuple[Row, str]]) -> bytes:
    """The rejected rows with row number and reason, to be mended and sent again.

    CSV in UTF-8 with BOM, which spreadsheet programs need to read Chinese; cells beyond the heading come last.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*map(guarded, columns), *OF_REJECTS, *_invented()])
    width = len(columns)
    said = _invented()
    for row, reason in rejected:
        cells = [*row.cells[:width], *([""] * (width - len(row.cells)))]
        writer.writerow([*map(guarded, cells), row.number, reason, *said.values(), *map(guarded, row.cells[width:])])
    return text.getvalue().encode("utf-8-sig")
