"""How well masking finds people: precision and recall on messages that were read and labelled by hand.

    SHANZHI_DATA=… python -m bench.masking          (make bench-masking)

The labels (`bench/masking.toml`) are numbers of characters; the messages themselves are read from SHANZHI_DATA. Two
samples, the second read after the rules had been worked out on the first: it found 4 of 22 then, and the rules for names
that are told again and again come from it. A mention counts as found where masking covers any part of it. Officials
named in their office ("…书记") are counted apart: masking them does no harm.
"""

import csv
import os
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.results import write_section
from shanzhi.kernel.vault.policy import mask

LABELS = Path(__file__).with_suffix(".toml")
AROUND = 8


@dataclass(slots=True)
class Measured:
    """Mentions found and missed, spans that cover none, and where."""

    found: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    officials: int = 0

    @property
    def precision(self) -> float:
        """Share of masked spans that cover a person."""
        return self.found / max(self.found + len(self.wrong), 1)

    @property
    def recall(self) -> float:
        """Share of persons' mentions that are masked."""
        return self.found / max(self.found + len(self.missed), 1)


def measure(folder: Path, name: str) -> Measured:
    """Mask one sample's texts and compare with its labels."""
    sample = tomllib.loads(LABELS.read_text(encoding="utf-8"))[name]
    labels = {kind: _by_text(sample[kind]) for kind in ("names", "officials")}
    measured = Measured()
    for key, text in _texts(folder / sample["file"], set(sample["messages"]), sample["characters"]):
        spans = [(span.start, span.end) for span in mask(text).spans if span.kind == "name"]
        names, officials = labels["names"].get(key, []), labels["officials"].get(key, [])
        for one in names:
            if _covered(one, spans):
                measured.found += 1
            else:
                measured.missed.append(_shown(text, one))
        for one in spans:
            if _covered(one, officials):
                measured.officials += 1
            elif not _covered(one, names):
                measured.wrong.append(_shown(text, one))
    return measured


def _by_text(rows: list[tuple[str, str, int, int]]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for message, part, start, end in rows:
        found.setdefault((message, part), []).append((start, end))
    return found


def _texts(file: Path, wanted: set[str], characters: int) -> Iterator[tuple[tuple[str, str], str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["id"] in wanted:
                for part in ("title", "body"):
                    yield (row["id"], part), row[part][:characters]


def _covered(one: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(start < one[1] and one[0] < end for start, end in others)


def _shown(text: str, one: tuple[int, int]) -> str:
    start, end = one
    return f"{text[max(start - AROUND, 0) : start]}[{text[start:end]}]{text[end : end + AROUND]}".replace("\n", " ")


def main() -> int:
    """Measure both samples, print the misses, write the table."""
    folder = os.environ.get("SHANZHI_DATA")
    if not folder:
        print("SHANZHI_DATA names no folder with requests/messages.csv", file=sys.stderr)
        return 2
    lines = [
        "| sample | mentions | found | missed | masked wrongly | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ("first", "second"):
        told = measure(Path(folder), name)
        total = told.found + len(told.missed)
        lines.append(
            f"| {name} | {total} | {told.found} | {len(told.missed)} | {len(told.wrong)} "
            f"| {told.precision:.3f} | {told.recall:.3f} |"
        )
        for kind, shown in (("missed", told.missed), ("wrong", told.wrong)):
            for text in shown:
                print(f"{name} {kind}: {text}")
    print("\n".join(lines))
    write_section("Masking", "SHANZHI_DATA=… make bench-masking", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
