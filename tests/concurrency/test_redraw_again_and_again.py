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
from shanzhi.kernel.organisation.policy.plan import PARENTS, Change, Close, Merge, Move, Open, Part, Plan, Rename, Split
from shanzhi.kernel.organisation.policy.plan_file import plan_read, plan_write
from tests.city import LOADER, NOW
from tests.concurrency.committed import City

TODAY = local_date(NOW)
FULL = os.environ.get("SHANZHI_SIZE") == "full"
FIRST = TODAY - timedelta(days=400)
DAYS = [FIRST + timedelta(days=50 * number) for number in range(9)]
COUNTIES, TOWNSHIPS = (
    ("370303", "370306"),
    ("370303008", "370303009", "370303105", "370306100", "370303200", "370306200"),
)
COMMUNITIES = tuple(f"{township}{number}" for township in TOWNSHIPS for number in ("001", "006", "200", "201"))
CODES = st.sampled_from(TOWNSHIPS * 4 + COMMUNITIES)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Rename, CODES, st.sampled_from(["甲镇", "乙社区居委会"])),
    st.builds(Move, CODES, CODES, st.sampled_from(("", *COUNTIES, *TOWNSHIPS))),
    st.builds(lambda gone, into: Merge((gone,), into), CODES, CODES),
    st.builds(Open, CODES, st.just("新区域"), st.sampled_from(COUNTIES + TOWNSHIPS)),
    st.builds(Close, CODES),
)
STEPS = st.lists(st.tuples(st.sampled_from(DAYS), st.lists(CHANGES, min_size=1, max_size=3)), min_size=3, max_size=8)


def _plan(on: date, changes: list[Change]) -> Plan:
    """A merge into one that is opened beside it comes out of two drawn codes; a split is drawn from what lies below."""
    full: list[Change] = []
    for change in changes:
        if isinstance(change, Close) and len(change.region) == 9:
            below = tuple(row.code for row in regions.children(change.region, on))
            free = next(code for code in ("370303301", "370303302", "370303303", "370303304") if not _held(code, on))
            parts = (Part(free, "前镇", below[:1]), Part(f"{free[:6]}4{free[7:]}", "后镇", below[1:]))
            full.append(Split(change.region, parts, free))
        else:
            full.append(change)
    return Plan(on, tuple(full))


def _held(code: str, on: date) -> bool:
    return regions.region_of_code(code, on) is not None


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
        for on, changes in steps:
            plan = _plan(on, changes)
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
