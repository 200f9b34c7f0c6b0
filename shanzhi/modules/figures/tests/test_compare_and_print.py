"""Somebody lays a region's figures, or a unit's, or two periods, on one sheet."""

from django.test import Client

from shanzhi.modules.figures.tests.test_read_a_figure import kept, plain, supervisor, text
from tests.city import Cast
from tests.figures import Figures, city, counted

__all__ = ["city", "counted", "supervisor"]
PERIOD = "period=2025-11"


def test_a_region_has_a_sheet(counted: Figures, supervisor: Client) -> None:
    page = plain(text(supervisor, f"/figures/sheet/?region={counted.region('370303')}&{PERIOD}"))
    top, bottom = kept(counted, "satisfied", "370303")
    assert "张店区治理指标简表" in page
    assert f"{100 * top / bottom:.2f}%" in page
    assert f"共 {bottom} 次评价" in page


def test_a_unit_has_a_sheet_beside_its_kind(counted: Figures, supervisor: Client) -> None:
    cast: Cast = counted.city.cast
    page = plain(text(supervisor, f"/figures/units/{cast.handler.unit_id}/?{PERIOD}"))
    assert cast.handler.unit_name in page
    assert "同类单位" in page
    assert "申诉剔除 0 件" in page
    assert supervisor.get("/figures/units/999999999/").status_code == 404


def test_two_periods_stand_side_by_side(supervisor: Client) -> None:
    page = plain(text(supervisor, f"/figures/compare/?{PERIOD}&first=2025-10"))
    assert "2025年10月" in page
    assert "无法比较" in page
    assert supervisor.get(f"/figures/compare/?{PERIOD}&first=2024").status_code == 422
