"""Numbers of heads, tables and charts by GB/T 9704-2012 (7.3.3), and the plain form in which texts are set."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from shanzhi.core.papers.charts import BarChart, FunnelChart, LineChart
from shanzhi.core.papers.model import Annex, Block, Document, Heading, Table

DIGITS = "〇一二三四五六七八九"

_CHINESE = "\u2e80-\u9fff\uff00-\uffef"
_BEFORE_LATIN = re.compile(rf"(?<=[{_CHINESE}]) (?=[0-9A-Za-z])")
_AFTER_LATIN = re.compile(rf"(?<=[0-9A-Za-z%‰]) (?=[{_CHINESE}])")
_BEFORE_SIGN = re.compile(r"(?<=\d) (?=[%‰℃°])")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)


def chinese(number: int) -> str:
    """1 to 99 in Chinese: 一, 十, 十二, 二十三.

    Raises:
        ValueError: out of that range.
    """
    if not 0 < number < 100:
        raise ValueError(number)
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones else "")


def numbered(document: Document) -> Document:
    """The same paper with its numbers: heads 一、（一） 1., anew in each annex; 表1 and 图1 through the whole; 附件1."""
    tables, charts = count(1), count(1)

    def of(blocks: Iterable[Block]) -> tuple[Block, ...]:
        heads = [0, 0, 0]
        return tuple(_with_number(block, heads, tables, charts) for block in blocks)

    body = of(document.blocks)
    names = ["附件"] if len(document.annexes) == 1 else [f"附件{at}" for at in range(1, len(document.annexes) + 1)]
    annexes = tuple(
        Annex(annex.title, of(annex.blocks), name) for name, annex in zip(names, document.annexes, strict=True)
    )
    return replace(document, blocks=body, annexes=annexes)


def _with_number(block: Block, heads: list[int], tables: "count[int]", charts: "count[int]") -> Block:
    match block:
        case Heading():
            heads[block.level - 1] += 1
            heads[block.level :] = [0] * (3 - block.level)
            return replace(block, text=_head(block.level, heads[block.level - 1]) + block.text)
        case Table():
            return replace(block, title=f"表{next(tables)}　{block.title}")
        case BarChart() | LineChart() | FunnelChart():
            return replace(block, title=f"图{next(charts)}　{block.title}")
    return block


def _head(level: int, number: int) -> str:
    return (f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}. ")[level - 1]


def visible(text: str) -> str:
    """A text on one line, without control characters and marks that nobody sees."""
    return _CONTROLS.sub("", text.replace("\t", " ").replace("\n", " "))


def plain(text: str) -> str:
    """A text as it is set: `visible`; no blanks between Chinese and Latin, where the
    typesetter puts a hair of space, and none at which a number could part from its sign."""
    text = visible(text)
    text = _AFTER_LATIN.sub("", _BEFORE_LATIN.sub("", text))
    return _BEFORE_SIGN.sub("\u00a0", text)
