"""Somebody follows a figure by clicks: from the table of regions down to a resident's verdict; and a count that is left out by
decision changes the month and shows why."""

import re
import time
from datetime import datetime

import pytest
from playwright.sync_api import FilePayload, Page, expect

from shanzhi.core.periods import CITY_ZONE
from tests.browser.person import Meet, Person
from tests.site import Reported, Site

COMMUNITY = "370303009006"
PAPER: FilePayload = {"name": "录音说明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n% said\n%%EOF\n"}
MATTERS = 11
"""One more than the smallest sample of the rate: so it has a value before and after one is left out."""
PATIENCE_SECONDS = 60


@pytest.fixture
def rated(site: Site) -> list[Reported]:
    """Matters that residents have judged; the last one says that it wasn't solved."""
    made = [
        site.report(f"{number}号楼电梯坏了，老人上不了楼", region_code=COMMUNITY) for number in range(1, MATTERS + 1)
    ]
    for one in made:
        site.bring_to(one.number, "verdict")
        is_last = one is made[-1]
        said: dict[str, object] = (
            {"solved": False, "ground": "not-solved.nothing-done"} if is_last else {"solved": True, "satisfied": 5}
        )
        status, answer = site.call("POST", f"/api/v1/reports/{one.number}/verdict", said, {"Follow-Code": one.code})
        assert status == 200, answer
    return made


def month() -> str:
    return f"{datetime.now(tz=CITY_ZONE):%Y-%m}"


def comes(site: Site, page: Page, text: str, *, job: str = "indicators.compute_current") -> None:
    """Look at the page until the background has come so far, whose hour or minute is now."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        site.soon(job)
        page.reload()
        if page.get_by_text(text).filter(visible=True).count():
            return
        time.sleep(0.5)
    expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()


def choose_month(somebody: Person, period: str) -> None:
    somebody.page.get_by_label("期间").select_option(value=period)
    somebody.presses("筛选")


def test_it_leads_from_the_table_of_regions_to_a_resident_s_verdict(
    site: Site, meet: Meet, rated: list[Reported]
) -> None:
    period = month()
    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    supervisor.goes(f"/figures/solution_rate/?period={period}")
    comes(site, page, f"共 {MATTERS} 次评价")

    page.get_by_role("navigation").get_by_role("link", name="指数", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("平安")
    choose_month(supervisor, period)
    supervisor.looks("figures-index")
    page.get_by_role("link", name="各区域对照").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("各区域对照")
    choose_month(supervisor, period)
    supervisor.sees("按区域代码排列，不排名次")
    supervisor.looks("figures-regions")
    page.get_by_role("row", name=re.compile("^张店区")).get_by_role("link").nth(1).click()
    expect(page.locator("strong[aria-current=page]")).to_have_text("张店区")

    page.locator("main").get_by_role("link", name="解决率", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("解决率")
    supervisor.sees(f"共 {MATTERS} 次评价")
    supervisor.looks("figures-indicator")
    page.locator("main").get_by_role("link", name="马尚街道", exact=True).first.click()
    page.locator("main").get_by_role("link", name=re.compile("世纪花园")).first.click()
    supervisor.sees(f"共 {MATTERS} 次评价")

    supervisor.presses("看事项", role="link")
    supervisor.sees(f"指标的基数是 {MATTERS}，来自 {MATTERS} 件事项")
    expect(page.locator("table tbody tr")).to_have_count(MATTERS)
    supervisor.looks("figures-records")
    supervisor.presses("只计入总数的", role="link")
    expect(page.locator("table tbody tr")).to_have_count(1)
    page.locator("table tbody").get_by_role("link", name=rated[-1].number, exact=True).click()
    expect(page).to_have_url(re.compile(f"/m/{rated[-1].number}/"))
    supervisor.sees("没有解决")


def test_a_count_that_is_left_out_changes_the_month_and_shows_why(
    site: Site, meet: Meet, rated: list[Reported]
) -> None:
    period, number = month(), rated[-1].number
    unit, above = meet("handler"), meet("supervisor")
    unit.signs_in("handler")
    unit.goes(f"/figures/solution_rate/records/?period={period}&only=rest")
    comes(site, unit.page, number)
    unit.presses("申请剔除", role="link")
    page = unit.page
    expect(page.get_by_label("事项编号")).to_have_value(number)
    page.get_by_role("radio", name=re.compile("评价有误")).check()
    page.get_by_label("情况说明").fill("评价说的是另一部电梯，有录音")
    # The server says what is missing; the browser would say it first.
    page.locator("form[enctype]").evaluate("form => form.noValidate = true")
    unit.presses("提出申诉")
    expect(page.get_by_role("alert")).to_contain_text("请附上证据")
    expect(page.get_by_role("radio", name=re.compile("评价有误"))).to_be_checked()
    expect(page.get_by_label("情况说明")).to_have_value("评价说的是另一部电梯，有录音")
    page.locator("input[type=file]").set_input_files([PAPER])
    unit.looks("figures-contest")
    unit.presses("提出申诉")
    unit.sees("待决定")
    unit.looks("figures-contested")

    above.signs_in("supervisor")
    above.goes(page.url.removeprefix(site.url))
    above.sees("评价说的是另一部电梯，有录音")
    above.page.get_by_label("决定的理由").fill("录音属实，说的是另一部电梯")
    above.looks("figures-decide")
    above.presses("同意剔除")
    comes(site, above.page, "对指标的影响", job="indicators.compute_due")
    above.sees("已剔除")
    above.sees(f"（{MATTERS - 1} / {MATTERS}）")
    above.sees(f"（{MATTERS - 1} / {MATTERS - 1}）")
    above.looks("figures-excluded")

    above.goes(f"/figures/solution_rate/?period={period}")
    above.sees(f"共 {MATTERS - 1} 次评价")
    expect(above.page.get_by_role("heading", name=re.compile("更改记录"))).to_be_visible()
    above.goes(f"/figures/exclusions/?period={period}")
    above.sees(number)
    above.looks("figures-exclusions")


def test_every_page_of_figures_fits_and_can_be_read(site: Site, meet: Meet, rated: list[Reported]) -> None:
    period = month()
    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    supervisor.goes(f"/figures/?period={period}")
    comes(site, supervisor.page, f"共 {MATTERS} 次评价")
    supervisor.looks("figures-list")
    for name, path in (
        ("sheet", "/figures/sheet/"),
        ("compare", "/figures/compare/"),
        ("unit", f"/figures/units/{site.cast['handler'].unit_id}/"),
        ("permits", "/figures/permits/"),
    ):
        assert supervisor.goes(f"{path}?period={period}") == 200
        supervisor.looks(f"figures-{name}")


def test_it_works_without_script(site: Site, meet: Meet) -> None:
    supervisor = meet("supervisor", script=False)
    supervisor.signs_in("supervisor")
    supervisor.goes("/figures/index/")
    choose_month(supervisor, month())
    supervisor.looks("figures-index-no-script")
    supervisor.goes("/figures/solution_rate/")
    choose_month(supervisor, month())
    supervisor.page.locator("summary", has_text="公式").click()
    supervisor.sees("fact_rating")
    supervisor.looks("figures-indicator-no-script")
    keeper = meet("keeper", script=False)
    keeper.signs_in("keeper")
    keeper.goes("/figures/entries/")
    keeper.looks("figures-entries")
    keeper.page.locator("table tbody a").first.click()
    keeper.looks("figures-entry")
