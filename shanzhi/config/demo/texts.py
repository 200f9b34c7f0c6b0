"""Invented texts of the demo city: reports, replies, words of checkers and residents, names."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Names:
    """What invented names are made of."""

    surnames: tuple[str, ...]
    given: tuple[str, ...]
    roads: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    compounds: tuple[tuple[str, ...], tuple[str, ...]]

    def road(self, random: Random) -> str:
        """A street of the demo city."""
        return "".join(random.choice(part) for part in self.roads)

    def compound(self, random: Random) -> str:
        """A residential compound of the demo city."""
        return "".join(random.choice(part) for part in self.compounds)


@dataclass(frozen=True, slots=True)
class DemoTexts:
    """All texts, as the file has them."""

    names: Names
    reports: tuple[Mapping[str, str], ...]
    replies: tuple[Mapping[str, str], ...]
    checks: tuple[Mapping[str, Any], ...]
    verdicts: tuple[Mapping[str, Any], ...]

    def reply_for(self, category: str, random: Random) -> str:
        """A reply that fits a category's first level."""
        group = category.partition(".")[0]
        fitting = [row["text"] for row in self.replies if row["group"] == group]
        return random.choice(fitting or [row["text"] for row in self.replies])

    def words(self, rows: tuple[Mapping[str, Any], ...], *, solved: bool, random: Random) -> str:
        """Words of a check or a verdict that say solved or not."""
        return str(random.choice([row["words"] for row in rows if row["solved"] is solved]))


@cache
def demo_texts() -> DemoTexts:
    """The demo's texts, read once a process."""
    tables = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
    names = tables["names"]
    return DemoTexts(
        names=Names(
            tuple(names["surnames"]),
            tuple(names["given"]),
            (tuple(names["road_first"]), tuple(names["road_second"]), tuple(names["road_kinds"])),
            (tuple(names["compound_first"]), tuple(names["compound_second"])),
        ),
        reports=tuple(tables["report"]),
        replies=tuple(tables["reply"]),
        checks=tuple(tables["check"]),
        verdicts=tuple(tables["verdict"]),
    )
