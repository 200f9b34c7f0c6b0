"""A post types a figure in late and with mistakes: it asks, the unit above permits it, each mistake is said where it was made, and
nothing that was typed or brought is lost."""

from datetime import datetime

import pytest
from playwright.sync_api import FilePayload, expect

from shanzhi.core.periods import CITY_ZONE
from tests.browser.person import Meet, Person
from tests.site import Site

PAPER: FilePayload = {"name": "需求台账.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n% list\n%%EOF\n"}
FIGURE = "数据共享需求满足率"


def last_year() -> str:
    return str(datetime.now(tz=CITY_ZONE).year - 1)


def opens(keeper: Person) -> None:
    """The form of last year, from the list of what is owed."""
    keeper.goes("/figures/entries/")
    row = keeper.page.locator("table tbody tr", has_text=FIGURE).filter(has_text=f"{last_year()}年")
    row.get_by_role("link").first.click()


def sends(keeper: Person, name: str) -> None:
    """Press the button; the server says what is wrong, where the browser would say it first."""
    keeper.page.locator("main form").evaluate("form => form.noValidate = true")
    keeper.presses(name)


def types(keeper: Person, part: str, whole: str) -> None:
    keeper.page.get_by_label("其中做到的数").fill(part)
    keeper.page.get_by_label("总数").fill(whole)


@pytest.fixture
def permitted(site: Site, meet: Meet) -> Person:
    """The keeper, who has leave to type it in; in the first days of a year, when nothing is late yet, none is needed."""
    keeper, above = meet("keeper"), meet("supervisor")
    keeper.signs_in("keeper")
    opens(keeper)
    if not keeper.page.get_by_role("button", name="申请补报", exact=True).is_visible():
        return keeper
    sends(keeper, "申请补报")
    expect(keeper.page.get_by_role("alert")).to_contain_text("为什么逾期")
    keeper.looks("figures-late")
    keeper.writes("为什么逾期", "平台换了系统，台账刚刚补齐")
    keeper.presses("申请补报")
    opens(keeper)
    keeper.sees("已经申请补报，等上一级单位答复。")
    above.signs_in("supervisor")
    above.goes("/figures/permits/")
    above.sees("平台换了系统，台账刚刚补齐")
    above.looks("figures-permits-asked")
    above.writes("答复理由", "情况属实")
    above.presses("同意补报")
    above.sees("没有待答复的补报申请")
    return keeper


def test_mistakes_are_said_and_nothing_typed_is_lost(permitted: Person) -> None:
    keeper, page = permitted, permitted.page
    opens(keeper)
    page.get_by_label("其中做到的数").press_sequentially("三")
    sends(keeper, "填报")
    expect(page.get_by_role("alert")).to_contain_text("其中做到的数")
    keeper.looks("figures-entry-empty")
    types(keeper, "5", "3")
    keeper.writes("说明", "按月报汇总")
    sends(keeper, "填报")
    expect(page.get_by_role("alert")).to_contain_text("不能大于总数")
    expect(page.get_by_label("说明")).to_have_value("按月报汇总")
    types(keeper, "3", "3")
    sends(keeper, "填报")
    expect(page.get_by_role("alert")).to_contain_text("请附上证明材料")
    expect(page.get_by_label("总数")).to_have_value("3")
    page.locator("input[type=file]").set_input_files([PAPER])
    keeper.presses("填报")
    keeper.sees(f"已填报“{FIGURE}”。")

    opens(keeper)
    keeper.sees("再填一次就是更正")
    expect(page.get_by_role("main").get_by_role("link", name="需求台账.pdf")).to_be_visible()
    keeper.looks("figures-entry-again")
    keeper.goes(f"/figures/data_shared/?period={last_year()}")
    expect(page.get_by_role("main").get_by_role("link", name="需求台账.pdf")).to_be_visible()
    keeper.looks("figures-entered")
