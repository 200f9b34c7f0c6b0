"""Change the tree by a plan and ask for it as of any day."""

from datetime import date

import pytest

from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.plan import BadChange, Close, Merge, Move, Open, Plan, Rename, TreeMoved
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, TODAY

ON = date(2025, 5, 1)
pytestmark = pytest.mark.usefixtures("regions")


def change(*changes, on=ON, version=None):
    version = version or queries.tree_version()
    return operations.regions_change(plan=Plan(on, changes), version=version, now=NOW, author=LOADER)


def found(code: str, on: date) -> queries.RegionRow:
    row = queries.region_of_code(code, on)
    assert row is not None
    return row


def test_it_tells_the_second_of_two_keepers():
    seen = queries.tree_version()
    change(Rename("370303008", "新街道"))
    with pytest.raises(TreeMoved):
        change(Rename("370303009", "旧街道"), version=seen)


def test_it_leaves_everything_where_a_plan_cannot_be():
    with pytest.raises(BadChange):
        change(Rename("370303008", "新街道"), Merge(("370303008",), "370303008"))
    assert found("370303008", TODAY).name == "四宝山街道"


def test_it_refuses_to_change_before_a_change():
    change(Rename("370303008", "新街道"), on=date(2026, 1, 1))
    with pytest.raises(BadChange, match="2026年1月1日 起已有变更"):
        change(Rename("370303008", "旧街道"))


def test_it_moves_a_township_to_another_county_and_keeps_what_was():
    township = found("370303008", TODAY)
    change(Move("370303008", "370306008", "370306"))
    assert found("370303008", date(2025, 4, 30)).id == township.id
    assert queries.region_of_code("370303008", ON) is None
    moved = found("370306008", ON)
    assert (moved.id, moved.path) == (township.id, "周村区 四宝山街道")
    assert [row.code for row in queries.children("370306008", ON)] == ["370306008001"]
    assert [(past.code, past.until) for past in queries.region_history(township.id)] == [
        ("370303008", ON), ("370306008", None),
    ]  # fmt: skip


def test_it_has_a_change_of_next_year_ready():
    change(Rename("370303008", "新街道"), on=date(2026, 1, 1))
    assert found("370303008", TODAY).name == "四宝山街道"
    assert found("370303008", date(2026, 1, 1)).name == "新街道"
    assert queries.redraws_waiting(TODAY) == []


def test_it_tells_what_became_of_a_region():
    ids = {code: found(code, TODAY).id for code in ("370303008", "370303009", "370303105")}
    assert change(Merge(("370303008",), "370303009")).closed == 1
    change(Open("370303200", "新镇", "370303"), Merge(("370303009", "370303105"), "370303200"), on=date(2025, 5, 20))
    new = found("370303200", TODAY).id
    before = date(2025, 4, 1)
    assert [queries.region_became(ids[code], before, TODAY) for code in ids] == [new, new, new]
    assert queries.region_became(ids["370303008"], before, date(2025, 5, 2)) == ids["370303009"]
    became = queries.regions_became(TODAY)
    assert [became[ids[code]] for code in ids] == [ids["370303009"], new, new]
    assert ids["370303009"] not in queries.regions_became(date(2025, 5, 2))
    assert [row.code for row in queries.children("370303200", TODAY)] == [
        "370303200001", "370303200006", "370303200007", "370303200200",
    ]  # fmt: skip
    assert {
        (row.old_id, row.old_code, row.new_id, row.new_code) for row in queries.regions_to_follow(TODAY, TODAY)
    } >= {
        (ids["370303008"], "370303008", new, "370303200"),
        (ids["370303009"], "370303009", new, "370303200"),
    }


def test_it_says_what_is_wrong_with_a_plan_that_was_carried_out_already():
    change(Merge(("370303008",), "370303009"))
    with pytest.raises(BadChange, match="没有代码为“370303008”的区域"):
        change(Merge(("370303008",), "370303009"), on=date(2025, 5, 2))
    with pytest.raises(BadChange, match="2025年5月1日 起另有下级划入"):
        # What came below it in May isn't pulled away in April.
        change(Move("370303009", "370303011"), on=date(2025, 4, 1))
    change(Rename("370303009", "新街道"), on=date(2025, 6, 1))
    with pytest.raises(BadChange, match="没有改变任何区域"):
        change(Rename("370303009", "新街道"), on=date(2025, 6, 2))


def test_it_follows_by_the_day_and_not_by_the_order_of_entry():
    ids = {code: found(code, TODAY).id for code in ("370303008", "370303009", "370303105")}
    change(Merge(("370303105",), "370303009"), on=date(2025, 6, 1))
    change(Open("370303300", "空镇", "370303"), on=date(2025, 2, 1))
    empty = found("370303300", date(2025, 3, 1)).id
    # Entered later, for an earlier day, into one that isn't there any more today.
    change(Merge(("370303300",), "370303105"), on=date(2025, 4, 1))
    assert queries.region_became(empty, date(2025, 3, 1), date(2025, 4, 2)) == ids["370303105"]
    assert queries.region_became(empty, date(2025, 3, 1), TODAY) == ids["370303009"]
    goals = {(row.old_id, row.old_code): row.new_code for row in queries.regions_to_follow(TODAY, TODAY)}
    assert goals[(empty, "370303300")] == "370303009"


@pytest.mark.usefixtures("city")
def test_units_and_posts_go_on_in_the_region_that_takes_the_place():
    before = {unit.code: unit for unit in queries.units_within(found("370303008", TODAY).ranges, TODAY)}
    gone, heir = before["township-370303008"], queries.unit_by_code("township-370303009", TODAY)
    assert heir is not None
    held = [card for card in queries.posts_of_unit(gone.id, TODAY) if card.staff_id is not None]
    there = len(queries.posts_of_unit(heir.id, TODAY))
    change(Merge(("370303008",), "370303009"))
    day_before = date(2025, 4, 30)
    assert queries.unit_by_code("township-370303008", day_before) is not None
    assert queries.unit_by_code("township-370303008", ON) is None
    assert queries.posts_of_unit(gone.id, ON) == []
    assert len(queries.posts_of_unit(heir.id, ON)) == there + len(held)
    for card in held:
        assert card.staff_id is not None
        assert [post.unit_id for post in queries.posts_of_staff(card.staff_id, day_before)] == [gone.id]
        assert [(post.unit_id, post.role) for post in queries.posts_of_staff(card.staff_id, ON)] == [
            (heir.id, card.role)
        ]
    community = queries.unit_by_code("community-370303008001", ON)
    assert community is not None
    assert (community.region_code[:9], community.parent_id) == ("370303009", heir.id)


@pytest.mark.usefixtures("city")
def test_what_two_townships_had_is_set_up_for_the_new_one():
    change(Open("370303200", "新城街道", "370303"), Merge(("370303008", "370303009"), "370303200"))
    ranges = found("370303200", ON).ranges
    new = {unit.code: unit.name for unit in queries.units_within(ranges, ON, levels=(Level.TOWNSHIP,))}
    assert new == {"township-370303200": "新城街道办事处", "centre-370303200": "新城街道社会治安综合治理中心"}


@pytest.mark.usefixtures("city")
def test_nobody_is_left_in_a_region_that_is_closed():
    with pytest.raises(BadChange, match="没有接替的单位"):
        change(Close("370306100201001"), Close("370306100201002"), Close("370306100201003"), Close("370306100201"))
