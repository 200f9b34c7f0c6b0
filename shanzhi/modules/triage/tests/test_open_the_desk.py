"""A dispatcher opens the desk: what waits, what is urgent, what is suggested, what was typed before."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.modules.triage.tests.desk_support import PROPERTY, done, form, page, reported, signed_in, url
from tests.city import LOGINS, PASSWORD, Cast

pytestmark = pytest.mark.django_db

LINE = re.compile(r'data-row href="/triage/([0-9-]+)/"')


def test_it_lists_what_waits_with_the_soonest_due_first_and_opens_it(cast: Cast):
    late, fresh = reported(title="先到期", ago=timedelta(days=9)), reported(title="后到期")
    gone = reported()
    done(cast.dispatcher, gone, "refuse", ground="refuse.discipline")
    html = page(signed_in("dispatcher").get("/triage/"))
    assert LINE.findall(html) == [late.number, fresh.number]
    assert "<h2>先到期</h2>" in html
    assert "待处理 2 件" in html
    assert "超期 1 件" in html
    assert "临期 0 件" in html


def test_it_counts_and_lists_what_is_the_own_centres_turn(cast: Cast):
    citys = reported()
    client = signed_in("township_dispatcher")
    html = page(client.get("/triage/"))
    assert (LINE.findall(html), "待处理 0 件" in html, "都处理完了" in html) == ([], True, True)
    # It waits in the township's place for the city's centre: the list of all matters has it.
    assert citys.number in page(client.get("/m/"))
    assert LINE.findall(page(signed_in("dispatcher").get("/triage/"))) == [citys.number]


def test_what_was_escalated_to_the_centre_counts_and_is_opened(cast: Cast):
    worker, now = cast.grid_worker, timezone.now()
    new = NewReport(body="3号楼前窨井盖破损", kind="incident", channel="grid", region_code=worker.region_code)
    with acting(worker):
        made = operations.report(new=new, actor=worker, now=now)
    done(worker, made, "take_up")
    done(worker, made, "escalate_to_community", words="超出网格能力")
    done(cast.community_handler, made, "escalate_to_centre", words="超出社区能力")
    client = signed_in("township_dispatcher")
    html = page(client.get("/triage/"))
    assert (LINE.findall(html), "待处理 1 件" in html, "临期 0 件" in html) == ([made.number], True, True)
    assert "没有打开的事项" not in html
    assert LINE.findall(page(client.get("/triage/?light=overdue"))) == []


def test_it_shows_the_late_ones_alone(cast: Cast):
    late, _ = reported(ago=timedelta(days=9)), reported()
    client = signed_in("dispatcher")
    assert LINE.findall(page(client.get("/triage/?light=overdue"))) == [late.number]
    assert "没有这样的事项" in page(client.get("/triage/?light=warning"))


def test_it_says_that_all_is_done(cast: Cast):
    html = page(signed_in("dispatcher").get("/triage/"))
    assert "都处理完了" in html


def test_it_is_for_dispatchers(cast: Cast):
    matter = reported()
    for part in ("handler", "checker", "supervisor"):
        client = signed_in(part)
        assert client.get("/triage/").status_code == 403
        assert client.get(url(matter)).status_code == 403
        assert client.post(url(matter), {"do": "accept"}).status_code == 403
    assert Client().get("/triage/")["Location"].startswith("/accounts/login/")


def test_it_hides_what_belongs_to_a_neighbour(cast: Cast):
    matter = reported()
    client = signed_in("neighbour_dispatcher")
    assert LINE.findall(page(client.get("/triage/"))) == []
    assert client.get(url(matter)).status_code == 404
    assert client.post(url(matter), {"do": "accept"}).status_code == 404
    assert client.get(f"{url(matter)}unit/").status_code == 404


def test_it_shows_a_matter_that_has_left_the_desk_without_its_form(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    done(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    html = page(signed_in("dispatcher").get(url(matter)))
    assert "待签收" in html
    assert 'name="do"' not in html.replace('<details class="ui-confirm" name="do"', "")


def test_it_changes_the_unit_with_the_category(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    html = page(client.get(f"{url(matter)}unit/", {"category": PROPERTY, "region": "370306100200"}))
    assert f'value="{cast.neighbour_handler.unit_id}" checked' in html


def test_it_leaves_a_unit_that_was_chosen_by_hand(cast: Cast):
    matter = reported()
    asked = {"category": PROPERTY, "lead": str(cast.second_handler.unit_id), "was": str(cast.handler.unit_id)}
    html = page(signed_in("dispatcher").get(f"{url(matter)}unit/", asked))
    assert f'value="{cast.second_handler.unit_id}" checked' in html
    assert f'value="{cast.handler.unit_id}">' in html


def test_it_suggests_anew_without_script(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), find="suggest", category=PROPERTY, words="请先到现场")
    html = page(client.post(url(matter), sent))
    assert form(html)["lead"] == str(cast.handler.unit_id)
    assert "请先到现场" in html


def test_it_searches_when_enter_is_pressed_and_decides_nothing(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    html = page(client.get(url(matter)))
    first = re.search(r'<button[^>]*name="(\w+)"', html.split('class="ui-stack"', 1)[1])
    assert first
    assert first[1] == "find"
    found = page(client.post(url(matter), form(html, find="search", q_lead="城市管理")))
    assert f'value="{cast.second_handler.unit_id}"' in found


def test_it_gives_back_what_was_typed_after_the_session_ended(cast: Cast):
    matter = reported()
    sent = form(page(signed_in("dispatcher").get(url(matter))), do="accept", category=PROPERTY, words="先电话核实")
    client = Client()
    target = parse_qs(urlsplit(client.post(url(matter), sent)["Location"]).query)["next"][0]
    assert target.startswith(f"{url(matter)}?parked=")
    client.post("/accounts/login/", {"login": LOGINS["dispatcher"], "password": PASSWORD, "next": target})
    html = page(client.get(target))
    assert "先电话核实" in html
    assert form(html)["category"] == PROPERTY


def test_it_gives_back_a_note_as_well(cast: Cast):
    matter = reported()
    client = Client()
    note = {"action": "note", "words": "明天再问一次", "page": url(matter)}
    target = parse_qs(urlsplit(client.post(f"/m/{matter.number}/do/note/", note)["Location"]).query)["next"][0]
    client.post("/accounts/login/", {"login": LOGINS["dispatcher"], "password": PASSWORD, "next": target})
    html = page(client.get(target))
    assert "明天再问一次" in html.split(f'action="/m/{matter.number}/do/note/"')[1]


def test_it_keeps_the_filter_on_the_way(cast: Cast):
    first, second = reported(ago=timedelta(days=9)), reported(ago=timedelta(days=8))
    client = signed_in("dispatcher")
    html = page(client.get(f"{url(first)}?light=overdue"))
    assert f'action="{url(first)}?light=overdue"' in html
    answer = client.post(f"{url(first)}?light=overdue", form(html, do="refuse", ground="refuse.discipline"))
    assert answer["Location"] == f"{url(second)}?light=overdue"


def test_it_takes_as_many_queries_for_thirty_as_for_fifty(cast: Cast):
    """List, counts, the open matter and its suggestion: four pages in one."""

    def count() -> int:
        assert client.get("/triage/").status_code == 200
        with CaptureQueriesContext(connection) as seen:
            client.get("/triage/")
        return len([query for query in seen if "SAVEPOINT" not in query["sql"]])

    done(cast.dispatcher, reported(ago=timedelta(days=1)), "correct", category=PROPERTY)
    client = signed_in("dispatcher")
    for _ in range(29):
        reported()
    more_than_a_page = count()
    for _ in range(20):
        reported()
    assert count() == more_than_a_page == 9
