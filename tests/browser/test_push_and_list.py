"""A reporter urges, a supervisor puts a matter under supervision and ends it with two answers, and takes the three lists to paper."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.person import SCREENSHOTS, Meet
from tests.site import Site

COMMUNITY = "370303009006"
LINES = 60
"""More than stand on one sheet."""


def prints(page: Page, folder: Path, name: str) -> int:
    """The page as it is printed; returns how many sheets."""
    page.emulate_media(media="print")
    folder.mkdir(parents=True, exist_ok=True)
    made = page.pdf(path=folder / f"{name}.pdf", prefer_css_page_size=True)
    page.emulate_media(media="screen")
    sheets = re.findall(rb"/MediaBox ?\[ ?0 0 (\d+)\S* (\d+)", made)
    assert {(int(wide) in (841, 842), int(high) in (594, 595, 596)) for wide, high in sheets} == {(True, True)}, sheets
    return len(sheets)


def test_it_supervises_a_matter_and_prints_a_list(site: Site, meet: Meet, tmp_path: Path) -> None:
    report = site.report("地下车库积水，电动车进不去", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    supervisor.goes(f"/m/{report.number}/")
    page.locator("summary", has_text=re.compile("^督办$")).click()
    supervise = page.locator('form[action$="/do/supervise/"]')
    supervise.locator("select").first.select_option(label="超期未办结")
    supervise.locator("textarea").first.fill("请五个工作日内报告")
    supervise.get_by_role("button", name="督办", exact=True).click()
    supervisor.sees("督办中")
    # The unit reports, isn't believed, and reports again.
    site.act("handler", report.number, "report_back", words="已抽水，正在修排水泵")
    site.act("supervisor", report.number, "insist", words="请写明修好的时间")
    site.act("handler", report.number, "report_back", words="排水泵已换，照片附后")
    supervisor.goes(f"/m/{report.number}/")
    supervisor.looks("supervision")
    opens = page.locator("summary", has_text=re.compile("^督办销号$"))
    if opens.count():
        opens.click()
    clear = page.locator('form[action$="/do/clear/"]')
    expect(clear).to_contain_text("群众诉求解决了吗")
    expect(clear).to_contain_text("承办单位有没有失职")
    supervisor.looks("supervision-clear")
    for question, answer in (("claim_solved", "是"), ("negligent", "否")):
        clear.get_by_role("group").filter(has=page.locator(f'[name="{question}"]')).get_by_label(answer).check()
    clear.get_by_role("button", name="督办销号").click()
    supervisor.sees("诉求已解决")
    supervisor.sees("承办单位没有失职")
    supervisor.looks("supervision-cleared")
    for number in range(LINES):
        site.report(f"第 {number} 盏路灯不亮", region_code=COMMUNITY)
    supervisor.goes("/oversight/")
    page.get_by_role("link", name="三张清单").click()
    expect(page.get_by_role("heading", name="问题清单")).to_be_visible()
    supervisor.looks("roll")
    page.get_by_role("link", name="责任清单").click()
    page.get_by_role("link", name="打印版").click()
    expect(page.locator("table")).to_contain_text("地下车库积水")
    expect(page.locator(".ui-sheet__title")).to_have_text(re.compile("责任清单"))
    supervisor.looks("roll-print")
    assert prints(page, SCREENSHOTS if SCREENSHOTS.exists() else tmp_path, "roll-print") > 1


def test_a_resident_urges_and_reads_by_when_it_is_answered(site: Site, meet: Meet) -> None:
    report = site.report("电梯坏了三天", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    resident = meet("resident")
    page = resident.page
    resident.follows(report)
    resident.presses("催一下")
    resident.sees("应当回应的期限")
    resident.looks("urged")
    expect(page.get_by_role("button", name="催一下")).to_have_count(0)
