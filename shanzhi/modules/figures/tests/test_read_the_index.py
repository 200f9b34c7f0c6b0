"""Somebody reads the index: its classes, its regions in the order of codes, restated under other regions."""

import pytest
from django.test import Client

from shanzhi.modules.figures.tests.test_read_a_figure import plain, supervisor, text
from tests.figures import Figures, city, counted

__all__ = ["city", "counted", "supervisor"]
PERIOD = "period=2025-11"


def test_it_has_a_value_with_its_colour_in_words(supervisor: Client) -> None:
    page = text(supervisor, f"/figures/index/?{PERIOD}")
    assert "平安指数" in page
    assert "矛盾纠纷" in page
    assert any(f"<span>{grade}</span>" in page for grade in ("良好", "关注", "警示"))
    assert "有数据的权重 100" in plain(page)


def test_it_leads_from_the_county_down_to_the_indicator(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/index/?{PERIOD}")
    county = f"/figures/index/?region={counted.region('370303')}&amp;{PERIOD}"
    assert county in page
    below = text(supervisor, county.replace("&amp;", "&"))
    assert f"/figures/satisfied/?region={counted.region('370303')}&amp;{PERIOD}" in below
    assert page.index("张店区") < page.index("周村区")


def test_it_is_restated_under_the_regions_of_a_day(supervisor: Client) -> None:
    page = text(supervisor, f"/figures/index/?{PERIOD}&tree_on=2025-12-01")
    assert "2025年12月1日 的区划重新汇总" in page
    assert "重新汇总" not in text(supervisor, f"/figures/index/?{PERIOD}")


@pytest.mark.parametrize(
    ("query", "status"), [("tree_on=nonsense", 422), ("index=nothing", 404), ("tree_on=0001-01-01", 404)]
)
def test_it_answers_nonsense_with_a_sentence(supervisor: Client, query: str, status: int) -> None:
    assert supervisor.get(f"/figures/index/?{PERIOD}&{query}").status_code == status


def test_it_says_what_has_no_figures(supervisor: Client) -> None:
    page = plain(text(supervisor, "/figures/index/?period=2024-03"))
    assert "数据不足" in page
    assert "没有数据的指标" in page
