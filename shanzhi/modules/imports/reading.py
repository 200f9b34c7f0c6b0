"""From a table to rows of matters: each one either a matter to take in, or a reason why not. No database, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.pool import Pool
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.policy.batch import BatchRow, clean_row
from shanzhi.kernel.matters.policy.report import TITLE_MOST
from shanzhi.modules.imports.policy import (
    Columns,
    Field,
    FileUnusable,
    Matched,
    RowUnusable,
    Subject,
    match_columns,
    offer_subject,
)
from shanzhi.modules.imports.tables import Row, Table, read_table

__all__ = [
    "MATTERS",
    "FileUnusable",
    "Line",
    "RowUnusable",
    "Sheet",
    "batch_row",
    "lines_of",
    "read_sheet",
    "read_time",
]

NUMBER_MOST = 80
FIRST_YEAR = 1949
_CODE_LENGTHS = frozenset({2, 4, 6, 9, 12, 15})

_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_HOUR = (
    r"(?:(?:[T ]|(?<=日))\s*(上午|下午|凌晨|晚上)?\s*(\d{1,2})[:：时点](\d{1,2})分?"
    r"(?::?(\d{1,2})秒?(?:[.,]\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_TIME = re.compile(_DAY + _HOUR, re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})" + _HOUR, re.ASCII)
_DIGITS = "〇一二三四五六七八九"
_SPELT = re.compile(r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
FIRST_SERIAL, LAST_SERIAL = 17_899, 73_051
"""1 January 1949 and 1 January 2100."""


class Line(NamedTuple):
    """A row of the file; `batch` is what to take in, and where it is None, `reason` says why."""

    row: Row
    batch: BatchRow | None = None
    reason: str = ""

    @property
    def number(self) -> int:
        """The line or row on which it begins, the heading being the first."""
        return self.row.number


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, its rows as matters, what its columns fill, and those that nobody reads."""

    table: Table
    lines: list[Line]
    columns: Columns
    unused: tuple[str, ...]


class Reading(NamedTuple):
    """How cells become matters: fields with their places in a row, the columns' names, the time that is now."""

    places: tuple[tuple[str, int], ...]
    titles: Mapping[str, str]
    now: datetime


AT_ONCE = 2_000
"""Rows that a process reads at once."""


def read_sheet(
    data: bytes, now: datetime, given: Columns | None = None, sheet: str = "", pool: Pool | None = None
) -> Sheet:
    """The matters of a file, each checked; `given` says which column fills which field, else it is found by their names.

    Raises:
        FileUnusable: nothing can be read from it, or a needed column is missing.
        MappingUnusable: `given` belongs to another file.
    """
    table = read_table(data, sheet)
    return lines_of(table, match_columns(MATTERS, table.columns, given), now, pool)


def lines_of(table: Table, matched: Matched, now: datetime, pool: Pool | None = None) -> Sheet:
    """The matters of a table whose columns are known, each checked."""
    places = tuple(matched.places.items())
    reading = Reading(places, {name: table.columns[place] for name, place in places}, now)
    rows = table.rows
    jobs = (
        ([(row.cells, row.wrong) for row in rows[start : start + AT_ONCE]], reading)
        for start in range(0, len(rows), AT_ONCE)
    )
    read = (one for _, part in (pool or Pool(None, 0)).ordered(read_rows, jobs) for one in part)
    lines = [Line(row, batch, reason) for row, (batch, reason) in zip(rows, read, strict=True)]
    return Sheet(table, lines, matched.columns, matched.unused)


def read_rows(rows: Sequence[tuple[tuple[str, ...], str]], reading: Reading) -> list[tuple[BatchRow | None, str]]:
    """Rows (cells, and why they can't be read at all) as clean matters, or with the reason why not. Pure."""
    return [(None, wrong) if wrong else _read(cells, reading) for cells, wrong in rows]


def _read(cells: tuple[str, ...], reading: Reading) -> tuple[BatchRow | None, str]:
    try:
        row = batch_row({name: cells[at] for name, at in reading.places if at < len(cells)}, reading.titles)
        return clean_row(row, reading.now), ""
    except RowUnusable as error:
        return None, str(error)
    except DomainError as error:
        return None, "".join(error.fields.values()) or str(error)


def batch_row(row: Mapping[str, str], titles: Mapping[str, str] | None = None) -> BatchRow:
    """The matter that a row describes, by field; `titles` are what its columns are called in the file.

    An empty body takes the title; a title over 100 characters is cut, and stands whole before the body.

    Raises:
        RowUnusable: no number, or a time that can't be read.
    """
    named = titles or {}
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
        reported_at=read_time(row.get("reported_at", ""), named.get("reported_at", "reported_at")),
        body=body,
        title=title,
        reply=row.get("reply", "").strip(),
        replied_at=read_time(replied, named.get("replied_at", "replied_at")) if replied else None,
        region_code=region if is_code else "",
        category=row.get("category", "").strip(),
        # A place in words that stands in the column for codes is still a place.
        place_text=place or ("" if is_code else region),
    )


