"""Changes of the region tree: what one would do, what was done, what became of a region between two days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.models import Redraw as RedrawRow
from shanzhi.kernel.organisation.models import RedrawPair, RegionState, TreeVersion
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.plan import NoSuchRedraw, Plan, Redraw, State
from shanzhi.kernel.organisation.policy.plan_file import plan_read
from shanzhi.kernel.organisation.policy.redraw import redraw
from shanzhi.kernel.organisation.policy.succession import Succession
from shanzhi.kernel.organisation.policy.undo import undo
from shanzhi.kernel.organisation.queries.succession import succession_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would do, to regions and to units and posts. `version` of the tree that it was drawn on."""

    version: UUID | None
    drawn: Redraw
    succession: Succession


@dataclass(frozen=True, slots=True)
class PastState:
    """One state of a region: true from `since` up to (not with) `until`."""

    code: str
    name: str
    parent_id: int | None
    since: date
    until: date | None
    ranges: CodeRanges

    def is_true_on(self, on: date) -> bool:
        """Was it so on this day?"""
        return self.since <= on and (self.until is None or on < self.until)


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
    """What `plan` would do to the tree; 10 queries, grids and all.

    Raises:
        BadChange: it can't be; the reason as a sentence.
    """
    version = tree_version()
    drawn = _drawn(plan)
    return Preview(version, drawn, succession_of(plan, drawn))


def undo_plan(redraw_id: int, on: date) -> Plan:
    """A plan that takes a redraw back from the day `on`; 3 queries.

    Raises:
        NoSuchRedraw: there is none of this number.
        BadChange: it can't be taken back by itself; says why.
    """
    row = RedrawRow.objects.filter(pk=redraw_id).first()
    if row is None or not row.plan:
        raise NoSuchRedraw(msg("没有第 %(number)s 号区划变更。请核对编号。"), number=redraw_id)
    plan = plan_read(row.plan)
    return undo(plan, redraw_id, _states(plan.on - timedelta(days=1)), _states(on), on)


def _states(on: date) -> list[State]:
    return [
        State(
            row.region_id, Level(row.level), row.code, row.name, row.short_name, row.parent_id, row.ranges,
            row.valid.lower or date.min,
        )
        for row in RegionState.objects.filter(valid__contains=on)
    ]  # fmt: skip


def _drawn(plan: Plan) -> Redraw:
    states = _states(plan.on)
    after: dict[int, date] = {}
    codes: dict[str, date] = {}
    below: dict[int, date] = {}
    for region_id, code, parent_id, valid in RegionState.objects.filter(valid__startswith__gt=plan.on).values_list(
        "region_id", "code", "parent_id", "valid"
    ):
        after[region_id] = min(after.get(region_id, valid.lower), valid.lower)
        codes[code] = min(codes.get(code, valid.lower), valid.lower)
        if parent_id is not None:
            below[parent_id] = min(below.get(parent_id, valid.lower), valid.lower)
    # A region that ends later, with nothing after it, has changed then too.
    for region_id, valid in RegionState.objects.filter(
        valid__contains=plan.on, valid__endswith__gt=plan.on
    ).values_list("region_id", "valid"):
        after.setdefault(region_id, valid.upper)
    return redraw(plan, states, later=after, later_codes=codes, later_below=below)


def region_history(region_id: int) -> list[PastState]:
    """All states of a region, oldest first; 1 query."""
    return [
        PastState(row.code, row.name, row.parent_id, row.valid.lower or date.min, row.valid.upper, row.ranges)
        for row in RegionState.objects.filter(region_id=region_id).order_by("valid")
    ]


def region_became(region_id: int, since: date, until: date) -> int | None:
    """Which region has, on `until`, the place of the one that had it on `since`; None where a closed one has no heir.

    A figure of last month is given under today's tree by asking this of each of last month's regions. One query for each
    merge or split on the way, and 1.
    """
    seen = set()
    while region_id not in seen:
        seen.add(region_id)
        pair = (
            RedrawPair.objects.filter(old_region=region_id, redraw__effective_on__lte=until)
            .filter(redraw__effective_on__gt=since)
            .exclude(new_region=region_id)
            .first()
        )
        if pair is None:
            return region_id
        if pair.new_region_id is None:
            return None
        region_id = pair.new_region_id
    return region_id


def regions_became(until: date) -> dict[int, int | None]:
    """Of each region that ended by `until`, the one that took its place then; None where a closed one has no heir. 1 query.

    Follow it from region to region, as far as one that stands: what took a place may have ended too.
    """
    pairs = RedrawPair.objects.filter(redraw__effective_on__lte=until).exclude(new_region=F("old_region"))
    return dict(pairs.order_by("redraw__effective_on", "redraw_id").values_list("old_region_id", "new_region_id"))


