"""The exchange rings over real HTTP: a signed ring opens its form by itself, once, at its desk, with the number in it."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.browser.conftest import CTI_SECRET
from tests.browser.exchange import connect, ring
from tests.browser.person import Meet
from tests.site import Site

PHONE = "13700137000"


def test_it_hears_signed_rings_alone(site: Site) -> None:
    connect(site, "8102", "second_operator")
    good = {"event": f"one-{uuid.uuid4()}", "extension": "8102", "number": PHONE}
    assert ring(site, "another-secret-of-the-same-length-or-so", good)[0] == 401
    assert ring(site, CTI_SECRET, good, ago=301)[0] == 401
    assert ring(site, CTI_SECRET, good, signed=good | {"number": "13900000000"})[0] == 401
    assert ring(site, CTI_SECRET, good | {"event": str(uuid.uuid4()), "extension": "9999"})[0] == 404
    assert ring(site, CTI_SECRET, good) == (202, {"rung": True})
    assert ring(site, CTI_SECRET, good) == (202, {"rung": False})


def test_it_opens_the_form_by_itself_and_never_over_what_is_typed(site: Site, meet: Meet) -> None:
    connect(site, "8101", "operator")
    operator = meet("operator")
    operator.signs_in("operator")
    operator.goes("/desk/?new=1")
    operator.goes("/desk/")
    page = operator.page
    assert ring(site, CTI_SECRET, {"event": str(uuid.uuid4()), "extension": "8101", "number": PHONE})[0] == 202
    expect(page).to_have_url(re.compile(r"/desk/call/[0-9a-f-]{36}/$"))
    expect(page.get_by_label("来电号码")).to_have_value(PHONE)
    expect(page.get_by_label("说了什么")).to_be_focused()
    expect(page.locator("time[data-since]")).to_have_text(re.compile(r"^\d+:\d\d$"))
    operator.looks("desk-rung")

    # Another one rings while this call goes on: it is shown, and takes nothing away.
    page.keyboard.type("世纪花园小区物业不作为")
    assert ring(site, CTI_SECRET, {"event": str(uuid.uuid4()), "extension": "8101", "number": "13700137001"})[0] == 202
    waiting = page.locator("a[data-rings]")
    expect(waiting).to_be_visible()
    expect(page.get_by_label("说了什么")).to_have_value("世纪花园小区物业不作为")
    operator.looks("desk-second-ring")

    # Away and back: the draft is there, by its address.
    expect(page.locator("#call_look")).to_contain_text("建议的分类")
    operator.goes("/desk/knowledge/")
    page.go_back()
    expect(page.get_by_label("说了什么")).to_have_value("世纪花园小区物业不作为")
    assert PHONE not in page.url
    operator.presses("不用登记")
    expect(page.get_by_label("来电号码")).to_have_value("13700137001")
    operator.presses("不用登记")
    expect(page).to_have_url(re.compile("/desk/$"))


def test_it_opens_without_script_when_the_page_is_asked_for_again(site: Site, meet: Meet) -> None:
    connect(site, "8101", "operator")
    operator = meet("operator", script=False)
    operator.signs_in("operator")
    assert ring(site, CTI_SECRET, {"event": str(uuid.uuid4()), "extension": "8101", "number": PHONE})[0] == 202
    operator.goes("/desk/")
    expect(operator.page.get_by_label("来电号码")).to_have_value(PHONE)
    operator.looks("desk-without-script")
    operator.presses("不用登记")


def test_it_rings_at_two_desks_and_is_the_first_ones(site: Site, meet: Meet) -> None:
    connect(site, "8101", "operator")
    connect(site, "8103", "second_operator")
    first, second = meet("operator"), meet("second_operator")
    second.signs_in("second_operator")
    second.goes("/desk/?new=1")
    second.writes("说了什么", "还在听上一位说")
    event = str(uuid.uuid4())
    for extension in ("8101", "8103"):
        assert ring(site, CTI_SECRET, {"event": event, "extension": extension, "number": PHONE}) == (
            202,
            {"rung": True},
        )
    rings = second.page.locator("a[data-rings]")
    expect(rings).to_have_count(1)
    # Signing in leads to the desk, and the desk to what rings.
    first.signs_in("operator")
    expect(first.page.get_by_label("来电号码")).to_have_value(PHONE)
    expect(rings).to_have_count(0)
    first.presses("不用登记")


def test_it_hears_twenty_rings_at_once_and_each_once(site: Site) -> None:
    connect(site, "8102", "second_operator")
    rings = [
        {"event": f"many-{number}-{uuid.uuid4()}", "extension": "8102", "number": f"1370013{number:04}"}
        for number in range(20)
    ]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda body: ring(site, CTI_SECRET, body), rings + rings))
    assert sorted((status, answer["rung"]) for status, answer in answers) == [(202, False)] * 20 + [(202, True)] * 20
