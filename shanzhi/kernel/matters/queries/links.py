"""What is linked with a matter as the same problem: its lead, or those under it; and the lead's answer, for each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.policy.linking import is_collective
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries.hanging import Hanging
from shanzhi.kernel.matters.rulebook import kind_version

SHOWN_MOST = 20
"""So many of those under a lead are shown with their texts."""


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """A matter that is linked: what it says (of a lead's first twenty) and where it stands; nothing about who reported it."""

    number: str
    title: str
    body: str
    stage_name: str
    reported_at: datetime
    solved: bool | None


@dataclass(frozen=True, slots=True)
class Links:
    """What is linked with a matter. `reports`: how often the problem was reported, the lead's own report with them (1: once).

    For a reporter `lead` and `under` are empty whatever there is; `is_linked` and the lead's `reply` are theirs to know.
    """

    is_linked: bool = False
    lead: LinkedRow | None = None
    under: tuple[LinkedRow, ...] = ()
    reports: int = 1
    is_collective: bool = False
    reply: str = ""

    @property
    def more(self) -> int:
        """How many of those under it are shown without their texts."""
        return max(0, len(self.under) - SHOWN_MOST)


def links_of(hung: Hanging, kind: Kind, *, for_reporter: bool) -> Links:
    """What is linked with a visible matter; none for a kind that links none. No query."""
    if not kind.linked_stage:
        return Links()
    own = next((row for row in hung.links if row.matter_id == hung.matter.pk), None)
    # The lead's last answer is meant for everybody whose report is under it.
    reply = hung.answers[0] if own is not None and hung.answers else ""
    if for_reporter or not hung.links:
        return Links(is_linked=own is not None, reply=reply)
    found = _linked_rows(hung.leads if own is not None else hung.under, SHOWN_MOST)
    under = len(hung.links) if own is None else hung.linked
    return Links(
        is_linked=own is not None,
        lead=found[0] if own is not None and found else None,
        under=tuple(found) if own is None else (),
        reports=under + 1,
        is_collective=is_collective(kind, under + 1),
        reply=reply,
    )


def _linked_rows(rows: Iterable[Matter], most: int) -> list[LinkedRow]:
    """The matters, the oldest first; their texts only of the first `most`: who wants to read two hundred opens them."""
    return [
        LinkedRow(
            row.number,
            row.title,
            row.body if place < most else "",
            kind_version(row.kind, row.kind_version).stage(row.stage).name,
            row.reported_at,
            row.solved,
        )
        for place, row in enumerate(rows)
    ]
