"""Two residents report one problem: a dispatcher links them with a key, both are answered, and each gives a verdict."""

import re
import time

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.site import Site

COMMUNITY = "370303009006"
SECONDS = 20


def comes_to(site: Site, number: str, stage: str) -> None:
    """The worker brings it there."""
    give_up = time.monotonic() + SECONDS
    while site.stage(number) != stage:
        assert time.monotonic() < give_up, f"{number} doesn't come to {stage}"
        time.sleep(0.3)


def says_solved(resident: Person) -> None:
    resident.page.get_by_role("radio", name="解决了", exact=True).check()
    resident.presses("提交评价")


def test_it_is_linked_answered_and_judged_twice(site: Site, meet: Meet) -> None:
    first = site.report("物业半年不修单元门，多次打电话没有人来", region_code=COMMUNITY)
    site.bring_to(first.number, "handling")
    second = site.report("单元门坏了，物业一直不管", region_code=COMMUNITY)
    dispatcher = meet("dispatcher")
    dispatcher.signs_in("dispatcher")
    page = dispatcher.page
    give_up = time.monotonic() + SECONDS
    dispatcher.goes(f"/triage/{second.number}/")
    while not page.get_by_text("附近有相似的事项").count():
        assert time.monotonic() < give_up, "no look-alike is shown"
        time.sleep(0.5)
        dispatcher.goes(f"/triage/{second.number}/")
    dispatcher.looks("link-look-alike")
    page.keyboard.press("m")
    expect(page).not_to_have_url(re.compile(second.number))
    assert site.stage(second.number) == "merged"

    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/worklist/{first.number}/")
    handler.sees("以下各件是同一问题")
    handler.sees("单元门坏了，物业一直不管")
    handler.looks("link-lead")

    other = meet()
    other.follows(second)
    other.sees("已与同一问题的另一件并案办理")
    other.looks("link-resident")
    site.act("handler", first.number, "reply", reply="单元门已经修好，钥匙到物业领取。")
    site.act("checker", first.number, "check_pass")
    comes_to(site, second.number, "verdict")
    other.page.reload()
    other.sees("单元门已经修好")
    says_solved(other)
    resident = meet()
    resident.follows(first)
    says_solved(resident)
    comes_to(site, first.number, "closed")
    assert site.stage(second.number) == "closed"
