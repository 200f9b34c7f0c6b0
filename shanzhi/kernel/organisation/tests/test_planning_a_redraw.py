"""What a plan for the tree would do, without a database; bad plans first."""

from dataclasses import replace
from datetime import date

import pytest

from shanzhi.core.errors import InputError
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Level, level_of, ranges_of, zone_ranges
from shanzhi.kernel.organisation.policy.plan import (
    BadChange,
    Close,
    Merge,
    Move,
    Open,
    Pair,
    Part,
    Plan,
    Redraw,
    Rename,
    Split,
    State,
)
from shanzhi.kernel.organisation.policy.redraw import redraw

ON = date(2025, 7, 1)
OPENED = date(2024, 1, 1)
# id → (code, parent's id)
CITY = {
    1: ("3703", None),
    2: ("370303", 1),
    3: ("370306", 1),
    4: ("370303008", 2),
    5: ("370303009", 2),
    6: ("370306100", 3),
    7: ("370303008001", 4),
    8: ("370303009001", 5),
    9: ("370303009002", 5),
    10: ("370303008001001", 7),
}


def state(region_id: int, code: str, parent_id: int | None, level: Level | None = None) -> State:
    return State(
        region_id, level or level_of(code), code, f"甲{region_id}", f"甲{region_id}", parent_id, ranges_of(code), OPENED
    )


STATES = [state(region_id, *where) for region_id, where in CITY.items()]


def zone(region_id: int, code: str, *covers: str) -> State:
    ranges = zone_ranges(code, [(member, ranges_of(member)) for member in covers])
    return replace(state(region_id, code, 1, Level.ZONE), ranges=ranges)


def draw(*changes, states=STATES, later=None, codes=None, below=None) -> Redraw:
    return redraw(Plan(ON, changes), states, later=later or {}, later_codes=codes or {}, later_below=below or {})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([], "没有任何变更"),
        ([Rename("370399", "乙")], "没有代码为"),
        ([Rename("370303", " ")], "名称不能为空"),
        ([Rename("370303", "甲2")], "没有改变任何区域"),
        ([Merge(("370303008",), "370303008")], "不能并入自己"),
        ([Merge(("370303008", "370303008"), "370303009")], "不能合并两次"),
        ([Merge((), "370303009")], "不能并入自己"),
        ([Merge(("370303",), "370303009")], "层级不同"),
        ([Merge(("370303008",), "370303009"), Rename("370303008", "乙")], "已被合并"),
        ([Move("370303008", "370303008", "370303008001")], "自己的下级"),
        ([Move("370303008", "370303008", "370303008")], "自己的下级"),
        ([Move("370303008001", "370306001001", "370306")], "不能放在"),
        ([Move("370303008", "370303008", "370306")], "代码范围"),
        ([Move("370303008", "370306")], "不是乡镇"),
        ([Move("370303008", "37x")], "只能是数字"),
        ([Move("3703", "3704")], "不能这样变更"),
        ([Move("370303008", "370303009")], "会用同一个代码"),
        ([Open("370303009", "乙镇", "370303")], "已用于"),
        ([Open("3704", "乙市", "3703")], "只能新设"),
        ([Open("370303101001", "乙村", "370303")], "不能放在"),
        ([Close("370303008")], "下面还有区域"),
        ([Close("3703")], "下面还有区域"),
        ([Split("370303009", (Part("370303201", "乙"),), "370303201")], "至少要有两个"),
        ([Split("370303009", (Part("370303201", "乙"), Part("370303202", "丙")), "370303203")], "承接"),
        ([Split("370303009", (Part("370303201", "乙"), Part("370303202", "丙")), "370303201")], "分给且只分给一个"),
        ([Split("3703", (Part("3704", "乙"), Part("3705", "丙")), "3704")], "不能拆分"),
    ],
)  # fmt: skip
def test_it_refuses_what_cannot_be(changes, says):
    with pytest.raises(InputError) as refused:
        draw(*changes)
    assert says in str(refused.value)


def test_it_refuses_a_change_before_one_that_is_there():
    with pytest.raises(BadChange, match="2025年9月1日 起已有变更"):
        draw(Rename("370303008", "乙"), later={4: date(2025, 9, 1)})
    with pytest.raises(BadChange, match="2024年1月1日 起已有变更"):
        redraw(Plan(OPENED, (Rename("370303008", "乙"),)), STATES, later={}, later_codes={}, later_below={})
    with pytest.raises(BadChange, match="2025年9月1日 起已用于"):
        draw(Move("370303008", "370303010"), codes={"370303010": date(2025, 9, 1)})


