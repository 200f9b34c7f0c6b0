"""Change the region tree by a plan: all of it or nothing, from a day on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from psycopg.types.range import Range

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.models import Redraw as RedrawRow
from shanzhi.kernel.organisation.models import RedrawPair, Region, RegionState, TreeVersion
from shanzhi.kernel.organisation.operations._common import from_day, renew_tree, write_journal
from shanzhi.kernel.organisation.operations.succession import offices_follow
from shanzhi.kernel.organisation.payloads import RegionsChanged
from shanzhi.kernel.organisation.policy.plan import (
    Change,
    Close,
    Merge,
    Move,
    Open,
    Plan,
    Redraw,
    Rename,
    Split,
    TreeMoved,
    check_left_open,
)
from shanzhi.kernel.organisation.policy.plan_file import plan_write
from shanzhi.kernel.organisation.queries.redraws import plan_preview

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class RegionsChangedCount:
    """What a plan did: how many regions are new, ended, otherwise changed."""

    redraw_id: int
    opened: int
    closed: int
    changed: int


def regions_change(*, plan: Plan, version: UUID | None, now: datetime, author: Author) -> RegionsChangedCount:
    """Carry out a plan; `version` of the tree on which it was drawn up (`queries.plan_preview`). Importer's role.

    Dated in the past it restates what is asked as of the days since; dated in the future the tree has it ready, and
    open matters follow on that day.

    Raises:
        TreeMoved: somebody else changed the tree since.
        BadChange: it can't be (`policy.redraw`, `policy.succession`, or what other slices have open in a region that is
            closed); nothing was done.
    """
    with transaction.atomic():
        # Locked before it is compared: of two keepers who drew up plans on one tree, the second is told.
        held = TreeVersion.objects.select_for_update().values_list("version", flat=True).first()
        if held != version:
            raise TreeMoved(msg("您看过以后，区划或单位已有别的变更。请重新预览，再确认。"))
        renew_tree()
        preview = plan_preview(plan)
        drawn = preview.drawn
        check_left_open(drawn)
        ids = _write_states(drawn)
        row = RedrawRow.objects.create(effective_on=plan.on, made_at=now, undoes_id=plan.undoes, plan=plan_write(plan))
        RedrawPair.objects.bulk_create(
            [
                RedrawPair(
                    redraw=row,
                    old_region_id=pair.old_id,
                    old_code=pair.old_code,
                    new_region_id=ids.get(pair.new_id, pair.new_id),
                    new_code=pair.new_code,
                )
                for pair in drawn.pairs
            ],
            batch_size=_BATCH,
        )
        offices_follow(
            goes=preview.succession,
            region_ids=ids,
            codes={state.region_id: state.code for state in drawn.ended},
            on=plan.on,
            redraw_id=row.id,
            now=now,
            author=author,
        )
        renew_tree()
        _write_entries(plan, drawn, ids, row.id, now, author)
    return RegionsChangedCount(row.id, len(drawn.opened), len(drawn.closed_ids), len(drawn.begun) - len(drawn.opened))


def _write_states(drawn: Redraw) -> dict[int, int]:
    """End states and begin others; returns the ids that new regions were given, by those of the plan."""
    opened = drawn.opened
    made = Region.objects.bulk_create([Region(level=state.level, opened_on=drawn.on) for state in opened])
    ids = {state.region_id: region.id for state, region in zip(opened, made, strict=True)}
    for since in {state.since for state in drawn.ended}:
        ended = [state.region_id for state in drawn.ended if state.since == since]
        RegionState.objects.filter(region_id__in=ended, valid__contains=drawn.on).update(
            valid=Range(since, drawn.on, "[)")
        )
    Region.objects.filter(pk__in=drawn.closed_ids).update(closed_on=drawn.on)
    RegionState.objects.bulk_create(
        [
            RegionState(
                region_id=ids.get(state.region_id, state.region_id),
                level=state.level,
                code=state.code,
                name=state.name,
                short_name=state.short_name,
                parent_id=None if state.parent_id is None else ids.get(state.parent_id, state.parent_id),
                ranges=state.ranges,
                valid=from_day(drawn.on),
            )
            for state in drawn.begun
        ],
        batch_size=_BATCH,
    )
    return ids


def _write_entries(
    plan: Plan, drawn: Redraw, ids: dict[int, int], redraw_id: int, now: datetime, author: Author
) -> None:
    known = {state.code: state.region_id for state in drawn.begun} | {
        state.code: state.region_id for state in drawn.ended
    }
    for change in plan.changes:
        entry = _entry(change, plan, redraw_id)
        subject_id = known[entry.codes[0]]
        write_journal(
            entry,
            kind="region",
            subject_id=ids.get(subject_id, subject_id),
            scope_code=entry.codes[0],
            author=author,
            now=now,
        )


def _entry(change: Change, plan: Plan, redraw_id: int) -> RegionsChanged:
    match change:
        case Rename():
            return RegionsChanged(redraw_id, "rename", plan.on, (change.region,), name=change.name)
        case Move():
            return RegionsChanged(redraw_id, "move", plan.on, (change.region,), (change.code,), parent=change.parent)
        case Merge():
            return RegionsChanged(redraw_id, "merge", plan.on, change.regions, (change.into,))
        case Split():
            parts = tuple(part.code for part in change.parts)
            return RegionsChanged(redraw_id, "split", plan.on, (change.region,), parts, heir=change.heir)
        case Open():
            return RegionsChanged(redraw_id, "open", plan.on, (change.code,), name=change.name, parent=change.parent)
        case Close():
            return RegionsChanged(redraw_id, "close", plan.on, (change.region,))


@transaction.atomic
def redraw_followed(*, redraw_ids: list[int], now: datetime) -> None:
    """Note that open matters have followed these redraws. Worker's role."""
    RedrawRow.objects.filter(pk__in=redraw_ids, followed_at=None).update(followed_at=now)
