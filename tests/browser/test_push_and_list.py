"""A reporter urges, a supervisor puts a matter under supervision, and takes the three lists to paper."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.site import Site

COMMUNITY = "370303009006"


def test_it_supervises_a_matter_and_prints_a_list(site: Site, meet: Meet) -> None:
    report = site.report("地下车库积水，电动车进不去", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    site.act("supervisor", report.number, "supervise", ground="supervise.overdue", words="请五个工作日内报告")
    site.act("handler", report.number, "report_back", words="已抽水，正在修排水泵")
    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    supervisor.goes(f"/m/{report.number}/")
    supervisor.sees("督办中")
    supervisor.looks("supervision")
    supervisor.goes("/oversight/")
    page.get_by_role("link", name="三张清单").click()
    expect(page.get_by_role("heading", name="问题清单")).to_be_visible()
    supervisor.looks("roll")
    page.get_by_role("link", name="责任清单").click()
    page.get_by_role("link", name="打印版").click()
    expect(page.locator("table")).to_contain_text("地下车库积水")
    expect(page.locator(".ui-sheet__title")).to_have_text(re.compile("责任清单"))
    supervisor.looks("roll-print")
