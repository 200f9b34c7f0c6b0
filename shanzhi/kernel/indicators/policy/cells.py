"""Cells of the indicator workbook: how a value of the TOML file stands in a cell, and how a cell is read back.

Each kind is a pair of functions: `shown` makes the cell's content, `read` makes the value again from the cell's text or
raises `BadCell` with a sentence. What is shown and read again is equal to what it was.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shanzhi.core.sheets import harmless
from shanzhi.core.text import clean_text, msg

Shown = str | int | float | None


class BadCell(ValueError):
    """A cell that can't be read: the message id of a sentence and its parameters."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of cell. `choices` are offered as a list in the spreadsheet."""

    shown: Callable[[Any], Shown]
    read: Callable[[str], Any]
    choices: tuple[str, ...] = ()


def guarded(text: str) -> str:
    """A text that no spreadsheet carries out (as in `core.sheets.harmless`) and that `unguarded` gives back unchanged."""
    safe = harmless(text)
    return f"'{safe}" if safe == text and text.startswith("'") else safe


def unguarded(text: str) -> str:
    """The text that `guarded` was given. A spreadsheet may have taken the apostrophe away by itself."""
    return text[1:] if text.startswith("'") else text


def _text_shown(value: Any) -> Shown:
    if not isinstance(value, str):
        raise BadCell(msg("应当是文字。"))
    return guarded(value)


def _text_read(text: str) -> str:
    return clean_text(unguarded(text))


def _formula_read(text: str) -> str:
    return f"{_text_read(text)}\n"


_MONTH = re.compile(r"(\d{4})[-/年.](\d{1,2})月?(?:[-/]0?1(?: 00:00:00)?)?", re.ASCII)


def _month_read(text: str) -> str:
    """A spreadsheet likes to take a month for its first day."""
    found = _MONTH.fullmatch(_text_read(text))
    if not found or not 1 <= int(found[2]) <= 12:
        raise BadCell(msg("“%(text)s”不是月份，请写成 2026-01。"), text=text)
    return f"{found[1]}-{int(found[2]):02d}"


WIDEST = 40
"""Signs of a number, and places before or behind its point: `1e999999999` is a short text and would be a gigabyte of digits."""


def is_writable(number: Decimal) -> bool:
    """May a number be written out digit by digit?"""
    return number.is_finite() and len(number.as_tuple().digits) <= WIDEST and abs(number.adjusted()) <= WIDEST


def _number_shown(value: Any) -> Shown:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not is_writable(Decimal(value)):
        raise BadCell(msg("应当是数。"))
    if value == int(value) and -(10**15) < value < 10**15:
        return int(value)
    # A spreadsheet computes in binary fractions; a number that wouldn't come back the same stands as text.
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _number_read(text: str) -> int | Decimal:
    plain = _text_read(text).replace("，", ",").replace(",", "").removesuffix("%").strip()
    try:
        number = Decimal(plain if len(plain) <= WIDEST else "")
    except InvalidOperation as error:
        raise BadCell(msg("“%(text)s”不是数。"), text=text[:40]) from error
    if not is_writable(number):
        raise BadCell(msg("“%(text)s”不是数。"), text=text[:40])
    return int(number) if number == int(number) else number


def _whole_read(text: str) -> int:
    number = _number_read(text)
    if not isinstance(number, int):
        raise BadCell(msg("“%(text)s”不是整数。"), text=text)
    return number


_FRACTION = re.compile(r"\d+\s*/\s*\d+", re.ASCII)


def _scale_shown(value: Any) -> Shown:
    return _text_shown(value) if isinstance(value, str) else _number_shown(value)


def _scale_read(text: str) -> int | str:
    plain = _text_read(text)
    return plain.replace(" ", "") if _FRACTION.fullmatch(plain) else _whole_read(text)


def _yes_no_shown(value: Any) -> Shown:
    if not isinstance(value, bool):
        raise BadCell(msg("应当是“是”或者“否”。"))
    return "是" if value else "否"


def _yes_no_read(text: str) -> bool:
    plain = _text_read(text).lower()
    if plain in {"是", "1", "true"}:
        return True
    if plain in {"否", "0", "false"}:
        return False
    raise BadCell(msg("“%(text)s”应当是“是”或者“否”。"), text=text)


def _parts(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("_x000D_", "")
    pieces = plain.split("\n") if "\n" in plain else re.split("[;；]", plain)
    return [piece.strip() for piece in pieces if piece.strip()]


def _texts_shown(value: Any) -> Shown:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadCell(msg("应当是几段文字。"))
    joined = "\n".join(value)
    return guarded(f"{joined}\n" if len(value) == 1 and re.search("[;；]", joined) else joined)


def _texts_read(text: str) -> list[str]:
    return [clean_text(piece) for piece in _parts(unguarded(text))]


def _steps_shown(value: Any) -> Shown:
    if not isinstance(value, list) or not all(isinstance(each, list) and len(each) == 2 for each in value):
        raise BadCell(msg("分档应当是成对的数。"))
    return guarded("\n".join(f"{at}:{points}" for at, points in value))


def _steps_read(text: str) -> list[list[int | Decimal]]:
    made: list[list[int | Decimal]] = []
    for piece in _parts(unguarded(text)):
        pair = re.split("[:：]", piece)
        if len(pair) != 2:
            raise BadCell(msg("“%(text)s”不是分档，请每行写一档：数值:得分，例如 60:50。"), text=piece)
        made.append([_number_read(pair[0]), _number_read(pair[1])])
    return made


TEXT = Kind(_text_shown, _text_read)
FORMULA = Kind(lambda value: _text_shown(value.strip() if isinstance(value, str) else value), _formula_read)
MONTH = Kind(_text_shown, _month_read)
NUMBER = Kind(_number_shown, _number_read)
WHOLE = Kind(_number_shown, _whole_read)
SCALE = Kind(_scale_shown, _scale_read)
YES_NO = Kind(_yes_no_shown, _yes_no_read, ("是", "否"))
TEXTS = Kind(_texts_shown, _texts_read)
STEPS = Kind(_steps_shown, _steps_read)


def choice(names: Mapping[str, str]) -> Kind:
    """One of several codes, shown by the names that people read; the code itself is read too."""
    by_name = {name: code for code, name in names.items()}

    def shown(value: Any) -> Shown:
        if value not in names:
            raise BadCell(msg("没有“%(text)s”这个选项。"), text=value)
        return names[value]

    def read(text: str) -> str:
        plain = _text_read(text)
        found = by_name.get(plain, plain)
        if found not in names:
            raise BadCell(msg("没有“%(text)s”这个选项，请选：%(names)s。"), text=text, names="、".join(by_name))
        return found

    return Kind(shown, read, tuple(by_name))
