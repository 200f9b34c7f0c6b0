"""A plan that takes another one back gives places their codes, names and parents again; what can't be is said first."""

from datetime import date

import pytest

from shanzhi.kernel.organisation.policy.plan import (
    BadChange,
    Change,
    Close,
    Merge,
    Move,
    Open,
    Part,
    Plan,
    Rename,
    Split,
    State,
)
from shanzhi.kernel.organisation.policy.plan_file import plan_read, plan_write
from shanzhi.kernel.organisation.policy.redraw import redraw
from shanzhi.kernel.organisation.policy.undo import undo
from shanzhi.kernel.organisation.tests.test_planning_a_redraw import ON, STATES

BACK = date(2025, 9, 1)


def carried_out(plan: Plan, states: list[State]) -> list[State]:
    drawn = redraw(plan, states, later={}, later_codes={}, later_below={})
    gone = {state.region_id for state in drawn.ended}
    # A region that a plan opens gets an id of its own.
    ids = {state.region_id: 1000 + plan.on.toordinal() - state.region_id for state in drawn.opened}
    return [state for state in states if state.region_id not in gone] + [
        State(
            ids.get(state.region_id, state.region_id), state.level, state.code, state.name, state.short_name,
            ids.get(state.parent_id or 0, state.parent_id), state.ranges, state.since,
        )
        for state in drawn.begun
    ]  # fmt: skip


def places(states: list[State]) -> set[tuple[str, str, str]]:
    codes = {state.region_id: state.code for state in states}
    return {(state.code, state.name, codes.get(state.parent_id or 0, "")) for state in states}


@pytest.mark.parametrize(
    "changes",
    [
        (Rename("370303008", "新街道"),),
        (Move("370303008", "370306008", "370306"),),
        (Move("370303008", "370303077"), Rename("370303008", "新街道")),
        (Move("370303008", "370303009"), Move("370303009", "370303008")),
        (Merge(("370303009",), "370303008"),),
        (Open("370303200", "新镇", "370303"), Merge(("370303008", "370303009"), "370303200")),
        (
            Split(
                "370303009",
                (Part("370303201", "前镇", ("370303009001",)), Part("370303202", "后镇", ("370303009002",))),
                "370303202",
            ),
        ),
        (Open("370303200", "新镇", "370303"),),
        (Close("370303008001001"),),
    ],
)
def test_everything_is_where_it_was(changes: tuple[Change, ...]):
    plan = Plan(ON, changes)
    after = carried_out(plan, STATES)
    assert places(after) != places(STATES)
    back = undo(plan, 7, STATES, after, BACK)
    assert (back.on, back.undoes) == (BACK, 7)
    assert plan_read(plan_write(back)) == back
    assert places(carried_out(back, after)) == places(STATES)


def test_it_says_what_stands_in_the_way():
    plan = Plan(ON, (Rename("370303008", "新街道"),))
    after = carried_out(plan, STATES)
    with pytest.raises(BadChange, match="要晚于"):
        undo(plan, 7, STATES, after, ON)
    merged = carried_out(Plan(date(2025, 8, 1), (Merge(("370303008",), "370303009"),)), after)
    with pytest.raises(BadChange, match="后来又被合并"):
        undo(plan, 7, STATES, merged, BACK)
