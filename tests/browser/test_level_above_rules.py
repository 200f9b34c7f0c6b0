"""A unit gives a matter back twice; then the level above rules, finally, and the next matter of the kind there goes by it."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.site import Site

COMMUNITY = "370303009006"
CATEGORY = "housing.property-service"


def gives_back(person: Person, number: str) -> None:
    person.goes(f"/m/{number}/")
    form = person.unfolds("退单")
    form.get_by_label(re.compile("^退单理由|^理由")).select_option(index=1)
    form.get_by_label(re.compile("^说明")).fill("三定规定第五条：不归我局")
    form.get_by_role("button", name="退单", exact=True).click()


def test_two_returns_are_ruled_on_and_the_ruling_goes_on(site: Site, meet: Meet) -> None:
    report = site.report("河滩上倒了三车建筑垃圾，没人管", region_code=COMMUNITY)
    site.act("dispatcher", report.number, "accept", category=CATEGORY)
    handler = meet("handler")
    handler.signs_in("handler")
    for _ in range(2):
        site.act("dispatcher", report.number, "dispatch", lead=site.cast["handler"].unit_id)
        gives_back(handler, report.number)
        assert site.stage(report.number) == "accepted"
    site.act("dispatcher", report.number, "dispatch", lead=site.cast["handler"].unit_id)
    handler.goes(f"/m/{report.number}/")
    expect(handler.page.get_by_role("button", name="退单", exact=True)).to_have_count(0)
    form = handler.unfolds("申请裁定")
    handler.looks("ruling-ask")
    form.get_by_label(re.compile("理由")).select_option(index=1)
    form.get_by_label(re.compile("^说明")).fill("建筑垃圾由城管部门管")
    form.get_by_role("button", name="申请裁定").click()
    handler.sees("待答复")

    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    supervisor.goes(f"/m/{report.number}/")
    form = supervisor.unfolds("裁定改派")
    supervisor.looks("ruling-form")
    form.get_by_role("searchbox").first.fill("城市管理")
    found = form.get_by_role("radio", name=re.compile(site.cast["second_handler"].unit_name))
    expect(found.first).to_be_visible()
    found.first.check()
    form.get_by_label(re.compile("^说明")).fill("建筑垃圾属城管职责")
    form.get_by_role("button", name="裁定改派", exact=True).click()
    supervisor.sees("已裁定")
    assert site.stage(report.number) == "dispatched"
    supervisor.looks("ruling-made")

    later = site.report("路口又倒了一车建筑垃圾", region_code=COMMUNITY)
    site.act("dispatcher", later.number, "accept", category=CATEGORY)
    dispatcher = meet("dispatcher")
    dispatcher.signs_in("dispatcher")
    dispatcher.goes(f"/triage/{later.number}/")
    chosen = dispatcher.page.locator("#triage_lead").get_by_role("radio", checked=True)
    expect(chosen).to_have_accessible_name(re.compile(site.cast["second_handler"].unit_name + ".*裁定过"))
    dispatcher.looks("ruling-offered")
