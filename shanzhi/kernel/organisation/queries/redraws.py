"""Changes of the region tree: what one would do, what was done, what became of a region between two days."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from shanzhi.core.text import msg
from shanzhi.kernel.organisation.models import Post, RedrawPair, RegionState, TreeVersion, Unit
from shanzhi.kernel.organisation.models import Redraw as RedrawRow
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.plan import BadChange, Plan, Redraw, State
from shanzhi.kernel.organisation.policy.redraw import redraw


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would do. `version` of the tree that it was drawn on; `units` and `posts` that hang on moved regions."""

    version: UUID | None
    drawn: Redraw
    units: int
    posts: int


@dataclass(frozen=True, slots=True)
class PastState:
    """One state of a region: true from `since` up to (not with) `until`."""

    code: str
    name: str
    parent_id: int | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Following:
    """A matter of the region `old_id` that still has `old_code` belongs to `new_id`, `new_code` today."""

    old_id: int
    old_code: str
    new_id: int
    new_code: str


def tree_version() -> UUID | None:
    """The tree's version, to say later on which tree a plan was drawn; 1 query."""
    return TreeVersion.objects.values_list("version", flat=True).first()


def plan_preview(plan: Plan) -> Preview:
    """What `plan` would do to the tree; 7 queries, grids and all.

    Raises:
        BadChange: it can't be; the reason as a sentence.
    """
    version = tree_version()
    drawn = _drawn(plan)
    _check_nothing_left(drawn)
    moved = {pair.old_id for pair in drawn.pairs}
    return Preview(version, drawn, _open_units(plan.on, moved).count(), _open_posts(plan.on, moved).count())


def _drawn(plan: Plan) -> Redraw:
    states = [
        State(
            row.region_id, Level(row.level), row.code, row.name, row.short_name, row.parent_id, row.ranges,
            row.valid.lower or date.min,
        )
        for row in RegionState.objects.filter(valid__contains=plan.on)
    ]  # fmt: skip
    after: dict[int, date] = {}
    codes: dict[str, date] = {}
    for region_id, code, valid in RegionState.objects.filter(valid__startswith__gt=plan.on).values_list(
        "region_id", "code", "valid"
    ):
        after[region_id] = min(after.get(region_id, valid.lower), valid.lower)
        codes[code] = min(codes.get(code, valid.lower), valid.lower)
    # A region that ends later, with nothing after it, has changed then too.
    for region_id, valid in RegionState.objects.filter(
        valid__contains=plan.on, valid__endswith__gt=plan.on
    ).values_list("region_id", "valid"):
        after.setdefault(region_id, valid.upper)
    return redraw(plan, states, later=after, later_codes=codes)


def _open_units(on: date, region_ids: set[int] | frozenset[int]):  # type: ignore[no-untyped-def]  # a QuerySet, private here
    return Unit.objects.filter(Q(closed_on=None) | Q(closed_on__gt=on), region_id__in=region_ids)


def _open_posts(on: date, region_ids: set[int] | frozenset[int]):  # type: ignore[no-untyped-def]  # a QuerySet, private here
    return Post.objects.filter(Q(closed_on=None) | Q(closed_on__gt=on), region_id__in=region_ids)


def _check_nothing_left(drawn: Redraw) -> None:
    """A unit or post may not be left without its region.

    Raises:
        BadChange: names the first of them.
    """
    closed = drawn.closed_ids
    unit = _open_units(drawn.on, closed).order_by("code").first()
    if unit is not None:
        raise BadChange(
            msg("%(count)s 个单位还设在将要结束的区域，例如“%(unit)s”。请先撤销或改设这些单位，再变更区划。"),
            count=_open_units(drawn.on, closed).count(),
            unit=unit.name,
        )
    post = _open_posts(drawn.on, closed).order_by("id").first()
    if post is not None:
        raise BadChange(
            msg("%(count)s 个岗位还设在将要结束的区域，例如“%(post)s”。请先撤销或改设这些岗位，再变更区划。"),
            count=_open_posts(drawn.on, closed).count(),
            post=post.title,
        )
    for post in Post.objects.filter(Q(closed_on=None) | Q(closed_on__gt=drawn.on), ranges__isnull=False):
        if any(post.ranges.contains(pair.old_code) for pair in drawn.pairs):
            raise BadChange(
                msg("岗位“%(post)s”的范围是按代码另定的，包含要变更的区域。请先改定这个岗位的范围。"), post=post.title
            )


def region_history(region_id: int) -> list[PastState]:
    """All states of a region, oldest first; 1 query."""
    return [
        PastState(row.code, row.name, row.parent_id, row.valid.lower or date.min, row.valid.upper)
        for row in RegionState.objects.filter(region_id=region_id).order_by("valid")
    ]


def region_became(region_id: int, since: date, until: date) -> int | None:
    """Which region has, on `until`, the place of the one that had it on `since`; None where it was closed.

    A figure of last month is given under today's tree by asking this of each of last month's regions. At most one query
    for each merge or split on the way, and 1.
    """
    now_id: int | None = region_id
    while now_id is not None:
        pair = (
            RedrawPair.objects.filter(
                old_region=now_id, redraw__effective_on__gt=since, redraw__effective_on__lte=until
            )
            .exclude(new_region=now_id)
            .select_related("redraw")
            .order_by("redraw__effective_on", "redraw_id")
            .first()
        )
        if pair is None:
            return now_id
        since, now_id = max(since, pair.redraw.effective_on - timedelta(days=1)), pair.new_region_id
    return None


_FOLLOWING = """
WITH RECURSIVE due AS (
    SELECT id FROM organisation_redraw WHERE effective_on <= %(on)s AND (followed_at IS NULL OR followed_at > %(late)s)
), step (old_id, old_code, now_id, redraw_id) AS (
    SELECT p.old_region_id, p.old_code, p.new_region_id, p.redraw_id
    FROM organisation_redraw_pair p JOIN due ON due.id = p.redraw_id WHERE p.new_region_id IS NOT NULL
    UNION
    SELECT s.old_id, s.old_code, p.new_region_id, p.redraw_id
    FROM step s JOIN organisation_redraw_pair p ON p.old_region_id = s.now_id AND p.redraw_id > s.redraw_id
    JOIN organisation_redraw r ON r.id = p.redraw_id AND r.effective_on <= %(on)s
    WHERE p.new_region_id IS NOT NULL AND p.new_region_id <> s.now_id
)
SELECT DISTINCT s.old_id, s.old_code, t.region_id, t.code
FROM step s JOIN organisation_region_state t ON t.region_id = s.now_id AND t.valid @> %(on)s::date
WHERE (s.old_id, s.old_code) <> (t.region_id, t.code)
"""


def regions_to_follow(on: date, late: date) -> list[Following]:
    """What open matters still have to follow on this day, by redraws not followed yet or followed after `late`; 1 query.

    The goal is always the tree as it is on that day, so a later change, or one that takes an earlier one back, wins.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWING, {"on": on, "late": late})
        return [Following(*row) for row in cursor.fetchall()]


def redraws_waiting(on: date) -> list[int]:
    """Redraws that have taken effect and that matters haven't followed yet; 1 query."""
    waiting = RedrawRow.objects.filter(effective_on__lte=on, followed_at=None)
    return list(waiting.order_by("id").values_list("id", flat=True))