def read_time(text: str, column: str) -> datetime:
    """A time as other systems write it: 2019-04-25T09:32:09, 2019/4/25 9:32, 20190425, 2019年4月25日 9时32分, 二〇一九年四月
    二十五日, 下午3:05, and a spreadsheet's serial number (43580.397); the city's own zone unless one is given; a day alone
    is its midnight.

    Raises:
        RowUnusable: it isn't one, or before 1949.
    """
    text = text.strip()
    try:
        at = _serial(text) or _written(text)
    except (ValueError, OverflowError) as error:
        raise RowUnusable(msg("%(column)s 没有这一天或这个时刻。请核对。") % {"column": column}) from error
    if at is None:
        raise RowUnusable(
            msg("%(column)s 读不出时间。请写成 2019-04-25 09:32:09 这样。") % {"column": column}
            if text
            else msg("%(column)s 是空的。请补上时间。") % {"column": column}
        )
    if at.year < FIRST_YEAR:
        raise RowUnusable(msg("%(column)s 的年份不对。请核对。") % {"column": column})
    return at


def _serial(text: str) -> datetime | None:
    """A spreadsheet's count of days since 30 December 1899 (ECMA-376 part 1, 18.17.4.1), 1949 to 2099."""
    if not _SERIAL.fullmatch(text) or not FIRST_SERIAL <= float(text) < LAST_SERIAL:
        return None
    at = datetime(1899, 12, 30, tzinfo=CITY_ZONE) + timedelta(days=float(text), microseconds=500_000)
    return at.replace(microsecond=0)


def _written(text: str) -> datetime | None:
    found = _TIME.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None and (spelt := _SPELT.fullmatch(text)):
        year = "".join(str(_DIGITS.index(sign) % 10) for sign in spelt[1].replace("零", "〇"))
        return datetime(int(year), _count(spelt[2]), _count(spelt[3]), tzinfo=CITY_ZONE)
    if found is None:
        return None
    year, month, day, half, hour, minute, second, zone = found.groups()
    hours = int(hour or 0)
    if half and hours > 12:
        half = None
    if half in ("下午", "晚上") and hours < 12:
        hours += 12
    elif half in ("上午", "凌晨") and hours == 12:
        hours = 0
    return datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0), tzinfo=_zone(zone))


def _count(text: str) -> int:
    """A number up to 99 in Chinese: 五, 十二, 三十一."""
    tens, sign, ones = text.partition("十")
    if not sign:
        tens, ones = "", text
    return (_DIGITS.index(tens) if tens else int(bool(sign))) * 10 + (_DIGITS.index(ones) if ones else 0)


def _zone(text: str | None) -> tzinfo:
    if not text:
        return CITY_ZONE
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


MATTERS = Subject(
    "matters",
    msg("事项"),
    (
        Field(
            "id",
            msg("编号"),
            "GD20260305001",
            True,
            synonyms=("工单编号", "工单号", "事项编号", "案件编号", "受理编号", "诉求编号", "流水号", "number"),
        ),
        Field(
            "reported_at",
            msg("反映时间"),
            "2026-03-05 09:32",
            True,
            read_time,
            (
                "受理时间",
                "来电时间",
                "登记时间",
                "上报时间",
                "诉求时间",
                "创建时间",
                "反映日期",
                "受理日期",
                "来电日期",
                "时间",
            ),
        ),
        Field(
            "body",
            msg("内容"),
            "三号楼门口的路灯坏了。",
            True,
            synonyms=("诉求内容", "反映内容", "事项内容", "工单内容", "问题描述", "详情", "正文", "来电内容"),
        ),
        Field("title", msg("标题"), "路灯不亮", synonyms=("诉求标题", "工单标题", "事项标题", "主题", "题目")),
        Field(
            "reply",
            msg("答复"),
            "已修好。",
            synonyms=("答复内容", "办理结果", "回复", "回复内容", "处理结果", "办理情况"),
        ),
        Field(
            "replied_at",
            msg("答复时间"),
            "2026-03-07",
            parse=read_time,
            synonyms=("办结时间", "回复时间", "办理时间", "答复日期", "办结日期"),
        ),
        Field(
            "region_code", msg("区域代码"), "370303009006", synonyms=("区划代码", "行政区划代码", "所属区域", "区域")
        ),
        Field(
            "category",
            msg("分类"),
            "housing.property-service",
            synonyms=("分类代码", "事项分类", "问题分类", "诉求分类"),
        ),
        Field(
            "place",
            msg("地点"),
            "马尚街道三号楼",
            synonyms=("地址", "事发地点", "发生地点", "事发地址", "位置", "详细地址"),
        ),
    ),
)

offer_subject(MATTERS)
