"""A CSV file that a keeper hands over, as rows by column name; written by this page itself or by a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence

from shanzhi.core.errors import InputError, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.categories import CategoryRow

BYTES_MOST, ROWS_MOST = 2_000_000, 5_000
CATEGORY_HEADS: Mapping[str, str] = {
    "code": msg("代码"),
    "name": msg("名称"),
    "help": msg("说明"),
    "department": msg("首选承办单位类型"),
    "level": msg("承办层级"),
    "words": msg("提示词"),
    "is_retired": msg("停用"),
    "into": msg("并入"),
}
"""Column of a file of categories → its heading."""


class BadSheet(InputError):
    """No rows can be read from this file."""

    code = "bad-sheet"


class SheetTooLarge(TooLarge):
    """No such table is as large as this."""

    code = "sheet-too-large"


def read_csv(data: bytes, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """(Line, cells by heading) of a CSV file in UTF-8 or GB18030; lines that begin with # and empty ones are left out.

    Raises:
        SheetTooLarge, BadSheet: too large, no text, or without a needed column.
    """
    if len(data) > BYTES_MOST:
        raise SheetTooLarge(msg("文件超过 2 MB。请检查选的是不是这个文件。"))
    rows = list(csv.reader(io.StringIO(_text(data))))
    if len(rows) > ROWS_MOST:
        raise SheetTooLarge(msg("文件超过 5,000 行。请检查选的是不是这个文件。"))
    heads = [cell.strip() for cell in rows[0]] if rows else []
    missing = [name for name in needed if name not in heads]
    if missing:
        raise BadSheet(msg("文件里缺少这些列：%(names)s。请先下载现行的表，在它上面改。"), names=tuple(missing))
    return [
        (line, {head: cell.strip() for head, cell in zip(heads, row, strict=False)})
        for line, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
    ]


def _text(data: bytes) -> str:
    if data.startswith(b"PK"):
        raise BadSheet(msg("这是 XLSX 工作簿。请在表格软件里另存为 CSV 再传，或用“导入”页面。"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadSheet(msg("这不是文本文件。请选择 CSV 文件。"))


def category_rows(data: bytes) -> list[tuple[int, CategoryRow]]:
    """The lines of a file of categories. Raises BadSheet, SheetTooLarge."""
    return [
        (line, _category(cells)) for line, cells in read_csv(data, [CATEGORY_HEADS["code"], CATEGORY_HEADS["name"]])
    ]


def _category(cells: Mapping[str, str]) -> CategoryRow:
    given = {name: cells.get(head, "").removeprefix("'") for name, head in CATEGORY_HEADS.items()}
    return CategoryRow(
        code=given["code"],
        name=given["name"],
        help=given["help"],
        department=given["department"],
        level=given["level"],
        words=given["words"],
        is_retired=given["is_retired"] in ("是", "1", "true", "yes", "停用"),
        into=given["into"],
    )
