"""A keeper finds a vacant post, has somebody appointed by two people, and closes a unit whose work another takes over."""

import re
import time

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.site import Site

JOB_SECONDS = 75
UNIT = "张店区应急管理局"
HEIR = "张店区住房和城乡建设局"


def test_it_finds_a_vacancy_fills_it_and_closes_a_unit(site: Site, meet: Meet) -> None:
    keeper, officer = meet("keeper"), meet("security_officer")
    keeper.signs_in("keeper")
    expect(keeper.page).to_have_url(re.compile("/keeper/$"))
    keeper.looks("keeper-home")
    keeper.page.get_by_role("link", name=re.compile("单位和岗位")).last.click()
    keeper.looks("keeper-units")
    keeper.writes("名称", UNIT)
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("查找|筛选")).first.click()
    keeper.presses(UNIT, "link")
    keeper.looks("keeper-unit")

    # A post more, vacant.
    keeper.presses("设立岗位", "link")
    keeper.page.get_by_label("角色").select_option("checker")
    keeper.writes("设立日期", "2025-01-06")
    keeper.looks("keeper-post-new")
    keeper.presses("设立")
    keeper.sees("现在没有人任职。")
    keeper.looks("keeper-post-vacant")
    where = keeper.page.url.removeprefix(site.url)
    keeper.goes("/keeper/units/?only=vacant")
    keeper.sees(UNIT)
    keeper.looks("keeper-units-vacant")

    appoint_by_two(site, keeper, officer, where)
    close_with_a_successor(site, keeper)


def appoint_by_two(site: Site, keeper: Person, officer: Person, where: str) -> None:
    """Somebody new takes the vacant post: asked for by the one, agreed to by the other."""
    keeper.goes(where)
    keeper.presses("安排任职", "link")
    keeper.writes("工号", "B-0001")
    keeper.writes("任职日期", "2025-01-07")
    keeper.writes("依据", "任免通知（2025）第 8 号")
    keeper.presses("提交申请")
    keeper.sees("还没有登记")
    keeper.looks("keeper-appoint-wrong")
    assert keeper.page.get_by_label("工号").input_value() == "B-0001"
    keeper.writes("姓名", "赵新")
    keeper.presses("提交申请")
    expect(keeper.page).to_have_url(re.compile(r"/signoffs/\d+/$"))
    asked = keeper.page.url.removeprefix(site.url)
    officer.signs_in("security_officer")
    officer.goes(asked)
    officer.sees("赵新")
    officer.looks("keeper-appoint-decide")
    officer.writes("复核意见", "已核对任免通知。")
    officer.presses("同意")
    deadline = time.monotonic() + JOB_SECONDS
    while time.monotonic() < deadline:
        keeper.goes(where)
        if not keeper.page.get_by_text("现在没有人任职。").count():
            break
        time.sleep(0.5)
    keeper.sees("赵新")
    keeper.looks("keeper-post")


def close_with_a_successor(site: Site, keeper: Person) -> None:
    """The unit has open work: it is closed only with a successor."""
    keeper.goes("/keeper/units/?q=" + UNIT)
    keeper.presses(UNIT, "link")
    unit_id = int(re.search(r"/units/(\d+)/$", keeper.page.url).group(1))  # type: ignore[union-attr]
    report = site.report("楼道里堆满杂物，堵住了消防通道", region_code="370303009006")
    site.act("dispatcher", report.number, "accept", category="housing.property-service")
    site.act("dispatcher", report.number, "dispatch", lead=unit_id)
    keeper.page.reload()
    keeper.presses("改名、改上级", "link")
    keeper.looks("keeper-unit-edit")
    keeper.page.go_back()
    keeper.presses("撤销单位", "link")
    keeper.looks("keeper-unit-close")
    keeper.presses("撤销")
    keeper.sees("还有 1 件在办事项")
    keeper.looks("keeper-unit-busy")
    keeper.writes("接收单位", "没有的单位")
    keeper.presses("撤销")
    keeper.sees("没有叫")
    keeper.writes("接收单位", HEIR)
    keeper.presses("撤销")
    keeper.sees("已撤销")
    keeper.looks("keeper-unit-closed")


def test_it_keeps_the_admission_list(meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    keeper.goes("/keeper/admission/")
    keeper.looks("keeper-admission-empty")
    keeper.presses("加入准入清单", "link")
    keeper.writes("事项", "居民身份证明")
    keeper.writes("依据", "某市村（社区）工作事务准入清单（2025 年版）第 3 项")
    keeper.looks("keeper-admission-new")
    keeper.presses("加入")
    keeper.sees("居民身份证明")
    keeper.looks("keeper-admission")
