"""An operator takes calls without touching the mouse: types, sees what is known, ends the call in its way."""

import re

from playwright.sync_api import Page, expect

from tests.browser.exchange import know_samples
from tests.browser.person import Meet, Person
from tests.city import PASSWORD
from tests.site import Site

COMMUNITY = "370303009006"
PHONE = "13812345678"
LATE_MS = 1_500


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus; it must be reached within a page's worth of stops."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def a_place(keeper: Person) -> None:
    """A compound where the caller lives, entered as the keeper does."""
    keeper.signs_in("keeper")
    keeper.goes("/keeper/places/add/")
    keeper.writes("名称", "晨光苑")
    keeper.page.get_by_label("类型").select_option(label="小区")
    keeper.writes("所在的村（社区）或网格", COMMUNITY)
    keeper.presses("保存")
    keeper.sees("已保存")


def chooses_the_place(page: Page) -> None:
    """A place is chosen as the region is; what was chosen before stays chosen."""
    keys = page.keyboard
    tab_to(page, "input[name=q_site]")
    keys.type("晨光苑")
    garden = page.get_by_role("radio", name=re.compile("晨光苑"))
    expect(garden).to_be_visible()
    tab_to(page, "input[name=site]")
    keys.press("Space")
    expect(garden).to_be_checked()
    expect(page.locator("#call_lead")).to_be_checked()


def answers_at_once(site: Site, operator: Person) -> None:
    """The fourth ending: the item is chosen by Tab and the space bar, the key a ends the call."""
    page, keys = operator.page, operator.page.keyboard
    know_samples(site)
    keys.press("n")
    expect(page.get_by_label("来电号码")).to_be_focused()
    keys.press("Tab")
    expect(page.get_by_label("说了什么")).to_be_focused()
    keys.type("晚上工地还在施工，噪声很大，睡不着")
    item = page.get_by_role("radio", name=re.compile("夜间工地施工吵"))
    expect(item).to_be_visible()
    expect(page.locator("#call_look")).to_contain_text("《中华人民共和国噪声污染防治法》")
    # Leaving the text looks once more, and the answer comes late: what is chosen meanwhile stays chosen.
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATE_MS, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    with page.expect_response("**/desk/look/"):
        tab_to(page, "#cite_1")
        keys.press("Space")
    slow.detach()
    expect(page.locator("#cite_1")).to_be_checked()
    expect(page.locator("#cite_1")).to_be_focused()
    operator.looks("desk-answering")
    keys.press("a")
    operator.sees("现在是“直接解答”")
    operator.looks("desk-answered")


def test_it_takes_calls_and_ends_them(site: Site, meet: Meet) -> None:
    before = site.report("物业半年不修楼道灯，多次打电话没有人来", region_code=COMMUNITY, contact_phone=PHONE)
    a_place(meet("keeper"))
    operator = meet("operator")
    page, keys = operator.page, operator.page.keyboard
    operator.goes("/accounts/login/")
    expect(page.get_by_label("用户名")).to_be_focused()
    keys.type(site.cast["operator"].login)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/desk/$"))
    operator.looks("desk-empty")

    # What is typed finds the caller's own matter and a unit; the key d dispatches.
    expect(page.get_by_label("来电号码")).to_be_focused()
    keys.type(PHONE)
    keys.press("Escape")
    keys.press("b")
    keys.type("世纪花园小区物业不作为，楼道卫生没人管")
    expect(page.locator("#call_look")).to_contain_text(before.number)
    page.locator("input[name=q_region]").focus()
    keys.type("世纪花园")
    expect(page.get_by_role("radio", name=re.compile("世纪花园")).first).to_be_visible()
    page.get_by_role("radio", name=re.compile("世纪花园")).first.focus()
    keys.press("Space")
    expect(page.locator("#call_lead")).to_be_checked()

    chooses_the_place(page)
    operator.looks("desk-call")
    assert PHONE not in page.url
    keys.press("Escape")
    keys.press("d")
    operator.sees("请告诉来电人")
    operator.sees("待签收")
    operator.looks("desk-dispatched")

    # Passing on is one key, with nothing typed at all.
    keys.press("1")
    operator.sees("已转接")

    # Not accepted: without a ground it comes back with what was typed.
    keys.press("b")
    keys.type("要举报一名干部")
    keys.press("Escape")
    keys.press("r")
    # The list stands under the cursor; its line is found by its first characters.
    ground = page.locator("select[name=ground]")
    expect(ground).to_be_focused()
    lines = ground.locator("option").evaluate_all("all => all.map(one => one.value)")
    for _ in range(lines.index("refuse.discipline")):
        keys.press("ArrowDown")
    expect(ground).to_have_value("refuse.discipline")
    operator.sees("12388")
    operator.looks("desk-refusing")
    tab_to(page, "button[value=refused]")
    keys.press("Enter")
    operator.sees("现在是“不予受理”")
    answers_at_once(site, operator)
