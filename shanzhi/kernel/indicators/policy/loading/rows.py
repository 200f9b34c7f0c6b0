"""A table of a catalogue file, read key by key; what is wrong is gathered with its line, and reading goes on."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.periods import PeriodUnreadable, read_month
from shanzhi.kernel.matters.policy.process.positions import Path, nearest
from shanzhi.kernel.matters.policy.process.problem import Problem, did_you_mean

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FRACTION = re.compile(r"[1-9][0-9]{0,8}(/[1-9][0-9]{0,8})?")
Word = TypeVar("Word", bound=StrEnum)
_MOST = Decimal(10) ** 12


@dataclass
class Report:
    """The problems of one file."""

    lines: Mapping[Path, int]
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, where: str, message: str, mend: str = "", /, **params: object) -> None:
        """Note a problem at a path; `where` is the place in words."""
        self.problems.append(Problem(nearest(self.lines, path), where, message, mend, params))


class Row:
    """One table. Each reader marks its key as known; `finish` reports the others.

    A value that is missing or of the wrong kind is reported once, and something harmless is given back.
    """

    def __init__(self, report: Report, values: Mapping[str, Any], path: Path, name: str) -> None:
        self.report, self.values, self.path, self.name = report, values, path, name
        self.known: set[str] = set()

    def fault(self, key: str, message: str, mend: str = "", /, **params: object) -> None:
        """Note a problem at a key of this table; at the table itself where the key is empty."""
        path, where = (*self.path, key) if key else self.path, f"{self.name}.{key}" if key else self.name
        self.report.add(path, where, message, mend, **params)

    def has(self, key: str) -> bool:
        """Is a key there?"""
        self.known.add(key)
        return key in self.values

    def _value(self, key: str, *, required: bool) -> Any:
        self.known.add(key)
        value = self.values.get(key)
        if value is None and required:
            self.fault(key, msg("缺少 %(key)s。"), msg("补上它。"), key=key)
        return value

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        self.fault(key, msg("“%(shown)s”不能用在这里。"), wanted, shown=str(value)[:60])

    def text(self, key: str, *, required: bool = True) -> str:
        """A text that isn't blank; empty where it is missing."""
        value = self._value(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self._wrong(key, value, msg("写一段文字，用引号括起来。"))
            return ""
        return value.strip()

    def code(self, key: str) -> str:
        """A code."""
        value = self.text(key)
        if value and not CODE.fullmatch(value):
            self._wrong(key, value, msg("用小写字母、数字和下划线，以字母开头，最多 40 个。"))
        return value

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = 10**9) -> int:
        """A whole number between `least` and `most`."""
        value = self._value(key, required=default is None)
        if value is None:
            return least if default is None else default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(
                key, msg("“%(shown)s”不能用在这里。"), msg("写 %(least)s 到 %(most)s 的整数。"),
                shown=str(value)[:60], least=least, most=most,
            )  # fmt: skip
            return least if default is None else default
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        value = self._value(key, required=default is None)
        if value is None:
            return bool(default)
        if not isinstance(value, bool):
            self._wrong(key, value, msg("写 true 或 false。"))
            return bool(default)
        return value

    def number(self, key: str, *, required: bool = False) -> Decimal | None:
        """A number as it is written; None where it is missing."""
        value = self._value(key, required=required)
        if value is None:
            return None
        found = decimal_of(value)
        if found is None:
            self._wrong(key, value, msg("写一个数，绝对值不超过一万亿。"))
        return found

    def scale(self, key: str) -> Fraction:
        """A whole number above nought, or a text like `1/86400`; 1 where it is missing."""
        value = self._value(key, required=False)
        if value is None:
            return Fraction(1)
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if not _FRACTION.fullmatch(text):
            self._wrong(key, value, msg('写一个正整数，或 "1/86400" 这样的分数。'))
            return Fraction(1)
        return Fraction(text)

    def word(self, key: str, words: type[Word], default: Word | None = None) -> Word:
        """One of a closed set of words."""
        value = self._value(key, required=default is None)
        harmless = default or next(iter(words))
        if value is None:
            return harmless
        if value not in list(words):
            mend, params = did_you_mean(str(value)[:60], [each.value for each in words])
            self.fault(key, msg("“%(word)s”不在可选的词里。"), mend, word=str(value)[:60], **params)
            return harmless
        return words(value)

    def month(self, key: str, *, required: bool = True) -> int | None:
        """A month as `yyyymm`; None where it is missing."""
        value = self._value(key, required=required)
        if value is None:
            return None
        try:
            return read_month(value if isinstance(value, str) else "")
        except PeriodUnreadable:
            self._wrong(key, value, msg('写成 "2026-01" 这样的月份。'))
            return None

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts, at least one, none twice."""
        value = self._value(key, required=True)
        if value is None:
            return ()
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(each, str) and each.strip() for each in value)
        ):
            self._wrong(key, value, msg('写成一列文字：["…", "…"]。'))
            return ()
        if len(set(value)) < len(value):
            self.fault(key, msg("同一个词写了两次。"), msg("删去一个。"))
        return tuple(value)

    def rows(self, key: str, *, code: str = "code", required: bool = True) -> Iterator["Row"]:
        """The tables of a list of tables, named after what each has under `code`."""
        value = self._value(key, required=required)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._wrong(key, value, msg("写成一列表：[[…]] 或 [{ … }]。"))
            return
        for place, each in enumerate(value):
            called = each.get(code)
            name = f'{key} "{called}"' if isinstance(called, str) else f"{key} {place + 1}"
            yield Row(self.report, each, (*self.path, key, place), f"{self.name}.{name}" if self.name else name)

    def row(self, key: str, *, required: bool = True) -> "Row | None":
        """A table within this one."""
        value = self._value(key, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong(key, value, msg("写成一张表：{ … }。"))
            return None
        return Row(self.report, value, (*self.path, key), f"{self.name}.{key}" if self.name else key)

    def finish(self) -> None:
        """Report keys that nobody asked for."""
        for key in self.values:
            if key not in self.known:
                mend, params = did_you_mean(key, self.known)
                self.fault(key, msg("不认识“%(word)s”这个键。"), mend, word=key, **params)


def decimal_of(value: object) -> Decimal | None:
    """A number of a TOML file as it was written (binary fractions go back to their shortest text); None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= _MOST else None


def known_or(row: Row, key: str, word: str, known: Collection[str], message: str) -> None:
    """A fault with the nearest known word where `word` isn't one of them."""
    if word and word not in known:
        mend, params = did_you_mean(word, known)
        row.fault(key, message, mend, word=word, **params)
