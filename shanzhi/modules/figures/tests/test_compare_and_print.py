"""Somebody lays a region's figures, or a unit's, or two periods, on one sheet."""

import re
from html import unescape
from urllib.parse import unquote

from django.db import connection
from django.test import Client

from shanzhi.config import database
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


def test_a_unit_s_numbers_lead_to_its_matters(counted: Figures, supervisor: Client) -> None:
    with database.acting_as(counted.city.installation, "worker"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit_id FROM fact_cube_unit WHERE month = 202511 GROUP BY 1"
            " HAVING sum(done) > 0 AND sum(given_back) > 0 ORDER BY sum(done) DESC LIMIT 1"
        )
        (unit_id,) = cursor.fetchone()
    page = text(supervisor, f"/figures/units/{unit_id}/?{PERIOD}")
    leads = [unescape(one) for one in re.findall(r'href="(/m/\?[^"]+)"', page)]
    done = f"/m/?which=all&led={unit_id}&took=any&ended_since=2025-11-01&ended_until=2025-11-30"
    assert done in leads
    assert re.search(r"<a[^>]*>\d+\.\d%</a>", page)
    back = next(one for one in leads if f"bounced={unit_id}~~" in unquote(one))
    assert found(text(supervisor, done))
    assert found(text(supervisor, back))
    assert len(found(text(supervisor, back))) < len(found(text(supervisor, "/m/?which=all")))


def found(page: str) -> set[str]:
    """The numbers of the matters that a list shows."""
    return set(re.findall(r'href="/m/(\w[\w-]+)/"', page))


def test_what_is_missing_is_said_once(counted: Figures, supervisor: Client) -> None:
    """Where the place of the number says why there is none, the place of the grade is empty."""
    for address in ("/figures/", "/figures/sheet/"):
        page = text(supervisor, f"{address}?region={counted.region('370306')}&{PERIOD}")
        lines = [re.findall(r"<td[^>]*>.*?</td>", line, re.DOTALL) for line in page.split("<tr")]
        said = [[plain(cell).strip() for cell in cells] for cells in lines if cells]
        assert any("缺数据" in cells[0] for cells in said)
        assert not [cells for cells in said if cells[-1] in ("缺数据", "样本不足", "不适用")]
