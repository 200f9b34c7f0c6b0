"""首接负责: who was first to accept a matter, and who answers for it until another has signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.receiving import signatures
from shanzhi.kernel.matters.policy.duty import Signed, answerable, first_acceptor
from shanzhi.kernel.matters.queries.names import Names


@dataclass(frozen=True, slots=True)
class FirstDuty:
    """`unit_name` was the first to accept; `answerable_name` answers now. `is_signed`: some unit has signed as lead;
    `is_waiting`: another has been given it and hasn't signed yet."""

    unit_name: str
    answerable_name: str
    is_signed: bool
    is_waiting: bool


def first_duty(
    matter: Matter, shares: Sequence[Assignment], entries: Iterable[EntryRow], names: Names
) -> FirstDuty | None:
    """Who accepted first and who answers; None while nobody has accepted it. No query."""
    signed, marks = signatures(shares), list(entries)
    first = first_acceptor(signed)
    accepted = next((row.author_unit_id for row in marks if row.action == "matters.accept"), None)
    if first is None and accepted is None:
        return None
    # A county that took it over, or that it was ruled to, has signed for it.
    taken_over = [
        Signed(_unit_of(row, matter), row.happened_at)
        for row in marks
        if row.action in _TAKEN_OVER and row.payload.get("old_region_id")
    ]
    now = answerable([*signed, *taken_over])
    is_waiting = any(row.part == "lead" and row.ended_at is None and row.taken_at is None for row in shares)
    return FirstDuty(names.unit(first or accepted), names.unit(now or accepted), now is not None, is_waiting)


_TAKEN_OVER = frozenset({"matters.receive", "matters.rule"})


def _unit_of(row: EntryRow, matter: Matter) -> int:
    mine = row.author_unit_id if row.action == "matters.receive" else None
    return mine or matter.intake_unit_id
