"""A city brings its own units, posts and admission list: taken over row by row, none twice, the rest with reasons."""

from datetime import date
from typing import Any

import pytest

from shanzhi.core.importing import Circumstances, RowUnusable
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.subjects import POST_FIELDS, admission_take, posts_take, units_take
from shanzhi.kernel.organisation.tests.cast import NOW, TODAY

pytestmark = pytest.mark.usefixtures("city")

HOW = Circumstances(NOW, TODAY)
COMMITTEE = {"name": "马尚街道人民调解委员会", "kind": UnitKind.MEDIATION, "region_code": "370303009"}


def unit_id(words: str) -> int:
    found = queries.units_named(words, TODAY)
    assert len(found) == 1, words
    return found[0].id


def test_it_takes_over_units_whatever_their_order() -> None:
    below = {**COMMITTEE, "name": "世纪花园调解室", "region_code": "370303009006", "parent": "马尚街道人民调解委员会"}
    rows: list[dict[str, Any]] = [
        below,
        COMMITTEE | {"capacity": 40},
        COMMITTEE | {"name": "某调委会", "region_code": "370399"},
        {"name": "又一个局", "kind": UnitKind.DEPARTMENT, "region_code": "370303", "department": "司法局"},
        COMMITTEE | {"code": "centre-3703"},
        COMMITTEE | {"name": "某调解室", "parent": "没有的单位"},
    ]
    preview = units_take(rows, Circumstances(NOW, TODAY, is_preview=True))
    assert (preview.added, preview.known, sorted(preview.wrong)) == (2, 0, [2, 3, 4, 5])
    assert queries.units_named("马尚街道人民调解委员会", TODAY) == []
    taken = units_take(rows, HOW)
    assert (taken.added, taken.known, taken.wrong) == (2, 0, preview.wrong)
    assert "没有代码为“370399”的区域" in taken.wrong[2]
    assert "这里已有" in taken.wrong[3]
    assert "导入不改名" in taken.wrong[4]
    assert "没有叫“没有的单位”的单位" in taken.wrong[5]
    card = queries.office_card(unit_id("世纪花园调解室"))
    assert card is not None
    assert card.parent_name == "马尚街道人民调解委员会"
    again = units_take(rows[:2], HOW)
    assert (again.added, again.known, again.wrong) == (0, 2, {})


def test_it_takes_over_posts_and_who_holds_them() -> None:
    units_take([COMMITTEE], HOW)
    row: dict[str, Any] = {"unit": "马尚街道人民调解委员会", "role": "承办员"}
    rows = [
        row | {"work_number": "Z-1", "staff_name": "周一"},
        row | {"work_number": "Z-2", "staff_name": "吴二"},
        row | {"role": "国王"},
        row | {"unit": "没有的单位"},
        row | {"seat": 1, "work_number": "Z-3", "staff_name": "郑三"},
        row | {"seat": 9, "work_number": "Z-1", "staff_name": "别人"},
    ]
    taken = posts_take(rows, HOW)
    assert (taken.added, taken.known, sorted(taken.wrong)) == (2, 0, [2, 3, 4, 5])
    assert "由周一担任" in taken.wrong[4]
    assert "登记的不是“别人”" in taken.wrong[5]
    unit = unit_id("马尚街道人民调解委员会")
    assert [(seat.seat, seat.staff_name) for seat in queries.seats_of_unit(unit, TODAY)] == [(1, "周一"), (2, "吴二")]
    again = posts_take(rows[:2], HOW)
    assert (again.added, again.known, again.wrong) == (0, 2, {})


def test_from_a_page_nobody_is_appointed_and_nothing_far_away_is_touched() -> None:
    centre = queries.unit_by_code("centre-370303", TODAY)
    assert centre is not None
    keeper = next(card for card in queries.posts_of_unit(centre.id, TODAY) if card.role == "keeper")
    how = Circumstances(NOW, TODAY, post_id=keeper.post_id)
    there = COMMITTEE | {"name": "北郊镇调委会", "region_code": "370306100"}
    taken = units_take([COMMITTEE, there], how)
    assert (taken.added, taken.wrong) == (1, {1: "区域 370306100 不在您管的范围里。"})
    row = {"unit": COMMITTEE["name"], "role": "handler"}
    posts = posts_take([row, row | {"work_number": "Z-9", "staff_name": "冯九"}], how)
    assert posts.added == 1
    assert "双人复核" in posts.wrong[1]
    item = {"item": "某证明", "level": Level.GRID, "ground": "清单第 1 项"}
    assert admission_take([item], how).wrong == {0: "准入清单由市级系统管理员维护。"}


@pytest.mark.parametrize(
    "cell", ["2025-01-06", "2025/1/6", "2025年1月6日", "2025.01.06", "45663", "2025-01-06 00:00:00"]
)
def test_it_reads_a_day_as_a_sheet_writes_it(cell: str) -> None:
    since = next(one for one in POST_FIELDS if one.name == "since")
    assert since.parse(cell, "任职日期") == date(2025, 1, 6)
    assert since.parse(" ", "任职日期") is None
    for wrong in ("2025-13-01", "明天", "2025-02-30"):
        with pytest.raises(RowUnusable, match="任职日期"):
            since.parse(wrong, "任职日期")


def test_it_takes_over_the_admission_list() -> None:
    item = {"item": "居民身份证明", "level": Level.COMMUNITY, "ground": "清单第 3 项"}
    rows = [item, item | {"level": Level.GRID}, item, item | {"ground": "另一份文件"}, item | {"item": ""}]
    taken = admission_take(rows, HOW)
    assert (taken.added, taken.known, sorted(taken.wrong)) == (2, 1, [3, 4])
    assert "清单里已有" in taken.wrong[3]
