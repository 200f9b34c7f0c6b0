"""A supervisor sees what sits where, follows a figure to its matters, goes down a level, and finds who gave it back."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.site import Site

COMMUNITY, THERE = "370303009006", "370306100200"


def test_it_leads_from_a_figure_to_its_matters(site: Site, meet: Meet) -> None:
    back = site.report("污水井盖翘起，晚上看不见", region_code=COMMUNITY)
    site.bring_to(back.number, "dispatched")
    for lead in ("second_handler", "handler"):
        giver = "handler" if lead == "second_handler" else "second_handler"
        site.act(giver, back.number, "hand_back", ground="return.not-our-duty", words="不归本单位")
        site.act("dispatcher", back.number, "dispatch", lead=site.cast[lead].unit_id)
    site.report("路口绿灯时间太短", region_code=THERE)
    taken = site.report("健身器材松动", region_code=COMMUNITY)
    site.bring_to(taken.number, "handling")

    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    expect(page).to_have_url(re.compile("/oversight/$"))
    supervisor.looks("oversight")

    page.get_by_role("link", name=re.compile("退单 2 次及以上")).click()
    expect(page.locator("#found")).to_contain_text("污水井盖翘起")
    expect(page.locator("#found")).not_to_contain_text("健身器材松动")
    supervisor.looks("oversight-list")
    page.go_back()

    page.get_by_role("link", name="张店区", exact=True).click()
    expect(page.locator("strong[aria-current=page]")).to_have_text("张店区")
    expect(page.get_by_role("link", name="马尚街道", exact=True)).to_be_visible()
    page.get_by_role("link", name="淄博市", exact=True).click()

    page.get_by_role("link", name="退单来往").last.click()
    expect(page.locator("table")).to_contain_text("不属于本单位职责")
    supervisor.looks("oversight-bounced")
    page.locator("table tbody tr").first.get_by_role("link").last.click()
    expect(page.locator("#found")).to_contain_text("污水井盖翘起")


def test_it_hands_a_post_s_work_over_from_the_list_of_a_unit(site: Site, meet: Meet) -> None:
    report = site.report("楼道堆满纸箱，怕着火", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    supervisor.goes("/oversight/posts/")
    page.get_by_label("其他岗位：单位名称").fill(site.cast["handler"].unit_name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=site.cast["handler"].unit_name)).to_be_visible()
    supervisor.looks("oversight-posts")
    page.locator("table").last.get_by_role("link", name=re.compile("承办员")).click()
    expect(page.locator("table")).to_contain_text("楼道堆满纸箱")
    # The unit has one post of this kind: the page says what is missing.
    supervisor.sees("本单位没有别的同类岗位有人在任。请先安排人员任职，再来转交。")
    expect(page.get_by_role("button", name="转交")).to_be_disabled()
    supervisor.looks("oversight-post")


def test_it_fills_a_wall_and_a_phone(site: Site, meet: Meet) -> None:
    report = site.report("绿化带里有人种菜", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    for name, viewport in (("wall", {"width": 1920, "height": 1080}), ("phone", {"width": 390, "height": 844})):
        for scheme in ("light", "dark"):
            supervisor = meet("supervisor", viewport=viewport, color_scheme=scheme)
            supervisor.signs_in("supervisor")
            supervisor.goes("/oversight/wall/" if name == "wall" else "/oversight/")
            expect(supervisor.page.locator("#board")).to_be_visible()
            supervisor.looks(f"oversight-{name}-{scheme}")
