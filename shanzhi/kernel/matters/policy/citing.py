"""Citing what an answer rests on: a knowledge item, by code and version. Whoever keeps such items says which there are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_CITE = re.compile(r"([a-z0-9][a-z0-9-]{0,39})@([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class Cited:
    """A knowledge item in one of its versions."""

    code: str
    version: int

    def __str__(self) -> str:
        return f"{self.code}@{self.version}"


Judge = Callable[[Cited, date], bool]
_judges: list[Judge] = []


def offer_citations(judge: Judge) -> None:
    """Let items be cited that `judge` knows: may this version be cited on this day?"""
    _judges.append(judge)


def read_cite(text: str) -> Cited | None:
    """Out of "code@version"; None where it isn't of that form."""
    found = _CITE.fullmatch(text.strip())
    return Cited(found[1], int(found[2])) if found else None


def is_citable(item: Cited, on: date) -> bool:
    """May this version be cited on this day? Nothing may, while nobody keeps such items."""
    return any(judge(item, on) for judge in _judges)
