"""A dispatcher takes in, gives out and refuses without touching the mouse."""

import re

from playwright.sync_api import Page, expect

from tests.browser.person import Meet, Person
from tests.city import PASSWORD
from tests.site import Site

CATEGORY = "housing.property-service"
COMMUNITY = "370303009006"
FOCUSED = "document.activeElement.matches('[data-row]') ? document.activeElement.innerText : ''"


def sign_in(person: Person, part: str) -> None:
    """The cursor stands in the first field already."""
    person.goes("/accounts/login/")
    expect(person.page.get_by_label("用户名")).to_be_focused()
    keys = person.page.keyboard
    keys.type(person.site.cast[part].login)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(person.page).to_have_url(re.compile("/triage/$"))


def open_by_keys(page: Page, words: str) -> None:
    """Walk up and down the list until the line with these words is at hand, and open it."""
    page.keyboard.press("Escape")
    if words in page.get_by_role("heading", level=2).first.inner_text():
        return
    for key in "k" * 25 + "j" * 25:
        page.keyboard.press(key)
        if words in page.evaluate(FOCUSED):
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", level=2).first).to_contain_text(words)
            return
    raise AssertionError(f"“{words}” is not in the list")


def choose(page: Page, select_name: str, value: str) -> None:
    """Walk a focused select to an option by the arrow keys."""
    select = page.locator(f"#id_triage_{select_name}")
    expect(select).to_be_focused()
    steps = "(element, value) => [...element.options].findIndex((o) => o.value === value) - element.selectedIndex"
    distance: int = select.evaluate(steps, value)
    for _ in range(abs(distance)):
        page.keyboard.press("ArrowDown" if distance > 0 else "ArrowUp")
    expect(select).to_have_value(value)


def reach(page: Page, name: str) -> None:
    """Tab on until the button with this name has the focus."""
    button = page.get_by_role("button", name=name, exact=True).filter(visible=True)
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"“{name}” can't be reached by the Tab key")


def test_it_takes_in_and_gives_out(site: Site, meet: Meet) -> None:
    first = site.report("小区门口的垃圾桶满了没人收，气味很大", region_code=COMMUNITY)
    site.report("人行道的地砖松了，雨天溅水", region_code=COMMUNITY)
    second = site.report("物业半年不修单元门，多次打电话没有人来", region_code=COMMUNITY, contact_phone="13812345678")
    dispatcher = meet("dispatcher")
    page, keys = dispatcher.page, dispatcher.page.keyboard
    sign_in(dispatcher, "dispatcher")
    dispatcher.looks("triage")

    # One step after the other: the category, accepted; the unit that it suggests, dispatched.
    open_by_keys(page, "物业半年不修单元门")
    keys.press("c")
    with page.expect_response(re.compile("/unit/")):
        choose(page, "category", "housing.property-fees")
    choose(page, "category", CATEGORY)
    keys.press("Escape")
    keys.press("a")
    dispatcher.sees("已受理。")
    open_by_keys(page, "物业半年不修单元门")
    assert site.stage(second.number) == "accepted"
    expect(page.locator("select[name=category]")).to_have_value(CATEGORY)
    expect(page.locator("#triage_lead input[name=lead]:checked")).to_have_count(1)
    dispatcher.looks("triage-accepted")
    keys.press("d")
    expect(page.get_by_text("已派给").first).to_be_visible()
    assert site.stage(second.number) == "dispatched"
    dispatcher.looks("triage-dispatched")

    # Both in one go, with another unit than the suggested one.
    open_by_keys(page, "小区门口的垃圾桶满了")
    keys.press("n")
    expect(page.get_by_role("heading", level=2).first).not_to_contain_text("小区门口的垃圾桶满了")
    open_by_keys(page, "小区门口的垃圾桶满了")
    keys.press("c")
    choose(page, "category", CATEGORY)
    # However fast the arrows were, the unit of the last category is suggested.
    expect(page.locator("#triage_lead").get_by_role("radio")).to_have_accessible_name(
        re.compile(site.cast["handler"].unit_name)
    )
    page.wait_for_load_state("networkidle")
    page.locator("input[name=q_lead]").focus()
    keys.type("城市管理")
    found = page.get_by_role("radio", name=site.cast["second_handler"].unit_name)
    expect(found).to_be_visible()
    found.focus()
    keys.press("Space")
    keys.press("d")
    expect(page.get_by_text("已派给张店区城管局")).to_be_visible()
    assert site.stage(first.number) == "dispatched"


