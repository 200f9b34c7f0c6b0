"""A checklist (创建标准): a TOML file with items, each with its ground and what answers it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.catalogue.policy import RuleBookError, read_toml
from shanzhi.modules.drives.policy.records import SHARES, Measure, Rule
from shanzhi.modules.drives.policy.words import NAME_MOST, BadChecklist

FILE_MOST = 200_000
ITEMS_MOST = 60
TEXT_MOST = 300
MONTHS_LONGEST = 36
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TOP = frozenset({"header", "item"})
_HEAD = frozenset({"schema", "code", "name", "title", "version", "sample", "place_kinds", "optional_least"})
_ITEM = frozenset(
    {"code", "name", "ground", "must", "visit", "records", "at_most", "at_least", "months", "kinds", "category"}
)
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Item:
    """An item: `must` a title needs it; `visit` it is looked at on site; `rule` the records answer it (None: in words)."""

    code: str
    name: str
    ground: str
    must: bool
    visit: bool
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Checklist:
    """A checklist. `title` is what a place is called that reaches it; `optional_least` of the items that aren't `must` have
    to be reached too; `sample`: shipped to be replaced."""

    code: str
    name: str
    title: str
    version: int
    sample: bool
    place_kinds: tuple[str, ...]
    optional_least: int
    items: tuple[Item, ...]

    def item(self, code: str) -> Item | None:
        """An item by its code."""
        return next((one for one in self.items if one.code == code), None)

    @property
    def seen(self) -> tuple[Item, ...]:
        """What is looked at on site."""
        return tuple(one for one in self.items if one.visit)


def sha256_of(text: str) -> str:
    """A checklist's fingerprint, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _wrong(text: str, **params: Any) -> BadChecklist:
    return BadChecklist(text, **params)


def read_checklist(source: bytes, where: str, known_kinds: Sequence[str]) -> Checklist:
    """Read a file whole.

    Raises:
        BadChecklist: it is too large, no TOML, or something in it can't be; names the line or item.
    """
    if len(source) > FILE_MOST:
        raise _wrong(msg("“%(where)s”太大。创建标准最多 200 KB。"), where=where)
    try:
        tables = read_toml(source, where)
    except RuleBookError as error:
        raise _wrong(error.message, **error.params) from error
    _only(tables, _TOP, where, msg("文件"))
    head = tables.get("header")
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise _wrong(msg("“%(where)s”没有 [header]，或者 schema 不是 1。请照示例文件的开头写。"), where=where)
    _only(head, _HEAD, where, "[header]")
    items = _items(tables.get("item"), where)
    kinds = head.get("place_kinds", [])
    unknown = [str(kind) for kind in kinds if kind not in known_kinds] if isinstance(kinds, list) else ["?"]
    if unknown or not kinds:
        raise _wrong(
            msg("“%(where)s”的 place_kinds 里“%(kind)s”不是场所类型。可以用：%(known)s。"),
            where=where, kind=unknown[0] if unknown else "", known="、".join(known_kinds),
        )  # fmt: skip
    free = sum(not one.must for one in items)
    return Checklist(
        _code(head.get("code"), where, "[header]"), _text(head, "name", where, "[header]", NAME_MOST),
        _text(head, "title", where, "[header]", NAME_MOST), _number(head, "version", where, "[header]", 1, 9999, None),
        head.get("sample") is True, tuple(kinds), _number(head, "optional_least", where, "[header]", 0, free, 0), items,
    )  # fmt: skip


@lru_cache(maxsize=16)
def kept_checklist(text: str, kinds: tuple[str, ...]) -> Checklist:
    """A checklist that was found sound when its drive was opened; `kinds` are those that it names itself."""
    return read_checklist(text.encode(), "checklist.toml", kinds)


