"""Somebody reads figures: in a list, one by one, over time and place, and finds the matters behind each."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from shanzhi.config import database
from shanzhi.kernel.indicators.models import Observation
from tests.figures import Figures, city, counted

__all__ = ["city", "counted"]
pytestmark = pytest.mark.usefixtures("evidence_store")
PERIOD = "period=2025-11"


@pytest.fixture(scope="module")
def supervisor(counted: Figures) -> Client:
    return counted.browser("supervisor")


def text(client: Client, url: str, status: int = 200) -> str:
    answer: Any = client.get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def plain(html: str) -> str:
    """A page's words, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def kept(counted: Figures, key: str, code: str) -> tuple[int, int]:
    with database.acting_as(counted.city.installation, "worker"):
        row = Observation.objects.get(region_id=counted.region(code), key=key, month=202511, months=1)
    return row.numerator, row.denominator


def test_it_stands_in_the_list_with_its_base(counted: Figures, supervisor: Client) -> None:
    top, bottom = kept(counted, "satisfied", "3703")
    page = text(supervisor, f"/figures/?{PERIOD}")
    assert f"{100 * top / bottom:.2f}%" in page
    assert f"共 {bottom} 次评价" in page
    assert "示例指标" in page


def test_it_is_that_of_the_last_month_and_the_post_s_own_place_where_nothing_is_said(
    counted: Figures, supervisor: Client
) -> None:
    page = text(supervisor, "/figures/satisfied/")
    _, bottom = kept(counted, "satisfied", "3703")
    assert "2025年11月" in page
    assert f"共 {bottom} 次评价" in plain(page)
    county = counted.browser("handler")
    _, bottom = kept(counted, "satisfied", "370303")
    assert f"共 {bottom} 次评价" in plain(text(county, "/figures/satisfied/"))


def test_it_is_found_by_a_word_or_a_project(supervisor: Client) -> None:
    found = plain(text(supervisor, f"/figures/?{PERIOD}&words=受理用时"))
    assert "受理用时" in found
    assert "满意率" not in found
    assert "没有符合条件的指标" in text(supervisor, f"/figures/?{PERIOD}&words=没有这个词")
    assert "没有符合条件的指标" in text(supervisor, f"/figures/?{PERIOD}&project=nothing")


def test_it_says_what_to_do_where_nothing_was_computed(supervisor: Client) -> None:
    page = text(supervisor, "/figures/?period=2024-03")
    assert "还没有算过本期" in page
    assert "period=2024-02" in page
    assert "还没有算过本期" in text(supervisor, "/figures/satisfied/?period=2024-03")


@pytest.mark.parametrize(("query", "status"), [
    ("period=nonsense", 422), ("period=2025-13", 422), ("region=999999999", 404), ("region=99999999999999999999", 200),
    ("region=%00", 200),
])  # fmt: skip
def test_it_answers_nonsense_with_a_sentence(supervisor: Client, query: str, status: int) -> None:
    assert supervisor.get(f"/figures/?{query}").status_code == status


def test_it_says_that_there_is_no_such_figure(supervisor: Client) -> None:
    assert "没有“no_such_figure”这个指标" in text(supervisor, "/figures/no_such_figure/", 404)


def test_it_is_told_in_plain_words_with_its_ground_and_formula(supervisor: Client) -> None:
    page = text(supervisor, f"/figures/satisfied/?{PERIOD}")
    for said in ("市域治理验收指标（测试）", "fact_rating", "版本：1 个", "比上期", "95% 区间"):
        assert said in page


