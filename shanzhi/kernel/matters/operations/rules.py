"""The sections of the rule book that a city keeps itself: each edit is an edition that holds from a day on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from shanzhi.core.text import clean_text
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import RuleEdition
from shanzhi.kernel.matters.operations.golive import check_whole_city, decide, take_turn
from shanzhi.kernel.matters.operations.step import author_of
from shanzhi.kernel.matters.policy import categories as tree
from shanzhi.kernel.matters.policy.categories import CategoryRow
from shanzhi.kernel.matters.policy.editions import digest_of
from shanzhi.kernel.matters.policy.golive import CATEGORIES, NOTE_MOST
from shanzhi.kernel.matters.policy.payloads import RulesLive
from shanzhi.kernel.matters.rulebook import edition_tables, parse_section
from shanzhi.kernel.organisation import queries as organisation


@dataclass(frozen=True, slots=True)
class Deciding:
    """From which day an edit holds, which decision the screen had seen (0: none), who edits, and when."""

    holds_from: date
    based_on: int
    actor: Actor
    now: datetime
    note: str = ""


def edit_section(
    *,
    section: str,
    edit: str,
    make: Callable[[dict[str, Any]], dict[str, Any]],
    codes: Callable[[dict[str, Any], dict[str, Any]], Sequence[str]],
    how: Deciding,
) -> int:
    """Write the next edition of a section, made out of the last one decided, and let it hold from its day.

    Raises:
        DomainError: what `make` and the section's own rules raise; RulesMovedOn, BadDay, NotTheCitys.
    """
    check_whole_city(how.actor, how.now)
    last = take_turn(section, how.based_on)
    was = last.number if last else 0
    before = edition_tables(section, was)
    tables = make(before)
    parse_section(section, tables)
    newest = RuleEdition.objects.filter(section=section).aggregate(newest=Max("number"))["newest"] or 0
    RuleEdition.objects.create(
        section=section,
        number=newest + 1,
        tables=tables,
        digest=digest_of(tables),
        note=clean_text(how.note)[:NOTE_MOST],
        made_at=how.now,
        post_id=how.actor.post_id,
    )
    number = decide(
        subject=section, number=newest + 1, holds_from=how.holds_from, last=last, actor=how.actor, now=how.now
    )
    told = RulesLive(
        section=section,
        number=newest + 1,
        was=was,
        edit=edit,
        codes=tuple(codes(before, tables))[:100],
        digest=digest_of(tables),
        holds_from=how.holds_from,
    )
    _journal(told, number, how)
    return int(newest) + 1


def _journal(told: RulesLive, decision: int, how: Deciding) -> None:
    journal.record(
        payload=told,
        subject=Subject("rules", decision, 1, how.actor.region_code),
        author=author_of(how.actor),
        happened_at=how.now,
    )


@transaction.atomic
def edition_restore(*, section: str, number: int, how: Deciding) -> None:
    """Let an older edition (0: the shipped one) hold again from a later day: how edits are undone.

    Raises:
        NoSuchVersion: there is none; RulesMovedOn, BadDay, NotTheCitys.
    """
    check_whole_city(how.actor, how.now)
    last = take_turn(section, how.based_on)
    tables = edition_tables(section, number)
    decision = decide(
        subject=section, number=number, holds_from=how.holds_from, last=last, actor=how.actor, now=how.now
    )
    told = RulesLive(
        section=section,
        number=number,
        was=last.number if last else 0,
        edit="undo",
        codes=(),
        digest=digest_of(tables),
        holds_from=how.holds_from,
    )
    _journal(told, decision, how)


def _departments() -> frozenset[str]:
    return frozenset(item.code for item in organisation.unit_catalogue().departments)


def _edit_tree(edit: str, make: Callable[[dict[str, Any]], dict[str, Any]], how: Deciding) -> int:
    return edit_section(section=CATEGORIES, edit=edit, make=make, codes=tree.changed_codes, how=how)


@transaction.atomic
def category_add(*, row: CategoryRow, how: Deciding) -> int:
    """Add a category; returns the edition's number. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("add", lambda tables: tree.added(tables, row, _departments()), how)


@transaction.atomic
def category_rename(*, code: str, name: str, how: Deciding) -> int:
    """Give a category another name. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("rename", lambda tables: tree.renamed(tables, code, name), how)


@transaction.atomic
def category_merge(*, code: str, into: str, how: Deciding) -> int:
    """Merge a category into another; old and open matters keep theirs. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("merge", lambda tables: tree.merged(tables, code, into), how)


@transaction.atomic
def category_withdraw(*, code: str, how: Deciding) -> int:
    """Let new matters not get a category any more. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("withdraw", lambda tables: tree.withdrawn(tables, code), how)


@transaction.atomic
def category_restore(*, code: str, how: Deciding) -> int:
    """Take a retired category up again. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("restore", lambda tables: tree.restored(tables, code), how)


@transaction.atomic
def categories_replace(*, rows: Sequence[tuple[int, CategoryRow]], how: Deciding) -> int:
    """Take over a file of categories, all of its lines or none. Raises BadCategory, and what `edit_section` raises."""
    return _edit_tree("replace", lambda tables: tree.replaced(tables, rows, _departments()), how)
