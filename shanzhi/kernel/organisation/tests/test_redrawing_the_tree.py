"""Change the tree by a plan and ask for it as of any day."""

from datetime import date

import pytest

from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy.plan import BadChange, Merge, Move, Open, Plan, Rename, TreeMoved
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
    with pytest.raises(BadChange, match="2026-01-01 起已有变更"):
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
    assert [row.code for row in queries.children("370303200", TODAY)] == [
        "370303200001", "370303200006", "370303200007", "370303200200",
    ]  # fmt: skip
    assert {
        (row.old_id, row.old_code, row.new_id, row.new_code) for row in queries.regions_to_follow(TODAY, TODAY)
    } >= {
        (ids["370303008"], "370303008", new, "370303200"),
        (ids["370303009"], "370303009", new, "370303200"),
    }


@pytest.mark.usefixtures("city")
def test_it_leaves_no_unit_and_no_post_without_a_region():
    with pytest.raises(BadChange, match="个单位还设在将要结束的区域"):
        change(Merge(("370303008",), "370303009"))
    preview = queries.plan_preview(Plan(ON, (Move("370303008", "370306008", "370306"),)))
    assert (preview.units > 0, preview.posts > 0) == (True, True)
