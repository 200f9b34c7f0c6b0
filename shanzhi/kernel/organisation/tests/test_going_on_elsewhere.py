"""Who takes over units and posts whose region ends, without a database; bad plans first."""

from dataclasses import replace
from datetime import date

import pytest

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Sees, UnitKind
from shanzhi.kernel.organisation.policy.plan import BadChange, Change, Close, Merge, Move, Open, Plan, TakesOver
from shanzhi.kernel.organisation.policy.redraw import redraw
from shanzhi.kernel.organisation.policy.succession import PostState, Succession, UnitState, succession
from shanzhi.kernel.organisation.tests.test_planning_a_redraw import ON, OPENED, STATES, state

STAYS, GONE = 4, 5
EMPTY = state(11, "370303010", 2)


def unit(unit_id: int, kind: UnitKind, region_id: int, code: str, name: str = "", **more) -> UnitState:
    given = {"parent_id": None, "department": None, "opened_on": OPENED} | more
    return UnitState(
        unit_id, kind, name or f"甲{region_id}单位", f"单位{unit_id}", code, "township", region_id, **given
    )


def post(post_id: int, unit_id: int, region_id: int, staff_id: int | None = 7, **more) -> PostState:
    made = PostState(post_id, unit_id, "handler", "承办员", region_id, 1, Sees.REGION, None, OPENED, staff_id)
    return replace(made, **more)


UNITS = [
    unit(1, UnitKind.TOWNSHIP, STAYS, "township-370303008"),
    unit(2, UnitKind.TOWNSHIP, GONE, "township-370303009"),
    unit(3, UnitKind.COMMUNITY, 8, "community-370303009001", parent_id=2),
    unit(4, UnitKind.VOLUNTEER, GONE, "volunteer-370303009", "热心队"),
]
MERGE = Merge(("370303009",), "370303008")


def goes(*changes: Change, units=UNITS, posts=(), lines=(), states=STATES, taken=()) -> Succession:
    plan = Plan(ON, changes, lines)
    drawn = redraw(plan, states, later={}, later_codes={}, later_below={})
    return succession(plan, drawn, units, posts, frozenset(taken))


@pytest.mark.parametrize(
    ("changes", "given", "says"),
    [
        (
            (Close("370303010"),),
            {"units": [unit(9, UnitKind.TOWNSHIP, 11, "x")], "states": [*STATES, EMPTY]},
            "没有接替",
        ),
        ((MERGE,), {"lines": (TakesOver("nobody", "township-370303008"),)}, "不在将要结束的区域里"),
        ((MERGE,), {"lines": (TakesOver("township-370303008", "township-370303008"),)}, "不在将要结束的区域里"),
        ((MERGE,), {"lines": (TakesOver("township-370303009", "volunteer-370303009"),)}, "也将结束"),
        ((MERGE,), {"lines": (TakesOver("township-370303009", "nobody"),)}, "那一天不在"),
        ((MERGE,), {"units": [unit(2, UnitKind.TOWNSHIP, GONE, "t", opened_on=ON)]}, "才设立"),
        ((MERGE,), {"posts": [post(1, 2, GONE, is_taken_later=True)]}, "另有人任职"),
        ((MERGE,), {"posts": [post(1, 2, GONE, opened_on=date(2026, 1, 1))]}, "才设立"),
    ],
)
def test_it_refuses_what_would_leave_somebody_nowhere(changes, given, says):
    with pytest.raises(BadChange) as refused:
        goes(*changes, **given)
    assert says in str(refused.value)


def test_the_same_office_takes_over_and_a_team_goes_on_by_itself():
    found = goes(MERGE)
    assert [(one.unit.code, one.to_id) for one in found.units] == [
        ("township-370303009", 1),
        ("volunteer-370303009", -1),
    ]
    assert [(new.code, new.name, new.region_id) for new in found.opened] == [("volunteer-370303008", "热心队", STAYS)]
    assert found.below == ((3, 1),)


def test_a_plan_may_say_who_takes_over():
    found = goes(MERGE, lines=(TakesOver("volunteer-370303009", "township-370303008"),))
    assert ({one.unit.unit_id: one.to_id for one in found.units}, found.opened) == ({2: 1, 4: 1}, ())


def test_two_that_become_one_get_one_office_with_a_code_of_its_own():
    found = goes(
        Open("370303200", "新镇", "370303"),
        Merge(("370303008", "370303009"), "370303200"),
        taken=("township-370303200",),
    )
    assert {one.unit.unit_id: one.to_id for one in found.units} == {1: -1, 2: -1, 4: -2}
    assert [(new.code, new.name) for new in found.opened] == [
        ("township-370303200-2", "新镇单位"),
        ("volunteer-370303200", "热心队"),
    ]


def test_a_holder_goes_on_in_the_next_free_seat_and_a_vacant_post_is_not_kept():
    found = goes(MERGE, posts=[post(1, 1, STAYS), post(2, 2, GONE, 8), post(3, 2, GONE, None, seat=2), post(4, 3, 8)])
    assert [(one.post.post_id, one.to and (one.to.unit_id, one.to.region_id, one.to.seat)) for one in found.posts] == [
        (2, (1, STAYS, 2)), (3, None),
    ]  # fmt: skip


def test_the_codes_of_a_post_follow_and_never_grow():
    held = post(1, 1, STAYS, ranges=CodeRanges.from_prefixes("370303009"))
    assert goes(Move("370303009", "370303077"), posts=[held]).posts[0].to == replace(
        held, post_id=-1, ranges=CodeRanges.from_prefixes("370303077"), opened_on=ON
    )
    merged = goes(MERGE, posts=[held]).posts[0].to
    assert merged is not None
    # 370303008001 was there before, and isn't the post's.
    assert merged.ranges == CodeRanges.from_prefixes("370303008002", "370303008003")
    other = post(1, 1, STAYS, ranges=CodeRanges.from_prefixes("370306"))
    assert goes(MERGE, posts=[other]).posts == ()