def test_it_lists_its_keys_and_lets_them_be_switched_off(site: Site, meet: Meet) -> None:
    site.report("路边的树枝断了，挂在电线上", region_code=COMMUNITY)
    dispatcher = meet("dispatcher")
    page, keys = dispatcher.page, dispatcher.page.keyboard
    sign_in(dispatcher, "dispatcher")
    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("键盘快捷键")
    expect(page.get_by_role("dialog")).to_contain_text("下一条、上一条")
    dispatcher.looks("triage-keys")
    page.get_by_role("dialog").get_by_role("checkbox").focus()
    keys.press("Space")
    keys.press("Escape")
    before = page.evaluate(FOCUSED)
    keys.press("j")
    assert page.evaluate(FOCUSED) == before


def test_it_tells_a_stale_screen_and_keeps_what_was_typed(site: Site, meet: Meet) -> None:
    report = site.report("楼上漏水到我家厨房，物业让找邻居", region_code=COMMUNITY)
    slow, quick = meet("second_dispatcher"), meet("dispatcher")
    sign_in(slow, "second_dispatcher")
    slow.goes(f"/triage/{report.number}/")
    slow.page.get_by_label("说明").filter(visible=True).first.fill("请先电话联系反映人")
    sign_in(quick, "dispatcher")
    quick.goes(f"/triage/{report.number}/")
    quick.page.keyboard.press("c")
    choose(quick.page, "category", CATEGORY)
    quick.page.keyboard.press("Escape")

    # The matter is accepted meanwhile: the same form comes back with its words.
    quick.page.keyboard.press("a")
    quick.sees("已受理。")
    slow.page.keyboard.press("Escape")
    slow.page.keyboard.press("d")
    expect(slow.page.get_by_role("alert").first).to_be_visible()
    expect(slow.page.get_by_label("说明").filter(visible=True).first).to_have_value("请先电话联系反映人")
    slow.looks("triage-stale")

    # It is dispatched meanwhile: the form is gone, what was typed can still be copied.
    quick.goes(f"/triage/{report.number}/")
    quick.page.keyboard.press("d")
    expect(quick.page.get_by_text("已派给").first).to_be_visible()
    slow.page.keyboard.press("d")
    expect(slow.page.get_by_role("alert").first).to_be_visible()
    expect(slow.page.get_by_role("textbox").and_(slow.page.locator("textarea")).first).to_have_value(
        "请先电话联系反映人"
    )
    slow.looks("triage-stale-gone")
    assert site.stage(report.number) == "dispatched"


def test_it_refuses_with_a_ground(site: Site, meet: Meet) -> None:
    report = site.report("我和邻居打官司，判决下来对方不执行", region_code=COMMUNITY)
    dispatcher = meet("dispatcher")
    page, keys = dispatcher.page, dispatcher.page.keyboard
    sign_in(dispatcher, "dispatcher")
    open_by_keys(page, "我和邻居打官司")

    # A ground that asks for words: refused without them, and the choice stays.
    keys.press("r")
    with page.expect_response(re.compile("/ground/")):
        choose(page, "ground", "refuse.litigation")
    dispatcher.sees("应告知反映人：")
    dispatcher.looks("triage-refuse")
    reach(page, "不予受理")
    keys.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("#id_triage_ground")).to_have_value("refuse.litigation")
    dispatcher.looks("triage-refuse-wrong")
    page.get_by_label("说明").filter(visible=True).first.focus()
    keys.type("判决的执行由人民法院负责。")
    reach(page, "不予受理")
    keys.press("Enter")
    dispatcher.sees("已不予受理。")
    assert site.stage(report.number) == "refused"

    # The resident reads why, and where to go.
    resident = meet()
    resident.follows(report)
    resident.sees("判决的执行由人民法院负责。")
    resident.sees("12368")
    resident.looks("mine-refused")