@dataclass(frozen=True, slots=True)
class Placed:
    """Under which code a place was on a day, and under which it is now; None where nobody held it."""

    then: str | None
    now: str | None


def places_then_and_now(seen: Iterable[tuple[str, date]], today: date) -> dict[tuple[str, date], Placed]:
    """For each code and the day on which something was written down under it: its code on that day by what is known
    now (a plan for an earlier day may have been entered since), and today's; 2 queries, however many."""
    wanted = set(seen)
    codes = {code for code, _ in wanted}
    moved = RedrawPair.objects.exclude(new_region=F("old_region"))
    heirs = {
        old: (new, on) for old, new, on in moved.values_list("old_region_id", "new_region_id", "redraw__effective_on")
    }
    held = RegionState.objects.filter(code__in=codes).values("region_id")
    rows = RegionState.objects.filter(Q(region_id__in=held) | Q(region_id__in=moved.values("new_region_id")))
    by_code: dict[str, list[tuple[int, Any]]] = {}
    states: dict[int, list[tuple[str, Any]]] = {}
    for region_id, code, valid in rows.order_by("valid").values_list("region_id", "code", "valid"):
        states.setdefault(region_id, []).append((code, valid))
        if code in codes:
            by_code.setdefault(code, []).append((region_id, valid))

    def code_on(region_id: int | None, day: date) -> str | None:
        seen_ids = set()
        while region_id in heirs and region_id not in seen_ids and heirs[region_id][1] <= day:
            seen_ids.add(region_id)
            region_id = heirs[region_id][0]
        return next((code for code, valid in states.get(region_id or 0, ()) if day in valid), None)

    placed = {}
    for code, day in wanted:
        # The last to hold the code by that day: a plan for an earlier day may have taken it away in the meantime.
        holding = [pk for pk, valid in by_code.get(code, ()) if (valid.lower or date.min) <= day]
        last = holding[-1] if holding else None
        placed[(code, day)] = Placed(code_on(last, day), code_on(last, today))
    return placed


def days_of_change(since: date, until: date) -> list[date]:
    """The days from `since` to `until` on which regions changed; 1 query."""
    days = RedrawRow.objects.filter(effective_on__gte=since, effective_on__lte=until).values_list(
        "effective_on", flat=True
    )
    return sorted(set(days))


# A region ends once, so what took its place is one chain, whatever the order in which its redraws were entered.
_FOLLOWING = """
WITH RECURSIVE step (old_id, old_code, now_id) AS (
    SELECT p.old_region_id, p.old_code, p.old_region_id
    FROM organisation_redraw_pair p JOIN organisation_redraw r ON r.id = p.redraw_id
    WHERE r.effective_on <= %(on)s AND (r.followed_at IS NULL OR r.followed_at > %(late)s)
    UNION
    SELECT s.old_id, s.old_code, p.new_region_id
    FROM step s JOIN organisation_redraw_pair p ON p.old_region_id = s.now_id AND p.new_region_id <> s.now_id
    JOIN organisation_redraw r ON r.id = p.redraw_id AND r.effective_on <= %(on)s
)
SELECT s.old_id, s.old_code, t.region_id, t.code
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


@dataclass(frozen=True, slots=True)
class RedrawLine:
    """A redraw that was carried out; `undone_by` is the one that took it back. `followed_at`: open matters have followed."""

    id: int
    plan: Plan | None
    effective_on: date
    made_at: datetime
    followed_at: datetime | None
    undone_by: int | None


def redraws(*, before: int | None = None, limit: int = 25) -> list[RedrawLine]:
    """Redraws, the last entered first, below the id `before`; 2 queries."""
    rows = RedrawRow.objects.order_by("-id")
    found = list((rows if before is None else rows.filter(pk__lt=before))[:limit])
    undone = dict(RedrawRow.objects.filter(undoes__in=[row.pk for row in found]).values_list("undoes_id", "id"))
    return [
        RedrawLine(
            row.pk, plan_read(row.plan) if row.plan else None, row.effective_on, row.made_at, row.followed_at,
            undone.get(row.pk),
        )
        for row in found
    ]  # fmt: skip


def redraws_waiting(on: date) -> list[int]:
    """Redraws that have taken effect and that matters haven't followed yet; 1 query."""
    waiting = RedrawRow.objects.filter(effective_on__lte=on, followed_at=None)
    return list(waiting.order_by("id").values_list("id", flat=True))