def test_it_lists_the_regions_below_by_code_and_never_by_rank(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/satisfied/?{PERIOD}")
    assert page.index("张店区") < page.index("周村区")
    assert f"?region={counted.region('370303')}&amp;{PERIOD}" in page
    assert "示意图" in page
    assert "aria-sort" not in page


@pytest.mark.parametrize("code", ["3703", "370303", "370303009", "370303009006"])
def test_it_counts_as_many_matters_as_it_shows(counted: Figures, supervisor: Client, code: str) -> None:
    top, bottom = kept(counted, "satisfied", code)
    url = f"/figures/satisfied/records/?region={counted.region(code)}&{PERIOD}"
    assert counted_in(supervisor, url) == (top, bottom)
    page = text(supervisor, url)
    assert f"指标的基数是 {bottom}，来自 {len(numbers(supervisor, url))} 件事项" in page
    assert "只计数" not in page
    assert set(numbers(supervisor, f"{url}&only=numerator")) <= set(numbers(supervisor, url))


def pages(client: Client, url: str) -> Iterator[str]:
    """A list, page by page."""
    while url:
        page = text(client, url)
        yield page
        after = re.search(r'href="([^"]*after=\d+[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', page)
        url = (after[1] or after[2]).replace("&amp;", "&") if after else ""


def numbers(client: Client, url: str) -> list[str]:
    """The numbers of all matters behind a figure."""
    found = [one for page in pages(client, url) for one in re.findall(r'scope="row"[^>]*><a href="/m/([^/"]+)/', page)]
    assert len(found) == len(set(found))
    return found


def counted_in(client: Client, url: str) -> tuple[int, int]:
    """Numerator and denominator, added up from what the lines say."""
    words = " ".join(plain(page) for page in pages(client, url))
    twice = re.findall(r"计 (\d+) 次，(\d+) 次计入分子", words)
    once = len(re.findall(r"(?<!次)计入分子 ", words.partition("计入方式")[2]))
    top = once + sum(int(among) for _, among in twice)
    return top, once + len(re.findall("只计入总数 ", words.partition("计入方式")[2])) + sum(int(n) for n, _ in twice)


def test_it_counts_what_is_out_of_sight_and_says_so(counted: Figures) -> None:
    neighbour = counted.browser("neighbour_handler")
    _, bottom = kept(counted, "satisfied", "370303")
    url = f"/figures/satisfied/records/?region={counted.region('370303')}&{PERIOD}"
    page = text(neighbour, url)
    assert bottom
    assert f"指标的基数是 {bottom}；其中 {bottom} 在您看不到的下级区域，只计数" in page
    assert numbers(neighbour, url) == []
    assert "这些事项都不在您的范围" in page


def test_it_has_no_matters_where_people_type_it_in(supervisor: Client) -> None:
    assert supervisor.get(f"/figures/teams/records/?{PERIOD}").status_code == 404


@pytest.mark.parametrize("url", ["/figures/file/", "/figures/satisfied/file/", "/figures/index/file/"])
def test_it_can_be_taken_along_as_a_file(supervisor: Client, url: str) -> None:
    answer: Any = supervisor.get(f"{url}?{PERIOD}&format=xlsx")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    answer = supervisor.get(f"{url}?{PERIOD}&format=csv")
    assert "淄博" in b"".join(answer.streaming_content).decode()


def test_it_is_no_stranger_s(counted: Figures) -> None:
    answer = Client().get("/figures/")
    assert (answer.status_code, "/accounts/login/" in answer["Location"]) == (302, True)


def test_it_is_anybody_s_who_has_a_post(counted: Figures) -> None:
    for part in ("grid_worker", "operator", "auditor", "knowledge_editor"):
        assert counted.browser(part).get(f"/figures/?{PERIOD}").status_code == 200, part


@pytest.mark.parametrize(
    "page", ["", "index/", "sheet/", "compare/", "satisfied/", "satisfied/records/", "exclusions/"]
)
@pytest.mark.parametrize("period", ["9999", "9999-12", "9999-Q4", "0001-01", "２０２５-11"])
def test_a_period_outside_the_calendar_is_refused_in_a_sentence(supervisor: Client, page: str, period: str) -> None:
    assert "不是期间" in text(supervisor, f"/figures/{page}?period={period}", 422)


def test_a_key_that_is_none_finds_no_exclusions(supervisor: Client) -> None:
    text(supervisor, "/figures/exclusions/?key=%00")


def test_it_is_restated_under_the_regions_of_a_day(counted: Figures, supervisor: Client) -> None:
    page = text(supervisor, f"/figures/satisfied/?{PERIOD}&tree_on=2025-12-01")
    assert "2025年12月1日 的区划重新汇总" in page
    below = f"/figures/satisfied/?region={counted.region('370303')}&amp;{PERIOD}&amp;tree_on=2025-12-01"
    assert below in page
    assert "重新汇总" not in text(supervisor, f"/figures/satisfied/?{PERIOD}")
    assert supervisor.get(f"/figures/satisfied/?{PERIOD}&tree_on=nonsense").status_code == 422
