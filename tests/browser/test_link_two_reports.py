"""One problem, two reporters, two verdicts that differ: linked by the operator, done anew for one, ended when both are content."""

import re
import time

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.browser.test_link_reports_of_one_problem import COMMUNITY, SECONDS, comes_to, says_solved
from tests.site import Reported, Site

SAID = "世纪花园东门的排水沟堵了，污水漫到路上，味道很大"
PHONE = "13812345679"


def links_the_call(site: Site, operator: Person, lead: str) -> Reported:
    """Types what the caller says; what is likely the same stands first, and a key links it."""
    page, keys = operator.page, operator.page.keyboard
    operator.signs_in("operator")
    expect(page).to_have_url(re.compile("/desk/$"))
    operator.writes("来电号码", PHONE)
    page.locator("input[name=q_region]").fill("世纪花园")
    page.get_by_role("radio", name=re.compile("世纪花园")).first.check()
    page.get_by_label("说了什么").fill(SAID)
    expect(page.locator("#call_look")).to_contain_text("可能是同一件")
    operator.looks("link-desk")
    page.get_by_label("说了什么").focus()
    keys.press("Escape")
    keys.press("m")
    operator.sees("请告诉来电人")
    operator.sees("并单办理")
    operator.looks("link-desk-done")
    number, code = (page.locator(".ui-copy__code").nth(n).inner_text() for n in (0, 1))
    assert site.stage(number) == "merged"
    return Reported(number, code)


def says_unsolved(resident: Person) -> None:
    page = resident.page
    page.get_by_role("radio", name="没有解决", exact=True).check()
    page.get_by_label("还想说的").fill("昨天下雨又漫出来了")
    resident.presses("提交评价")


def links_on_its_page(site: Site, dispatcher: Person) -> Reported:
    """A third comes by web; on the matter's own page the dispatcher is offered the lead."""
    third = site.report("世纪花园东门排水沟污水横流，没人管", region_code=COMMUNITY)
    dispatcher.signs_in("dispatcher")
    give_up = time.monotonic() + SECONDS
    dispatcher.goes(f"/m/{third.number}/")
    while not dispatcher.page.get_by_text("附近有相似的事项").count():
        assert time.monotonic() < give_up, "no look-alike is shown"
        time.sleep(0.5)
        dispatcher.goes(f"/m/{third.number}/")
    dispatcher.looks("link-matter-alike")
    dispatcher.page.get_by_role("button", name=re.compile("并到这一件")).first.click()
    dispatcher.sees("已并到同一问题的主件名下")
    assert site.stage(third.number) == "merged"
    dispatcher.looks("link-matter-linked")
    return third


def sees_the_figures(supervisor: Person) -> None:
    """The supervisor's figure says how many reports stand behind it, and leads to the list."""
    supervisor.signs_in("supervisor")
    give_up = time.monotonic() + SECONDS
    supervisor.goes("/oversight/")
    while not supervisor.page.get_by_text("共 3 件反映").count():
        assert time.monotonic() < give_up, "the figure doesn't come"
        time.sleep(0.5)
        supervisor.goes("/oversight/")
    supervisor.looks("link-figures")
    supervisor.page.get_by_role("link", name=re.compile("重复反映")).click()
    supervisor.sees("反映件数")
    expect(supervisor.page.get_by_role("row")).to_have_count(2)
    supervisor.looks("link-list")


def test_one_is_content_and_one_isnt(site: Site, meet: Meet) -> None:
    first = site.report("世纪花园东门排水沟堵塞，污水横流三天没有人管", region_code=COMMUNITY)
    site.bring_to(first.number, "handling")
    operator = meet("operator")
    second = links_the_call(site, operator, first.number)

    third = links_on_its_page(site, meet("dispatcher"))
    sees_the_figures(meet("supervisor"))
    # Answered and checked; the lead's reporter is content, the caller isn't: the lead is done anew.
    site.act("handler", first.number, "reply", reply="排水沟已经疏通，污水已清理。")
    site.act("checker", first.number, "check_pass")
    for each in (second, third):
        comes_to(site, each.number, "verdict")
    resident, caller, other = meet(), meet(), meet()
    resident.follows(first)
    says_solved(resident)
    assert site.stage(first.number) == "gathering"
    resident.page.reload()
    resident.looks("link-gathering")
    caller.follows(second)
    caller.sees("排水沟已经疏通")
    caller.looks("link-caller-asked")
    says_unsolved(caller)
    comes_to(site, first.number, "handling")
    comes_to(site, third.number, "merged")
    caller.page.reload()
    caller.looks("link-caller-again")
    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/worklist/{first.number}/")
    handler.sees("共反映 3 件")
    handler.looks("link-lead-again")

    # Done anew, both are asked about the new answer; whoever was content isn't.
    site.act("handler", first.number, "reply", reply="换了新的盖板和管道，雨天再看过，不再漫水。")
    site.act("checker", first.number, "check_pass")
    for each, person in ((second, caller), (third, other)):
        comes_to(site, each.number, "verdict")
        person.follows(each)
        person.sees("换了新的盖板和管道")
        says_solved(person)
    comes_to(site, first.number, "closed")
    assert [site.stage(each.number) for each in (second, third)] == ["closed", "closed"]
    resident.page.reload()
    resident.looks("link-closed")
