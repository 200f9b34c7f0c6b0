"""Units and posts that are open on a day or later, as a redraw needs them."""

from datetime import date
from typing import Any

from django.db.models import Q

from shanzhi.kernel.organisation.models import Post, PostHolding, Unit
from shanzhi.kernel.organisation.policy import Sees, UnitKind
from shanzhi.kernel.organisation.policy.plan import Plan, Redraw
from shanzhi.kernel.organisation.policy.succession import PostState, Succession, UnitState, succession


def succession_of(plan: Plan, drawn: Redraw) -> Succession:
    """What becomes of units and posts by a plan; 5 queries.

    Raises:
        BadChange: see `policy.succession`.
    """
    closed = drawn.closed_ids
    open_then = Q(closed_on=None) | Q(closed_on__gt=plan.on)
    near = closed | {pair.new_id for pair in drawn.pairs if pair.new_id > 0}
    named = [code for line in plan.units for code in (line.unit, line.successor)]
    wanted = Unit.objects.filter(open_then).filter(Q(region_id__in=near) | Q(code__in=named))
    units = list(wanted)
    below = list(Unit.objects.filter(open_then, parent__in=[unit.id for unit in units if unit.region_id in closed]))
    rows = Post.objects.filter(open_then).filter(
        Q(region_id__in=near) | Q(unit__in=[unit.id for unit in units]) | Q(ranges__isnull=False)
    )
    posts = list(rows) if drawn.pairs else []
    holdings: dict[int, list[PostHolding]] = {}
    for holding in PostHolding.objects.filter(post__in=[post.id for post in posts], valid__endswith__gt=plan.on) | (
        PostHolding.objects.filter(post__in=[post.id for post in posts], valid__upper_inf=True)
    ):
        holdings.setdefault(holding.post_id, []).append(holding)
    every = {unit.id: _unit(unit) for unit in (*units, *below)}
    # A code is never given twice, so those of closed units count too.
    taken = set(Unit.objects.values_list("code", flat=True)) if any(unit.region_id in closed for unit in units) else ()
    states = [_post(post, holdings.get(post.id, []), plan.on) for post in posts]
    return succession(plan, drawn, every.values(), states, frozenset(taken))


def _unit(unit: Unit) -> UnitState:
    return UnitState(
        unit.id, UnitKind(unit.kind), unit.name, unit.short_name, unit.code, unit.level, unit.region_id,
        unit.parent_id, unit.department, unit.opened_on,
    )  # fmt: skip


def _post(post: Post, holdings: list[Any], on: date) -> PostState:
    now = next((holding for holding in holdings if holding.valid.lower < on), None)
    return PostState(
        post.id, post.unit_id, post.role, post.title, post.region_id, post.seat, Sees(post.sees), post.ranges,
        post.opened_on, now.staff_id if now else None, now.valid.upper if now else None,
        any(holding.valid.lower >= on for holding in holdings),
    )  # fmt: skip