def _items(given: Any, where: str) -> tuple[Item, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= ITEMS_MOST:
        raise _wrong(msg("“%(where)s”要有 1 到 60 个 [[item]]。"), where=where)
    items = tuple(_item(row, place, where) for place, row in enumerate(given, 1))
    codes = [one.code for one in items]
    twice = next((code for code in codes if codes.count(code) > 1), "")
    if twice:
        raise _wrong(msg("“%(where)s”里 code = “%(code)s”有两项。每项要有自己的编码。"), where=where, code=twice)
    return items


def _item(row: Any, place: int, where: str) -> Item:
    at = f"[[item]] {place}"
    if not isinstance(row, dict):
        raise _wrong(msg("“%(where)s”的 %(at)s 不是一个表。"), where=where, at=at)
    _only(row, _ITEM, where, at)
    code = _code(row.get("code"), where, at)
    at = f"[[item]] {place}（{code}）"
    rule = _rule(row, where, at)
    visit = _flag(row, "visit", where, at, usual=rule is None)
    return Item(
        code, _text(row, "name", where, at, TEXT_MOST), _text(row, "ground", where, at, TEXT_MOST),
        _flag(row, "must", where, at, usual=True), visit, rule,
    )  # fmt: skip


def _rule(row: Mapping[str, Any], where: str, at: str) -> Rule | None:
    given = [name for name in ("at_most", "at_least", "months", "kinds", "category") if name in row]
    if "records" not in row:
        if given:
            raise _wrong(
                msg("“%(where)s”的 %(at)s 写了 %(name)s，却没有写 records。"), where=where, at=at, name=given[0]
            )
        return None
    if row["records"] not in tuple(Measure):
        raise _wrong(
            msg("“%(where)s”的 %(at)s：records = “%(value)s”认不得。可以用：%(known)s。"),
            where=where, at=at, value=str(row["records"])[:40], known="、".join(Measure),
        )  # fmt: skip
    measure = Measure(row["records"])
    if ("at_most" in row) == ("at_least" in row):
        raise _wrong(msg("“%(where)s”的 %(at)s：at_most 和 at_least 要写一个，也只写一个。"), where=where, at=at)
    bound = "at_most" if "at_most" in row else "at_least"
    most = 100 if measure in SHARES else 1_000_000
    kinds = row.get("kinds", [])
    if not isinstance(kinds, list) or not all(isinstance(kind, str) and _CODE.fullmatch(kind) for kind in kinds):
        raise _wrong(msg("“%(where)s”的 %(at)s：kinds 要写成事项类型编码的列表。"), where=where, at=at)
    return Rule(
        measure, _number(row, bound, where, at, 0, most, None), bound == "at_most",
        _number(row, "months", where, at, 1, MONTHS_LONGEST, 12), tuple(kinds), str(row.get("category", "")),
    )  # fmt: skip


def _only(row: Mapping[str, Any], known: frozenset[str], where: str, at: str) -> None:
    """A typo in a name is an error and no silence."""
    unknown = sorted(set(row) - known)
    if unknown:
        raise _wrong(
            msg("“%(where)s”的 %(at)s 里“%(name)s”认不得，可能写错了。可以写：%(known)s。"),
            where=where, at=at, name=unknown[0][:40], known="、".join(sorted(known)),
        )  # fmt: skip


def _code(value: Any, where: str, at: str) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise _wrong(
            msg("“%(where)s”的 %(at)s 要有 code：小写字母开头，用小写字母、数字和下划线，2 到 40 个。"),
            where=where,
            at=at,
        )
    return value


def _text(row: Mapping[str, Any], name: str, where: str, at: str, most: int) -> str:
    value = row.get(name)
    text = clean_text(value).replace("\n", " ") if isinstance(value, str) else ""
    if not 0 < len(text) <= most:
        raise _wrong(
            msg("“%(where)s”的 %(at)s 要有 %(name)s，最多 %(most)s 个字。"), where=where, at=at, name=name, most=most
        )
    return text


def _number(row: Mapping[str, Any], name: str, where: str, at: str, least: int, most: int, usual: int | None) -> int:
    value = row.get(name, usual)
    if type(value) is not int or not least <= value <= most:
        raise _wrong(
            msg("“%(where)s”的 %(at)s：%(name)s 要是 %(least)s 到 %(most)s 的整数。"),
            where=where, at=at, name=name, least=least, most=most,
        )  # fmt: skip
    return value


def _flag(row: Mapping[str, Any], name: str, where: str, at: str, *, usual: bool) -> bool:
    value = row.get(name, usual)
    if not isinstance(value, bool):
        raise _wrong(msg("“%(where)s”的 %(at)s：%(name)s 只能写 true 或 false。"), where=where, at=at, name=name)
    return value
