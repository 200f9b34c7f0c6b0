"""A checker looks at report and reply side by side, sends one back and passes another."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.browser.photos import photo
from tests.site import Site

COMMUNITY = "370303009006"


def test_it_passes_and_sends_back(site: Site, meet: Meet) -> None:
    bad = site.report("健身器材断了，孩子差点摔伤", region_code=COMMUNITY)
    good = site.report("楼道里的感应灯坏了", region_code=COMMUNITY)
    for report in (bad, good):
        site.bring_to(report.number, "checking")
    checker = meet("checker")
    page = checker.page
    checker.signs_in("checker")
    expect(page).to_have_url(re.compile("/checks/$"))
    checker.looks("checks")

    # Sending back needs words; what was chosen and typed stays.
    page.locator("#list").get_by_role("link", name="健身器材断了").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("健身器材断了")
    expect(page.locator("#matter")).to_contain_text("已到现场处理完毕。")
    checker.looks("checks-matter")
    way = page.get_by_role("radio", name="电话回访")
    way.check()
    checker.presses("核查退回")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(way).to_be_checked()
    assert site.stage(bad.number) == "checking"
    checker.looks("checks-wrong")
    page.get_by_label("核查情况").fill("反映人说器材还是断的。")
    checker.presses("核查退回")
    checker.sees("已核查退回。")
    assert site.stage(bad.number) == "handling"
    expect(page.locator("#list")).not_to_contain_text("健身器材断了")

    page.locator("#list").get_by_role("link", name="楼道里的感应灯坏了").click()
    page.get_by_role("radio", name="现场").first.check()
    page.get_by_label("核查情况").fill("看过了，灯亮。")
    page.get_by_label("照片和附件").filter(visible=True).first.set_input_files(photo("灯.jpg"))
    checker.presses("核查通过")
    checker.sees("已核查通过。")
    assert site.stage(good.number) == "verdict"
    checker.looks("checks-done")

    # The handler reads why it came back.
    handler = meet("handler")
    handler.signs_in("handler")
    handler.page.locator("#list").get_by_role("link", name="健身器材断了").click()
    expect(handler.page.locator("#matter")).to_contain_text("反映人说器材还是断的。")
    handler.looks("worklist-sent-back")
