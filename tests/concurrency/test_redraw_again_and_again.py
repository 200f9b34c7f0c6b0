"""Any sequence of plans, entered in any order of days: the tree stays a tree, and everything open ends up in it.

Plans are drawn by Hypothesis; what can't be is refused, and everything else is looked at on every day that matters.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as regions
from shanzhi.kernel.organisation.models import RedrawPair, Region, RegionState, UnitHeir
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.plan import PARENTS, Close, Merge, Move, Open, Part, Plan, Rename, Split
from shanzhi.kernel.organisation.policy.plan_file import plan_read, plan_write
from tests.city import LOADER, NOW
from tests.concurrency.committed import City

TODAY = local_date(NOW)
FULL = os.environ.get("SHANZHI_SIZE") == "full"
FIRST = TODAY - timedelta(days=400)
DAYS = [FIRST + timedelta(days=50 * number) for number in range(9)]
KINDS = ("rename", "recode", "move", "merge", "merge", "into new", "split", "open", "close", "swap")
NUMBERS = st.integers(0, 11)
STEPS = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from(KINDS), st.sampled_from((9, 9, 12)), NUMBERS, NUMBERS),
    min_size=4,
    max_size=8,
)


def _plan(on: date, kind: str, digits: int, first: int, second: int) -> Plan:
    """A plan that is drawn from the tree of its day, and so mostly can be."""
    rows = sorted(
        RegionState.objects.filter(valid__contains=on, code__regex=f"^[0-9]{{{digits}}}$").values_list(
            "code", flat=True
        )
    )
    one, two = rows[first % len(rows)], rows[second % len(rows)]
    above = one[:6] if digits == 9 else one[:9]
    match kind:
        case "rename":
            return Plan(on, (Rename(one, f"甲{second}镇"),))
        case "recode":
            return Plan(on, (Move(one, _free(above, digits, second)),))
        case "move":
            parent = two[:6] if digits == 9 else two[:9]
            return Plan(on, (Move(one, _free(parent, digits, second), parent),))
        case "merge":
            return Plan(on, (Merge((one,), two),))
        case "into new":
            code = _free(above, digits, second)
            return Plan(on, (Open(code, "新区域", above), Merge((one, two), code)))
        case "split":
            below = tuple(row.code for row in regions.children(one, on))
            parts = (
                Part(_free(above, digits, 1), "前", below[:second]),
                Part(_free(above, digits, 2), "后", below[second:]),
            )
            return Plan(on, (Split(one, parts, parts[0].code),))
        case "open":
            return Plan(on, (Open(_free(above, digits, second), "新区域", above),))
        case "swap":
            return Plan(on, (Move(one, two), Move(two, one)))
        case _:
            return Plan(on, (Close(one),))


def _free(parent: str, digits: int, number: int) -> str:
    """A code below `parent` that nobody ever had."""
    had = set(RegionState.objects.filter(code__startswith=parent).values_list("code", flat=True))
    numbers = range(500 + 20 * number, 1000)
    return next(code for code in (f"{parent}{n:0{digits - len(parent)}d}" for n in numbers) if code not in had)


@contextmanager
def _undone(city: City) -> Iterator[None]:
    with database.acting_as(city.installation, "importer"), transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(
    max_examples=200 if FULL else 12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_it_stays_a_tree_and_loses_nothing(city, steps):
    with _undone(city):
        done = 0
        for on, *drawn in steps:
            plan = _plan(on, *drawn)
            assert plan_read(plan_write(plan)) == plan
            try:
                with transaction.atomic():
                    organisation.regions_change(plan=plan, version=regions.tree_version(), now=NOW, author=LOADER)
                done += 1
            except DomainError:
                continue
            _look_at_everything()
        if done:
            _take_back_the_last()


def _take_back_the_last() -> None:
    last = regions.redraws(limit=1)[0]
    after = max(last.effective_on, *DAYS) + timedelta(days=30)
    try:
        with transaction.atomic():
            plan = regions.undo_plan(last.id, after)
            organisation.regions_change(plan=plan, version=regions.tree_version(), now=NOW, author=LOADER)
    except DomainError:
        return
    _look_at_everything(after)
    assert last.plan is not None
    for change in last.plan.changes:
        if isinstance(change, Rename | Move):
            was = regions.region_of_code(change.region, last.effective_on - timedelta(days=1))
            again = regions.region_of_code(change.region, after)
            assert was is None or again is None or (was.id, was.name) == (again.id, again.name)


def _look_at_everything(*more: date) -> None:
    days = sorted({FIRST, TODAY, *DAYS, *more})
    for day in days:
        _look_at_the_tree(day)
    _follow_everything(days[0], TODAY)
    for heir in UnitHeir.objects.select_related("new_unit"):
        assert heir.new_unit.opened_on <= heir.effective_on
        assert heir.new_unit.closed_on is None or heir.new_unit.closed_on >= heir.effective_on


def _look_at_the_tree(day: date) -> None:
    states = list(RegionState.objects.filter(valid__contains=day))
    by_id = {row.region_id: row for row in states}
    assert len(by_id) == len(states)
    assert len({row.code for row in states}) == len(states)
    alive = Region.objects.filter(opened_on__lte=day).exclude(closed_on__lte=day).values_list("id", flat=True)
    assert set(alive) == set(by_id)
    for row in states:
        if row.parent_id is None or row.level == Level.ZONE:
            continue
        parent = by_id[row.parent_id]
        # Each level stands below another kind of level, so there is no way round in a circle.
        assert parent.level in PARENTS[Level(row.level)]
        assert parent.ranges.covers(row.ranges)


def _follow_everything(since: date, today: date) -> None:
    goals = {(goal.old_id, goal.old_code): goal for goal in regions.regions_to_follow(today, date.min)}
    ended = list(
        RedrawPair.objects.filter(redraw__effective_on__lte=today)
        .exclude(new_region__isnull=True)
        .order_by("redraw__effective_on", "redraw_id")
        .values_list("old_region_id", "new_region_id")
    )
    now = {row.region_id: row.code for row in RegionState.objects.filter(valid__contains=today)}
    for region_id, code, valid in RegionState.objects.values_list("region_id", "code", "valid"):
        if valid.lower > today:
            continue
        # A matter that lies there ends in a region of today, by whatever way.
        goal = goals.get((region_id, code))
        where = (goal.new_id, goal.new_code) if goal else (region_id, code)
        assert now.get(where[0]) == where[1]
        step_by_step = region_id
        for old, new in ended:
            step_by_step = new if old == step_by_step else step_by_step
        assert regions.region_became(region_id, since - timedelta(days=999), today) == step_by_step == where[0]
