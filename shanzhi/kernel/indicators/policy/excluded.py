"""What is left out of figures, as facts: a table of its own, projected from matters' entries like the others."""

from dataclasses import dataclass

from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.fold import offer_fold
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.tables import offer_table

NAME = "fact_exclusion"
Count = tuple[int, str, int]
"""A matter, an indicator and a month."""


@dataclass(frozen=True, slots=True)
class Held:
    """Decisions that the facts know of and figures are to count without, since each is brought in by itself: what was left out
    counts on, what was let in stays out."""

    left_out: tuple[Count, ...] = ()
    let_in: tuple[Count, ...] = ()


NOTHING_HELD = Held()
EXCLUDED = Table(
    NAME,
    "A matter that doesn't count for an indicator in a month, by decision (剔除).",
    ("matter_id", "exclusion"),
    (
        Column("matter_id", Of.INTEGER, "the matter; leads back to its page and its journal entries"),
        Column("exclusion", Of.INTEGER, "number of the exclusion within the matter, from 1"),
        Column("indicator", Of.TEXT, "key of the indicator; empty once the level above the decider undid it"),
        Column("month", Of.INTEGER, "month for which it doesn't count"),
        Column("ground", Of.TEXT, "ground on which it was contested"),
        Column("unit_id", Of.INTEGER, "unit that contested it"),
    ),
    "month",
)
EXCLUDE, INCLUDE = "indicators.exclude", "indicators.include"


def exclude(folded: Folded, entry: Entry) -> None:
    """From now on it is left out."""
    told = entry.payload
    row = {
        "indicator": told["indicator"],
        "month": told["month"],
        "ground": told["ground"],
        "unit_id": told["asked_by_unit"],
    }
    folded.keep_open(NAME, folded.add(NAME, row))


def include(folded: Folded, entry: Entry) -> None:
    """It counts again."""
    told = entry.payload
    for row in folded.still_open(NAME):
        if (row["indicator"], row["month"]) == (told["indicator"], told["month"]):
            row["indicator"] = ""
            folded.touch(NAME, row, is_over=True)


def offer() -> None:
    """Let the table be projected, rebuilt and proved with the others."""
    offer_table(EXCLUDED)
    offer_fold(EXCLUDE, exclude)
    offer_fold(INCLUDE, include)
