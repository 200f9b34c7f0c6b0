"""The sections that a city keeps itself, as their keeper sees them: what holds, what is to come, every edition."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shanzhi.kernel.matters.models import GoLive, RuleEdition
from shanzhi.kernel.matters.policy.categories import CategoryRow, rows_of
from shanzhi.kernel.matters.policy.golive import CATEGORIES, Decision, in_force, last_decision
from shanzhi.kernel.matters.rulebook import edition_tables


@dataclass(frozen=True, slots=True)
class EditionRow:
    """A decision on a section: which edition (0: the shipped one) holds from which day, with its note."""

    decision: int
    number: int
    holds_from: date
    decided_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class SectionState:
    """A section of the rule book on a day: the edition in force and the one that holds once everything decided has begun;
    decisions newest first; `seen` is the latest decision's id (0: none)."""

    in_force: int
    last: int
    last_from: date | None
    history: tuple[EditionRow, ...]
    seen: int


@dataclass(frozen=True, slots=True)
class CategoryTree:
    """The tree that an edit starts from (everything decided included), with the section's state."""

    state: SectionState
    rows: tuple[CategoryRow, ...]


def section_state(section: str, on: date) -> SectionState:
    """2 queries."""
    notes = dict(RuleEdition.objects.filter(section=section).values_list("number", "note"))
    rows = [
        EditionRow(row.pk, row.number, row.holds_from, row.decided_at, notes.get(row.number, ""))
        for row in GoLive.objects.filter(subject=section).order_by("pk")
    ]
    decisions = [Decision(row.decision, section, row.number, row.holds_from) for row in rows]
    now, last = in_force(decisions, on), last_decision(decisions)
    return SectionState(
        in_force=now.number if now else 0,
        last=last.number if last else 0,
        last_from=last.holds_from if last else None,
        history=tuple(reversed(rows)),
        seen=max((row.decision for row in rows), default=0),
    )


def category_tree(on: date) -> CategoryTree:
    """The tree of categories as it will stand when everything decided has begun; 3 queries."""
    state = section_state(CATEGORIES, on)
    return CategoryTree(state, rows_of(edition_tables(CATEGORIES, state.last)))


def section_tables(section: str, number: int) -> dict[str, Any]:
    """An edition's tables as they are stored; number 0: the file's. Raises NoSuchVersion."""
    return edition_tables(section, number)
