"""From a file's bytes to rows: each one either a matter to take in, or a reason why not. No database, no clock."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Protocol

from shanzhi.core.errors import InputError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.operations import BatchRow
from shanzhi.kernel.matters.policy.report import TITLE_MOST

NEEDED = ("id", "title", "reported_at", "body")
OPTIONAL = ("reply", "replied_at", "region_code", "category", "place")
OF_REJECTS = ("line", "reason")
"""Columns that a file of rejects has more; not read, so that it can be imported as it is."""
NUMBER_MOST = 80
CELL_MOST = 1_000_000
"""Characters in one cell; a report has 20,000 at most, and a quote that is never closed swallows the rest of a file."""
FIRST_YEAR = 1949
_CODE_LENGTHS = frozenset({2, 4, 6, 9, 12, 15})

_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


class FileUnusable(InputError):
    """A file from which nothing can be imported; nothing was."""

    code = "file-unusable"


class RowUnusable(ValueError):
    """Why a row can't be taken in, as a sentence."""


class _Reader(Protocol):
    """What `csv.reader` makes; its own type has no public name."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the file; `number` is the line that it begins on, counted from 1 with the heading.

    `batch` is what to take in; where it is None, `reason` says why.
    """

    number: int
    cells: tuple[str, ...]
    batch: BatchRow | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's columns in their order, its rows, and the columns that aren't used."""

    columns: tuple[str, ...]
    lines: list[Line]
    unused: tuple[str, ...]


def read_sheet(data: bytes) -> Sheet:
    """The rows of a CSV file (RFC 4180, also with ";" or tabs), blank ones left out.

    Raises:
        FileUnusable: empty, not CSV, another encoding than UTF-8, a needed column missing, a quote never closed.
    """
    text = decode(data)
    reader = _reader(text)
    try:
        columns = _columns(next(reader, []))
        lines = [_line(columns, number, row) for number, row in _rows(reader) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileUnusable(
            msg("第 %(line)s 行读不下去：引号不成对，或者有超长的内容。请改好这一行再导入。"), line=reader.line_num
        ) from error
    unused = tuple(name for name in columns if name and name not in (*NEEDED, *OPTIONAL, *OF_REJECTS))
    return Sheet(tuple(columns), lines, unused)


_SIGNS = {b"PK\x03\x04": "Excel", b"\xd0\xcf\x11\xe0": "Excel", b"%PDF": "PDF"}


def decode(data: bytes) -> str:
    """The text of a UTF-8 file, its BOM left out.

    Raises:
        FileUnusable: empty, a spreadsheet or other binary file, UTF-16 or GBK; each with the way to mend it.
    """
    if not data.strip():
        raise FileUnusable(msg("文件是空的。请选有内容的 CSV 文件。"))
    for sign, name in _SIGNS.items():
        if data.startswith(sign):
            raise FileUnusable(
                msg("这是 %(name)s 文件，不是 CSV。请用表格软件另存为“CSV UTF-8（逗号分隔）”再导入。"), name=name
            )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileUnusable(msg("文件是 UTF-16 编码。请另存为“CSV UTF-8（逗号分隔）”再导入。"))
    if b"\x00" in data:
        raise FileUnusable(msg("这不是文本文件，不能按 CSV 读取。请检查选的是不是 CSV 文件。"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    if _is_gbk(data):
        raise FileUnusable(msg("文件是 GBK 编码（中文 Windows 的默认编码）。请另存为“CSV UTF-8（逗号分隔）”再导入。"))
    raise FileUnusable(msg("第 %(line)s 行有不是 UTF-8 的内容。请另存为“CSV UTF-8（逗号分隔）”再导入。"), line=line)


def _is_gbk(data: bytes) -> bool:
    """Does it read as GBK, and as Chinese (most of what isn't ASCII stands in the common block)?"""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [char for char in text[:100_000] if char > "\x7f"]
    chinese = sum("\u4e00" <= char <= "\u9fff" or char in "，。！？、；：“”（）《》" for char in foreign)
    return chinese * 10 >= len(foreign) * 8


def _reader(text: str) -> _Reader:
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    csv.field_size_limit(CELL_MOST)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _rows(reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    number = reader.line_num + 1
    for row in reader:
        yield number, row
        number = reader.line_num + 1


def _columns(heading: Sequence[str]) -> list[str]:
    columns = [name.strip().lower() for name in heading]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise FileUnusable(
            msg("第一行缺少这些列：%(missing)s。第一行应是列名，必有 id、title、reported_at、body。请补上再导入。"),
            missing="、".join(missing),
        )
    twice = {name for name in columns if name and columns.count(name) > 1}
    if twice:
        raise FileUnusable(msg("列名重复：%(twice)s。请改名或删去一列再导入。"), twice="、".join(sorted(twice)))
    return columns


def _line(columns: list[str], number: int, row: list[str]) -> Line:
    cells = tuple(row)
    try:
        if len(row) > len(columns):
            raise RowUnusable(
                msg("这一行有 %(cells)d 格，标题只有 %(columns)d 列。内容里有逗号的要加引号。")
                % {"cells": len(row), "columns": len(columns)}
            )
        return Line(number, cells, batch_row(dict(zip(columns, row, strict=False))))
    except RowUnusable as error:
        return Line(number, cells, reason=str(error))


def batch_row(row: Mapping[str, str]) -> BatchRow:
    """The matter that a row describes, by column.

    An empty body takes the title; a title over 100 characters is cut, and stands whole before the body.

    Raises:
        RowUnusable: no number, or a time that can't be read.
    """
    number = clean_text(row.get("id", "")).replace("\n", " ")
    if not number:
        raise RowUnusable(msg("没有编号（id）。请补上原系统的编号。"))
    if len(number) > NUMBER_MOST:
        raise RowUnusable(msg("编号（id）超过 80 字。请核对。"))
    title = row.get("title", "").strip()
    body = row.get("body", "").strip() or title
    if len(title) > TITLE_MOST:
        body = f"{title}\n{body}" if body != title else body
        title = title[: TITLE_MOST - 1] + "…"
    region, place = row.get("region_code", "").strip(), row.get("place", "").strip()
    is_code = region.isascii() and region.isdigit() and len(region) in _CODE_LENGTHS
    replied = row.get("replied_at", "").strip()
    return BatchRow(
        source_number=number,
        reported_at=read_time(row.get("reported_at", ""), "reported_at"),
        body=body,
        title=title,
        reply=row.get("reply", "").strip(),
        replied_at=read_time(replied, "replied_at") if replied else None,
        region_code=region if is_code else "",
        category=row.get("category", "").strip(),
        # A place in words that stands in the column for codes is still a place.
        place_text=place or ("" if is_code else region),
    )


def read_time(text: str, column: str) -> datetime:
    """A time as other systems write it: 2019-04-25T09:32:09, 2019/4/25 9:32, 2019年4月25日; the city's own zone unless
    one is given; a day alone is its midnight.

    Raises:
        RowUnusable: it isn't one, or before 1949.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise RowUnusable(
            msg("%(column)s 读不出时间。请写成 2019-04-25 09:32:09 这样。") % {"column": column}
            if text.strip()
            else msg("%(column)s 是空的。请补上时间。") % {"column": column}
        )
    *parts, zone = found.groups()
    try:
        at = datetime(*(int(part or 0) for part in parts), tzinfo=_zone(zone))  # type: ignore[arg-type,misc]
    except ValueError as error:
        raise RowUnusable(msg("%(column)s 没有这一天或这个时刻。请核对。") % {"column": column}) from error
    if at.year < FIRST_YEAR:
        raise RowUnusable(msg("%(column)s 的年份不对。请核对。") % {"column": column})
    return at


def _zone(text: str | None) -> tzinfo:
    if not text:
        return CITY_ZONE
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
