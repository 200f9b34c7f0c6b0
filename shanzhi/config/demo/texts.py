"""Invented texts of the demo city: reports, replies, words of checkers and residents, names."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parent


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
class Saying:
    """What somebody says, with places to fill in: `story` is the occasion, `months` when it is said (empty: always).

    `passed_to`, `ground` and `item` are for calls that end at the desk: passed on, refused, answered with an item.
    """

    category: str
    title: str
    body: str
    story: str = "plain"
    months: frozenset[int] = frozenset()
    passed_to: str = ""
    ground: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class DemoTexts:
    """All texts, as the files have them."""

    names: Names
    reports: tuple[Mapping[str, str], ...]
    replies: tuple[Mapping[str, str], ...]
    checks: tuple[Mapping[str, Any], ...]
    verdicts: tuple[Mapping[str, Any], ...]
    sayings: tuple[Saying, ...] = ()
    notes: Mapping[str, tuple[str, ...]] | None = None
    weights: Mapping[str, int] | None = None

    def reply_for(self, category: str, random: Random) -> str:
        """A reply that fits a category's first level."""
        group = category.partition(".")[0]
        fitting = [row["text"] for row in self.replies if row["group"] == group]
        return random.choice(fitting or [row["text"] for row in self.replies])

    def words(self, rows: tuple[Mapping[str, Any], ...], *, solved: bool, random: Random) -> str:
        """Words of a check or a verdict that say solved or not."""
        return str(random.choice([row["words"] for row in rows if row["solved"] is solved]))

    def word(self, kind: str, random: Random) -> str:
        """Words that a post or a reporter writes at a step: note, return, escalate, check-good, solved, …"""
        return random.choice(self.kinds_of_words()[kind])

    def kinds_of_words(self) -> dict[str, list[str]]:
        """All of them by kind."""
        found = {kind: list(texts) for kind, texts in (self.notes or {}).items()}
        for rows, good, bad in ((self.checks, "check-good", "check-bad"), (self.verdicts, "solved", "unsolved")):
            for row in rows:
                found.setdefault(good if row["solved"] else bad, []).append(row["words"])
        return found

    def saying(self, story: str, month: int, random: Random) -> Saying:
        """Something that is said on this occasion in this month, the common subjects more often."""
        fitting = _fitting(story, month)
        weights = self.weights or {}
        categories = sorted({row.category for row in fitting})
        category = random.choices(categories, [weights.get(code, 1) for code in categories])[0]
        return random.choice([row for row in fitting if row.category == category])


@cache
def _fitting(story: str, month: int) -> tuple[Saying, ...]:
    return tuple(row for row in demo_texts().sayings if row.story == story and (not row.months or month in row.months))


@cache
def demo_texts() -> DemoTexts:
    """The demo's texts, read once a process."""
    tables = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))
    more = tomllib.loads((FOLDER / "sayings.toml").read_text(encoding="utf-8"))
    names = tables["names"]
    replies = [{"group": row["group"], "text": text} for row in more["reply"] for text in row["texts"]]
    return DemoTexts(
        names=Names(
            tuple(names["surnames"]),
            tuple(names["given"]),
            (tuple(names["road_first"]), tuple(names["road_second"]), tuple(names["road_kinds"])),
            (tuple(names["compound_first"]), tuple(names["compound_second"])),
        ),
        reports=tuple(tables["report"]),
        replies=(*tables["reply"], *replies),
        checks=tuple(tables["check"]),
        verdicts=tuple(tables["verdict"]),
        sayings=(*_plain(tables["report"]), *_sayings(more["saying"])),
        notes={kind: tuple(texts) for kind, texts in more["words"].items()},
        weights=more["weights"],
    )


def _plain(rows: list[Mapping[str, str]]) -> Iterator[Saying]:
    for row in rows:
        yield Saying(row["category"], row["title"], row["body"])


def _sayings(rows: list[Mapping[str, Any]]) -> Iterator[Saying]:
    for row in rows:
        said = Saying(
            row["category"],
            row["title"],
            "",
            story=row.get("story", "plain"),
            months=frozenset(row.get("months", ())),
            passed_to=row.get("to", ""),
            ground=row.get("ground", ""),
        )
        for body in row["bodies"]:
            yield replace(said, body=body)
