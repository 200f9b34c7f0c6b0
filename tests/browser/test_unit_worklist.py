"""A unit's handler works through the list: takes, hands back, notes, replies; and loses nothing when the session ends."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.browser.photos import photo
from tests.site import Site

COMMUNITY = "370303009006"


def open_matter(handler: Person, words: str) -> None:
    """Open a matter from the list."""
    handler.page.locator("#list").get_by_role("link", name=words).click()
    expect(handler.page.get_by_role("heading", level=2).first).to_contain_text(words)


def test_it_takes_notes_and_replies(site: Site, meet: Meet) -> None:
    report = site.report("小区大门的门禁坏了，谁都能进", region_code=COMMUNITY)
    site.bring_to(report.number, "dispatched")
    handler = meet("handler")
    page = handler.page
    handler.signs_in("handler")
    expect(page).to_have_url(re.compile("/worklist/$"))
    handler.looks("worklist")
    open_matter(handler, "小区大门的门禁坏了")
    handler.looks("worklist-matter")
    page.keyboard.press("t")
    handler.sees("已签收。")
    assert site.stage(report.number) == "handling"

    page.locator("summary", has_text="留言").click()
    page.locator("details[open]").get_by_label("说明").fill("已联系物业，约好明天上午到现场。")
    page.locator("details[open]").get_by_role("button", name="留言").click()
    expect(page.locator("#matter")).to_contain_text("已联系物业，约好明天上午到现场。")

    # A reply needs words; a template fills in what is known and keeps what was typed.
    reply = page.get_by_label("办理答复")
    reply.fill("门禁已换新。")
    handler.presses("已办结")
    expect(reply).to_have_value(re.compile(r"^门禁已换新。\s+您好！您于.+" + re.escape(site.cast["handler"].unit_name)))
    reply.fill("门禁已换新，旧卡可以继续使用。")
    page.get_by_label("照片和附件").filter(visible=True).first.set_input_files(
        [photo("门禁.jpg"), photo("锁.jpg", "#333")]
    )
    handler.looks("worklist-reply")
    handler.presses("答复")
    handler.sees("已答复。")
    assert site.stage(report.number) == "checking"
    handler.looks("worklist-replied")


def test_it_hands_back_with_a_ground(site: Site, meet: Meet) -> None:
    report = site.report("周村区北郊镇的道路坑洼不平", region_code=COMMUNITY)
    site.bring_to(report.number, "dispatched")
    handler = meet("handler")
    page = handler.page
    handler.signs_in("handler")
    open_matter(handler, "周村区北郊镇的道路坑洼不平")
    page.locator("summary", has_text="退单").click()
    box = page.locator("details[open]")
    with page.expect_response(re.compile("/ground/")):
        box.get_by_label("理由").select_option("return.place-not-ours")
    expect(box).to_contain_text("选这一条要另写说明。")
    handler.looks("worklist-hand-back")
    box.get_by_role("button", name="退单").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("select[name=ground]").filter(visible=True)).to_have_value("return.place-not-ours")
    assert site.stage(report.number) == "dispatched"
    handler.looks("worklist-hand-back-wrong")
    page.locator("textarea[name=words]").filter(visible=True).first.fill("地点在周村区北郊镇，应由周村区办理。")
    page.locator("#matter").get_by_role("button", name="退单").filter(visible=True).last.click()
    handler.sees("已退单。")
    assert site.stage(report.number) == "accepted"
    expect(page.locator("#list")).not_to_contain_text("周村区北郊镇的道路坑洼不平")


def test_it_keeps_a_reply_when_the_session_ends(site: Site, meet: Meet) -> None:
    report = site.report("单元门的玻璃碎了，怕划伤孩子", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    handler = meet("handler")
    page = handler.page
    handler.signs_in("handler")
    open_matter(handler, "单元门的玻璃碎了")
    written = "玻璃已经更换，并加装了防护条。\n现场已经打扫干净。"
    page.get_by_label("办理答复").fill(written)
    handler.context.clear_cookies(name="sessionid")
    handler.presses("答复")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    handler.sees("您填写的内容还在，登录后接着办。")
    handler.looks("sign-in-again")
    handler.signs_in("handler", here=True)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("单元门的玻璃碎了")
    expect(page.get_by_label("办理答复")).to_have_value(written)
    assert site.stage(report.number) == "handling"
    handler.presses("答复")
    handler.sees("已答复。")
    assert site.stage(report.number) == "checking"


def test_it_finds_a_matter_by_a_word(site: Site, meet: Meet) -> None:
    report = site.report("地下车库的消防通道被堵", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    handler = meet("handler")
    handler.signs_in("handler")
    handler.page.keyboard.press("/")
    handler.page.keyboard.type("地下车库")
    handler.page.keyboard.press("Enter")
    rows = handler.page.locator("#list [data-row]")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("地下车库的消防通道被堵")
    handler.goes("/worklist/?q=没有这样的事情")
    handler.sees("没有符合条件的事项")
    handler.looks("worklist-nothing-found")
