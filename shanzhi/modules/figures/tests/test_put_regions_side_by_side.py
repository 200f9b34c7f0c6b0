"""Somebody puts regions side by side: a city's counties, a province's cities; by code, never by rank; every cell leads on."""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from shanzhi.config import database
from shanzhi.kernel.indicators.models import Computing, Observation
from shanzhi.kernel.indicators.queries import book
from shanzhi.modules.figures.tests.test_read_a_figure import kept, plain, supervisor, text
from tests.concurrency.committed import as_role
from tests.figures import Figures, city, counted

__all__ = ["city", "counted", "supervisor"]
PERIOD = "period=2025-11"
CITIES = {"3701": ("济南市", (60, 300)), "3702": ("青岛市", (285, 300))}
"""Two cities beside the standing one, with how many of their verdicts were satisfied."""


def lines(page: str) -> dict[str, str]:
    """The table's lines by their first cell, as they stand in the page."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for line in body.split("<tr")[1:]:
        name = re.search(r'scope="row"[^>]*>\s*<a[^>]*>([^<]+)</a>', line)
        assert name is not None
        found[name[1]] = line
    return found


@pytest.fixture
def province(counted: Figures) -> dict[str, int]:
    """The city lies in a province with two more, whose figures came from elsewhere; what was made goes with the copy."""
    ids: dict[str, int] = {}
    with as_role(counted.city.installation, "owner") as owner:
        for code, name, level in (
            ("37", "山东省", "province"),
            *((code, name, "city") for code, (name, _) in CITIES.items()),
        ):
            made = owner.execute(
                "INSERT INTO organisation_region (level, opened_on) VALUES (%s, '2024-01-01') RETURNING id", [level]
            ).fetchone()
            assert made is not None
            ids[code] = made[0]
            owner.execute(
                "INSERT INTO organisation_region_state (region_id, level, code, name, short_name, parent_id, ranges, valid)"
                " VALUES (%s, %s, %s, %s, %s, %s, codemultirange(coderange(%s, %s)), '[2024-01-01,)')",
                [made[0], level, code, name, name, ids.get("37") if code != "37" else None, code, f"{code}:"],
            )
        own = counted.region("3703")
        owner.execute("UPDATE organisation_region_state SET parent_id = %s WHERE region_id = %s", [ids["37"], own])
        owner.execute("UPDATE organisation_tree_version SET version = gen_random_uuid()")
        owner.commit()
    ids["3703"] = own
    with database.acting_as(counted.city.installation, "worker"):
        for code, (_, pair) in CITIES.items():
            figure(ids[code], "satisfied", pair)
            figure(ids[code], "accepted", (300, 300))
        top, bottom = kept(counted, "satisfied", "3703")
        whole = (
            top + sum(pair[0] for _, pair in CITIES.values()),
            bottom + sum(pair[1] for _, pair in CITIES.values()),
        )
        figure(ids["37"], "satisfied", whole)
    return ids


def figure(region_id: int, key: str, pair: tuple[int, int]) -> None:
    assert Computing.objects.filter(key=key, month=202511, months=1).exists()
    Observation.objects.create(
        region_id=region_id, month=202511, months=1, key=key, numerator=pair[0], denominator=pair[1], under="37"
    )


def test_a_city_s_counties_stand_by_their_codes(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/regions/?{PERIOD}")
    assert list(lines(page)) == ["淄博市", "张店区", "周村区"]
    said = plain(page)
    assert "不排名次" in said
    assert "第一" not in said
    assert "aria-sort" not in page


def test_every_cell_leads_on(counted: Figures, supervisor: Client) -> None:
    line = lines(text(supervisor, f"/figures/regions/?{PERIOD}"))["张店区"]
    index = f"/figures/index/?region={counted.region('370303')}&amp;{PERIOD}"
    assert line.count(f'href="{index}"') == 2
    assert f'href="{index}#class-disputes"' in line
    assert 'id="class-disputes"' in text(supervisor, index.replace("&amp;", "&"))


def test_it_has_the_same_index_as_the_index_s_own_page(counted: Figures, supervisor: Client) -> None:
    line = plain(lines(text(supervisor, f"/figures/regions/?{PERIOD}"))["张店区"].partition(">")[2])
    page = text(supervisor, f"/figures/index/?region={counted.region('370303')}&{PERIOD}")
    value = re.search(r'class="ui-figure__value">([^<]+)<', page)
    assert value is not None
    assert value[1] in line


def test_a_province_s_cities_stand_side_by_side(counted: Figures, supervisor: Client, province: dict[str, int]) -> None:
    page = text(supervisor, f"/figures/regions/?region={province['37']}&{PERIOD}")
    found = lines(page)
    assert list(found) == ["山东省", "济南市", "青岛市", "淄博市"]
    # 60 × satisfied + 40 × accepted, both from 0 to 100.
    assert "52.00" in found["济南市"]
    assert "97.00" in found["青岛市"]
    assert "明显差 1 项" in plain(found["济南市"])
    assert "明显好 1 项" in plain(found["青岛市"])
    said = re.sub(r"\s", "", plain(page))
    assert "济南市：满意率明显差于全体" in said
    assert "青岛市：满意率明显好于全体" in said
    assert "淄博市：满意率" not in said
    assert f"/figures/satisfied/?region={province['3701']}&amp;{PERIOD}" in page
    assert "有数据的权重" in said


def test_a_mix_of_cases_is_taken_out_where_there_are_enough(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/regions/?{PERIOD}")
    mixes = page.partition("同样的事项构成下比较")[2]
    with as_role(counted.city.installation, "owner") as owner:
        row = owner.execute("SELECT count(*) FROM matters_matter WHERE region_code LIKE '370303%'").fetchone()
    assert row is not None
    line = plain(mixes.partition("张店区")[2].partition("</tr>")[0])
    assert str(row[0]) in line.split()
    assert "样本不足" in plain(mixes.partition("周村区")[2].partition("</tr>")[0])


def test_it_can_be_taken_along_as_a_workbook(supervisor: Client) -> None:
    answer: Any = supervisor.get(f"/figures/regions/file/?{PERIOD}&format=xlsx")
    assert answer.status_code == 200
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:3] == ("区域", "代码", "指数")
    assert [row[0] for row in rows[1:]] == ["淄博市", "张店区", "周村区"]
    assert supervisor.get(f"/figures/regions/file/?{PERIOD}&format=exe").status_code == 422


def test_where_nothing_lies_below_it_says_so(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/regions/?region={counted.region('370303009006001')}&{PERIOD}")
    assert "这里没有下级区域" in page


@pytest.mark.parametrize(
    ("query", "status"), [("index=nothing", 404), ("region=999999999", 404), ("period=nonsense", 422)]
)
def test_it_answers_nonsense_with_a_sentence(supervisor: Client, query: str, status: int) -> None:
    assert supervisor.get(f"/figures/regions/?{query}").status_code == status


def test_without_an_index_another_period_may_be_chosen(supervisor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(book.catalogue_in_force(), indices=())
    monkeypatch.setattr(book, "catalogue_in_force", lambda: without)
    page = text(supervisor, f"/figures/regions/?{PERIOD}")
    assert "换一个期间再看" in page
    assert 'name="period"' in page


def test_out_of_sight_there_is_no_figure(counted: Figures) -> None:
    neighbour = counted.browser("neighbour_handler")
    page = text(neighbour, f"/figures/regions/?region={counted.region('370303009')}&{PERIOD}")
    assert "同样的事项构成下比较" not in page
    assert all(re.search(r"\d\d\.\d\d", plain(line.partition(">")[2])) is None for line in lines(page).values())


def test_the_index_says_how_much_of_it_is_known(counted: Figures, supervisor: Client) -> None:
    page = plain(text(supervisor, f"/figures/index/?region={counted.region('370303')}&{PERIOD}"))
    assert "可以给出区间的率占权重的 100%，其余有数据的（数量、中位数等）占 0%。" in page
    top, bottom = kept(counted, "satisfied", "370303")
    assert f"{100 * top / bottom:.2f}%，共 {bottom} 次评价" in page
    assert "95% 区间" in page
    assert re.search(r"次评价 \d+\.\d\d – \d+\.\d\d", page)


def test_the_table_lies_under_the_index(supervisor: Client) -> None:
    page = text(supervisor, f"/figures/regions/?{PERIOD}")
    assert re.findall(r'class="ui-nav__link"[^>]*aria-current="page">([^<]+)<', page) == ["指数"]
