"""What belongs together after a split: the whole with its parts, or a part with its whole, and each part's answer."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.operations.parting import PARTS_COUNT
from shanzhi.kernel.matters.policy.parting import whole_of
from shanzhi.kernel.matters.queries.hanging import Hanging
from shanzhi.kernel.matters.queries.names import Names, light_of
from shanzhi.kernel.matters.rulebook import categories, kind_version


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a matter: where it stands, who has it, and its answer once there is one."""

    number: str
    title: str
    category_name: str
    stage_name: str
    unit_name: str
    due_at: datetime | None
    light: Light | None
    is_over: bool
    reply: str


@dataclass(frozen=True, slots=True)
class Parts:
    """`whole`: number of the whole, of a part; `rows`: the parts of a whole. Both empty for what was never split."""

    whole: str = ""
    rows: tuple[PartRow, ...] = ()


def parts_of(hung: Hanging, now: datetime) -> Parts:
    """What belongs together with a visible matter; no query where it was never split, else up to 2, however many."""
    whole = whole_of(hung.matter.number)
    if whole or not hung.matter.counts.get(PARTS_COUNT):
        return Parts(whole=whole)
    names, tree = Names(hung.parts, now), categories()
    return Parts(
        rows=tuple(
            PartRow(
                row.number,
                row.title,
                tree.name(row.category),
                kind_version(row.kind, row.kind_version).stage(row.stage).name,
                names.unit(row.holder_unit_id) if row.holder_unit_id else "",
                row.due_at,
                light_of(row, now),
                row.ended_at is not None,
                hung.replies.get(row.pk, ""),
            )
            for row in hung.parts
        )
    )
