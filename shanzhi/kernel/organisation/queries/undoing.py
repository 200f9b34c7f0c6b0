"""What taking a redraw back doesn't bring back: units that ended with their regions, and their posts."""

from dataclasses import dataclass

from django.db.models import Count

from shanzhi.kernel.organisation.models import Post, RegionState, Unit, UnitHeir
from shanzhi.kernel.organisation.policy.plan import Redraw
from shanzhi.kernel.organisation.policy.succession import ONE_A_REGION


@dataclass(frozen=True, slots=True)
class UnitLeft:
    """A unit that a redraw ended, and where it stood. `heir` has its work and `posts` posts of it since; `stands` is the
    unit of its sort that the region has once the redraw is taken back (empty: the keeper sets one up)."""

    name: str
    region_code: str
    region_name: str
    heir: str
    posts: int
    stands: str


def undo_leaves(redraw_id: int, drawn: Redraw) -> tuple[UnitLeft, ...]:
    """The units that `drawn`, a plan that takes the redraw `redraw_id` back, leaves to be looked after by hand; 5 queries."""
    rows = list(
        UnitHeir.objects.filter(redraw_id=redraw_id)
        .select_related("old_unit", "new_unit")
        .order_by("old_unit__code", "old_unit_id")
    )
    olds = {row.old_unit.region_id for row in rows}
    was = {state.region_id: state for state in RegionState.objects.filter(region_id__in=olds).order_by("valid")}
    ids = _then({state.code for state in was.values()}, drawn)
    there = {_sort(unit): unit.name for unit in Unit.objects.filter(region_id__in=ids.values(), closed_on=None)}
    posts = dict(
        Post.objects.filter(unit_id__in=[row.old_unit_id for row in rows])
        .filter(closed_on__in={row.effective_on for row in rows})
        .values_list("unit_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return tuple(
        UnitLeft(
            row.old_unit.name,
            was[row.old_unit.region_id].code,
            was[row.old_unit.region_id].name,
            row.new_unit.name,
            posts.get(row.old_unit_id, 0),
            there.get((*_sort(row.old_unit)[:-1], ids.get(was[row.old_unit.region_id].code, 0)), ""),
        )
        for row in rows
    )


def _then(codes: set[str], drawn: Redraw) -> dict[str, int]:
    """Which region, of those that are there already, has each of these codes once the plan is carried out."""
    ended = {state.region_id for state in drawn.ended}
    ids = {
        state.code: state.region_id
        for state in RegionState.objects.filter(code__in=codes, valid__contains=drawn.on)
        if state.region_id not in ended
    }
    ids |= {state.code: state.region_id for state in drawn.begun if state.code in codes}
    return {code: region_id for code, region_id in ids.items() if region_id > 0}


def _sort(unit: Unit) -> tuple[object, ...]:
    """What makes two units the same office of two regions, as in `policy.succession`."""
    own = None if unit.kind in ONE_A_REGION or unit.department else unit.name
    return unit.kind, unit.department, own, unit.region_id
