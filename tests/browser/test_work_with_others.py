"""Three units help one lead, one of them is late: each gives its result, the lead says why it doesn't wait, all is shown."""

import re

import psycopg
from playwright.sync_api import expect
from psycopg import sql

from shanzhi.config import database
from tests.browser.person import Meet, Person
from tests.site import Reported, Site

COMMUNITY = "370303009006"
HELPER, LATE = "张店区城管局", "周村区住建局"


def let_run_out(site: Site, number: str, unit_id: int) -> None:
    """As if a unit had been asked two weeks ago."""
    at = site.installation
    with psycopg.connect(database.admin_url(at, at.database), autocommit=True) as owner:
        owner.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(at.schema)))
        owner.execute(
            "UPDATE matters_assignment a SET due_at = a.due_at - interval '14 days', warn_at = a.warn_at - interval '14 days'"
            " FROM matters_matter m WHERE m.id = a.matter_id AND m.number = %s AND a.unit_id = %s AND a.part = 'co'",
            [number, unit_id],
        )


def with_three_helpers(site: Site) -> Reported:
    """A matter with a lead and three helpers: one has answered, one is late."""
    report = site.report("饭店夜里排烟，门口占道，住户家里呛得睡不着", region_code=COMMUNITY)
    number = report.number
    helper, late, third = (site.cast[part] for part in ("second_handler", "neighbour_handler", "community_handler"))
    site.act("dispatcher", number, "accept", category="safety.neighbour-dispute")
    lead = site.cast["handler"].unit_id
    site.act("dispatcher", number, "dispatch", lead=lead, co=[helper.unit_id, late.unit_id])
    site.act("handler", number, "take")
    site.act("handler", number, "involve", co=[third.unit_id], words="请社区上门核实有几户受影响")
    let_run_out(site, number, late.unit_id)
    site.act("community_handler", number, "assist_done", words="已核实，受影响的有六户")
    return report


def replies(handler: Person) -> None:
    """The lead answers, with what one helper said."""
    page = handler.page
    form = page.locator("form", has=page.get_by_role("button", name="答复", exact=True))
    form.get_by_label(re.compile("^办理答复")).fill("烟道已改造，占道摊位已清理。")
    form.get_by_label(HELPER).check()
    form.get_by_role("button", name="答复", exact=True).click()


def test_three_help_and_one_is_late(site: Site, meet: Meet) -> None:
    report = with_three_helpers(site)
    number = report.number
    second = meet("second handler")
    second.signs_in("second_handler")
    second.goes("/worklist/?tab=co")
    second.looks("helping-list")
    second.page.get_by_role("link", name=re.compile("饭店夜里排烟")).first.click()
    second.sees("本单位协办")
    second.looks("helping-matter")
    second.page.get_by_label(re.compile("^说明")).filter(visible=True).first.fill(
        "已责令清理占道摊位，烟道由住建部门检查"
    )
    second.page.get_by_role("button", name="完成协办", exact=True).click()

    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/m/{number}/")
    handler.sees("受影响的有六户")
    handler.sees("超期")
    replies(handler)
    handler.sees("还没有给出结果")
    handler.looks("helping-refused")
    form = handler.unfolds("催协办单位")
    form.get_by_label(LATE).check()
    form.get_by_label(re.compile("^说明")).fill("请今天说明进展")
    form.get_by_role("button", name="催协办单位", exact=True).click()
    handler.sees("催办协办")
    form = handler.unfolds("不再等协办")
    form.get_by_label(LATE).check()
    form.get_by_label(re.compile("^说明")).fill("超期未答复，该部分由城管一并处理")
    form.get_by_role("button", name="不再等协办", exact=True).click()
    handler.sees("不再等待")
    handler.looks("helping-lead")
    replies(handler)
    assert site.stage(number) == "checking"

    checker = meet("checker")
    checker.signs_in("checker")
    checker.goes(f"/m/{number}/")
    checker.sees("超期未答复，该部分由城管一并处理")
    checker.looks("helping-checked")

    resident = meet("resident")
    resident.follows(report)
    resident.sees("已责令清理占道摊位")
    expect(resident.page.get_by_text("受影响的有六户")).to_have_count(0)
    expect(resident.page.get_by_text("超期未答复")).to_have_count(0)
    resident.looks("helping-reporter")


def test_a_matter_is_split_and_its_answers_are_joined(site: Site, meet: Meet) -> None:
    report = site.report("三号楼电梯停了，小区门口垃圾也没人清", region_code=COMMUNITY)
    number = report.number
    site.act("dispatcher", number, "accept", category="safety.neighbour-dispute")
    dispatcher = meet("dispatcher")
    page = dispatcher.page
    dispatcher.signs_in("dispatcher")
    dispatcher.goes(f"/m/{number}/")
    form = dispatcher.unfolds("拆分")
    form.get_by_label(re.compile("^第 1 部分：什么问题")).fill("三号楼电梯停了")
    form.get_by_label("第 1 部分：分类").select_option("housing.property-service")
    dispatcher.looks("split-form")
    form.get_by_role("button", name="拆分", exact=True).click()
    expect(page.locator("body")).to_contain_text("请填写")
    lead = site.cast["handler"].unit_id
    rows = [
        {"about": "三号楼电梯停了", "category": "housing.property-service"},
        {"about": "小区门口垃圾没人清", "category": "cityscape.waste"},
    ]
    assert site.act("dispatcher", number, "split", lead=lead, parts=rows) == "parted"
    for part, who, reply in ((1, "handler", "电梯已修好"), (2, "second_handler", "垃圾已清")):
        one = f"{number}-{part}"
        site.act("dispatcher", one, "dispatch", lead=site.cast[who].unit_id)
        site.act(who, one, "take")
        site.act(who, one, "reply", reply=reply)
        assert site.act("checker", one, "check_pass", words="属实") == "joined"
    handler = meet("handler")
    handler.signs_in("handler")
    page = handler.page
    for _ in range(30):
        if site.stage(number) == "handling":
            break
        page.wait_for_timeout(500)
    handler.goes(f"/m/{number}/")
    handler.sees("垃圾已清")
    handler.looks("split-whole")
    handler.goes(f"/m/{number}-2/")
    handler.sees("拆分的一部分")
    site.act("handler", number, "reply", reply="电梯已修好；垃圾已清。")
    site.act("checker", number, "check_pass", words="属实")
    resident = meet("resident")
    resident.follows(report)
    resident.sees("各部分")
    resident.looks("split-reporter")
