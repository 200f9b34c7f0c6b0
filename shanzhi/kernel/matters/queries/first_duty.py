"""首接负责: who was first to accept a matter, and who answers for it until another has signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.receiving import signatures
from shanzhi.kernel.matters.policy.duty import answerable, first_acceptor
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
    signed = signatures(shares)
    now, first = answerable(signed), first_acceptor(signed)
    accepted = next((row.author_unit_id for row in entries if row.action == "matters.accept"), None)
    if first is None and accepted is None:
        return None
    is_waiting = any(row.part == "lead" and row.ended_at is None and row.taken_at is None for row in shares)
    # Nobody has signed: the centre that has it in its intake, which is another one after a transfer.
    centre = matter.intake_unit_id if accepted is not None else accepted
    return FirstDuty(names.unit(first or accepted), names.unit(now or centre), first is not None, is_waiting)
