"""Who asks for a region that was merged, a month that hasn't begun or a figure out of all proportion is told so in a sentence, on
pages, by the API and at the terminal."""

from datetime import date

import pytest

from shanzhi.config import database
from shanzhi.kernel.matters.tests.api_support import Caller
from shanzhi.kernel.organisation import operations as organise
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy.plan import Merge, Open, Plan
from shanzhi.modules.figures.tests.test_read_a_figure import plain
from tests.city import LOADER, NOW
from tests.figures import Figures, city, counted

__all__ = ["city", "counted"]
ON = date(2025, 12, 2)


@pytest.fixture(scope="module")
def merged(counted: Figures) -> dict[str, int]:
    """Two townships became a new one on 2 December; ids by code."""
    old = {code: counted.region(code) for code in ("370303008", "370303105")}
    with database.acting_as(counted.city.installation, "importer"):
        plan = Plan(ON, (Open("370303200", "新镇", "370303"), Merge(tuple(old), "370303200")))
        organise.regions_change(plan=plan, version=organisation.tree_version(), now=NOW, author=LOADER)
    return old | {"370303200": counted.region("370303200")}


PAGES = ("", "satisfied/", "satisfied/records/", "index/", "sheet/")


def said(made: Figures, page: str, region: int, period: str, **more: str) -> tuple[int, str]:
    """What a page answers."""
    query = {"region": str(region), "period": period, **more}
    answer = made.browser("supervisor").get(f"/figures/{page}", query)
    return answer.status_code, plain(answer.content.decode())


@pytest.mark.parametrize("page", PAGES)
def test_a_merged_region_is_said_with_what_took_its_place(counted: Figures, merged: dict[str, int], page: str) -> None:
    status, words = said(counted, page, merged["370303008"], "2025-12")
    assert status == 404
    assert "“四宝山街道”自 2025年12月2日 起已并入“新镇”" in words
    assert "请改选“新镇”" in words
    status, words = said(counted, page, merged["370303200"], "2025-11")
    assert status == 404
    assert "“新镇”自 2025年12月2日 起才有" in words
    assert said(counted, page, merged["370303008"], "2025-11")[0] == 200


def test_a_merged_region_is_shown_under_todays_tree(counted: Figures, merged: dict[str, int]) -> None:
    status, words = said(counted, "index/", merged["370303200"], "2025-11", tree_on="2025-12-03")
    assert (status, "合并过的区域，数是并入各区域的合计" in words) == (200, True)
    status, words = said(counted, "index/", merged["370303008"], "2025-11", tree_on="2025-12-03")
    assert (status, "已并入“新镇”" in words) == (404, True)


@pytest.mark.parametrize("page", PAGES)
def test_a_month_that_hasn_t_begun_is_said(counted: Figures, page: str) -> None:
    status, words = said(counted, page, counted.region("370303"), "2026-01")
    assert (status, "2026-01 还没有开始，没有数可看" in words) == (422, True)


def test_a_month_that_isn_t_over_is_marked(counted: Figures) -> None:
    status, words = said(counted, "satisfied/", counted.region("370303"), "2025-12")
    assert (status, "2025年12月（未结束）" in words) == (200, True)


def test_a_program_is_told_the_same(counted: Figures, merged: dict[str, int]) -> None:
    caller = Caller(counted.city.cast.supervisor)

    def told(path: str, **query: str) -> tuple[int, str, str]:
        answer = caller.get(path, **query).json()
        return answer["status"], answer["title"], answer["detail"]

    for path in ("/indicators", "/indicators/satisfied", "/indicators/satisfied/records", "/indices/safety"):
        status, code, words = told(path, period="2025-12", region_code="370303008")
        assert (status, code) == (404, "figure-place")
        assert "已并入“新镇”" in words
        status, code, words = told(path, period="2026-02", region_code="370303")
        assert (status, code) == (422, "period-ahead")
    under = {"period": "2025-11", "tree_on": "2025-12-03"}
    assert told("/indices/safety", region_code="370303008", **under)[:2] == (404, "figure-place")
    found = caller.get("/indices/safety", region_code="370303200", **under).json()
    assert found["region_code"] == "370303200"
    assert found["value"] is not None
