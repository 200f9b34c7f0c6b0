"""Staff open a matter: who may, what they read, what the page offers them."""

from datetime import timedelta

import pytest
from django.test import Client

from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.tests.page_support import done, handed_to, hidden, page, queries_of, reported, signed_in
from shanzhi.modules.intake.tests.walk import follow_in
from tests.city import Cast

pytestmark = pytest.mark.django_db


def followed(matter: Reported) -> Client:
    """A browser that has shown the matter's code."""
    client = Client()
    follow_in(client, matter)
    return client


def test_it_shows_what_was_reported_masked_and_what_the_post_may_do(cast: Cast):
    matter = reported()
    html = page(signed_in("dispatcher").get(f"/m/{matter.number}/"))
    assert "138****5678" in html
    assert "13812345678" not in html
    assert f'action="/m/{matter.number}/do/accept/"' in html
    assert f'action="/m/{matter.number}/do/refuse/"' in html
    assert f'action="/m/{matter.number}/do/dispatch/"' not in html


def test_it_offers_the_suggested_unit_first_and_chosen(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category="housing.property-service")
    html = page(signed_in("dispatcher").get(f"/m/{matter.number}/"))
    assert f'name="lead" id="id_dispatch_lead_{cast.handler.unit_id}" value="{cast.handler.unit_id}" checked' in html


def test_it_takes_a_number_as_people_write_it(cast: Cast):
    matter = reported()
    answer = signed_in("dispatcher").get(f"/m/{matter.number.replace('-', '')}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/m/{matter.number}/"


def test_it_sends_a_visitor_to_sign_in(cast: Cast):
    answer = Client().get(f"/m/{reported().number}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("part", ["neighbour_dispatcher", "neighbour_handler", "handler"])
def test_it_isnt_there_for_who_has_no_part_in_it(cast: Cast, part: str):
    assert signed_in(part).get(f"/m/{reported().number}/").status_code == 404


def test_it_isnt_there_without_a_number(cast: Cast):
    client = signed_in("dispatcher")
    assert client.get("/m/20261122-999999/").status_code == 404
    assert client.get("/m/nonsense/").status_code == 404


def test_it_shows_the_contact_once_for_a_reason_and_tells_the_reporter(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    client = signed_in("handler")
    answer = client.post(f"/m/{matter.number}/reveal/", {"what": "contact", "reason": "visit"})
    assert answer.status_code == 200
    assert "13812345678" in page(answer)
    again = page(client.get(f"/m/{matter.number}/"))
    assert "13812345678" not in again
    assert "上门办理" in again


def test_it_asks_for_the_reason(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    answer = signed_in("handler").post(f"/m/{matter.number}/reveal/", {"what": "contact", "reason": ""})
    assert answer.status_code == 422
    assert "请选择查看理由" in page(answer)
    assert "13812345678" not in page(answer)


def test_it_shows_the_original_of_a_masked_text(cast: Cast):
    matter = handed_to(cast.handler, cast.dispatcher, reported())
    answer = signed_in("handler").post(f"/m/{matter.number}/reveal/", {"what": "originals", "reason": "original"})
    assert "电话13812345678" in page(answer)


def test_it_doesnt_reveal_to_a_stranger(cast: Cast):
    matter = reported()
    answer = signed_in("neighbour_handler").post(f"/m/{matter.number}/reveal/", {"what": "contact", "reason": "visit"})
    assert answer.status_code == 404


def test_it_says_what_is_left_in_working_time(cast: Cast):
    html = page(signed_in("dispatcher").get(f"/m/{reported(ago=timedelta(days=20)).number}/"))
    assert "超期" in html
    assert "（工作时间）" in html


def test_the_proof_stands_apart_from_the_history(cast: Cast):
    matter = reported()
    for client, path in (
        (signed_in("dispatcher"), f"/m/{matter.number}/"),
        (followed(matter), f"/my/{matter.number}/"),
    ):
        html = page(client.get(path))
        panels = html.split('<section class="ui-panel')
        history = next(part for part in panels if "ui-timeline" in part and ">经过<" in part)
        proof = next(part for part in panels if "下载存证" in part)
        assert "下载存证" not in history
        assert ">存证<" in proof
        assert "证明以上各步何时入账、此后没有改过" in proof


def test_it_takes_few_queries(cast: Cast):
    matter = reported()
    handed_to(cast.handler, cast.dispatcher, matter)
    few = queries_of(signed_in("handler"), f"/m/{matter.number}/")
    for _ in range(5):
        done(cast.handler, matter, "note", words="现场看过")
    assert queries_of(signed_in("handler"), f"/m/{matter.number}/") == few
    assert few <= 7


def test_it_keeps_the_version_that_the_screen_shows(cast: Cast):
    matter = reported()
    html = page(signed_in("dispatcher").get(f"/m/{matter.number}/"))
    assert hidden(html, "version", "/do/accept/") == "1"