def test_it_gives_everything_below_a_moved_region_its_new_code():
    drawn = draw(Move("370303008", "370306008", "370306"))
    assert drawn.pairs == (
        Pair(4, "370303008", 4, "370306008"),
        Pair(7, "370303008001", 7, "370306008001"),
        Pair(10, "370303008001001", 10, "370306008001001"),
    )
    assert [(new.code, new.parent_id) for new in drawn.begun] == [
        ("370306008", 3), ("370306008001", 4), ("370306008001001", 7),
    ]  # fmt: skip


def test_it_merges_and_numbers_anew_what_would_collide():
    drawn = draw(Merge(("370303008",), "370303009"), Rename("370303009", "新街道"))
    assert drawn.pairs == (
        Pair(4, "370303008", 5, "370303009"),
        Pair(7, "370303008001", 7, "370303009003"),
        Pair(10, "370303008001001", 10, "370303009003001"),
    )
    assert drawn.closed_ids == {4}


def test_it_merges_into_a_new_region():
    drawn = draw(Open("370303200", "新镇", "370303"), Merge(("370303008", "370303009"), "370303200"))
    assert {(pair.old_id, pair.new_id, pair.new_code) for pair in drawn.pairs} == {
        (4, -1, "370303200"), (5, -1, "370303200"), (7, 7, "370303200001"), (8, 8, "370303200002"),
        (9, 9, "370303200003"), (10, 10, "370303200001001"),
    }  # fmt: skip


def test_it_splits_and_one_part_keeps_the_code():
    parts = (Part("370303009", "甲5", ("370303009001",)), Part("370303201", "新街道", ("370303009002",)))
    drawn = draw(Split("370303009", parts, "370303009"))
    assert drawn.pairs == (Pair(5, "370303009", -1, "370303009"), Pair(9, "370303009002", 9, "370303201002"))
    assert drawn.closed_ids == {5}


def test_it_lets_two_regions_swap_their_codes():
    drawn = draw(Move("370303008", "370303009"), Move("370303009", "370303008"))
    assert {(pair.old_code, pair.new_code) for pair in drawn.pairs if len(pair.old_code) == 9} == {
        ("370303008", "370303009"), ("370303009", "370303008"),
    }  # fmt: skip


def test_a_zone_over_two_counties_goes_on_covering_what_it_covered():
    states = [*STATES, zone(20, "370391", "370303008", "370306100")]
    drawn = draw(Move("370303008", "370306008", "370306"), states=states)
    assert {new.code: new.ranges for new in drawn.begun}["370391"] == CodeRanges.from_prefixes("370306008", "370306100")
    with pytest.raises(BadChange, match="只覆盖合并各方中的一部分"):
        draw(Merge(("370303008",), "370303009"), states=states)
    parts = (Part("370303201", "乙", ("370303008001",)), Part("370303202", "丙"))
    drawn = draw(Split("370303008", parts, "370303201"), states=states)
    covered = CodeRanges.from_prefixes("370303201", "370303202", "370306100")
    assert {new.code: new.ranges for new in drawn.begun}["370391"] == covered


def test_it_redraws_a_city_without_counties_and_one_with_two_prefixes():
    dongguan = [state(1, "4419", None), state(2, "441900003", 1), state(3, "441900004", 1), state(4, "441900003001", 2)]
    assert draw(Merge(("441900003",), "441900004"), states=dongguan).pairs == (
        Pair(2, "441900003", 3, "441900004"), Pair(4, "441900003001", 4, "441900004001"),
    )  # fmt: skip
    chongqing = [
        replace(state(1, "50", None), ranges=ranges_of("50", ("5001", "5002"))),
        state(2, "500101", 1), state(3, "500229", 1), state(4, "500229001", 3),
    ]  # fmt: skip
    assert draw(Move("500229", "500156"), states=chongqing).pairs == (
        Pair(3, "500229", 3, "500156"), Pair(4, "500229001", 4, "500156001"),
    )  # fmt: skip
    with pytest.raises(BadChange, match="代码范围"):
        draw(Move("500229", "500356"), states=chongqing)
