"""A dispatcher takes in what came by letter or at the window, of a kind that is chosen, and decides it on the desk."""

import re

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import queries
from shanzhi.modules.triage.tests.desk_support import new_key, page, signed_in
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db

LETTER = {"kind": "petition", "channel": "letter", "body": "来信反映地下室漏水多年", "contact_phone": "13812345678"}


def test_it_offers_the_kinds_that_a_centre_takes_in(cast: Cast):
    html = page(signed_in("dispatcher").get("/triage/new/"))
    offered = re.search(r'<select name="kind".*?</select>', html, re.S)
    assert offered is not None
    assert re.findall(r'<option value="(\w+)"', offered.group()) == ["finding", "petition", "request", "suggestion"]


@pytest.mark.parametrize("kind", ["finding", "petition", "suggestion"])
def test_it_takes_one_in_and_shows_its_code_once(cast: Cast, kind: str):
    client = signed_in("dispatcher")
    answer = client.post("/triage/new/", LETTER | {"kind": kind, "key": new_key()})
    html = page(answer)
    assert answer.status_code == 200
    (number,) = set(re.findall(r"/triage/(\d{8}-\d{6})/", html))
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", html)
    with acting(cast.dispatcher):
        matter_id = queries.matter_id_of_number(number)
        assert matter_id is not None
        card = queries.card(matter_id, actor=cast.dispatcher, now=NOW)
    assert (card.kind.code, card.channel_name, card.stage) == (kind, "来信", "reported")
    assert card.kind.public is False
    opened = client.get(f"/triage/{number}/")
    assert opened.status_code == 200


def test_a_petition_has_a_form_for_each_way_it_can_go(cast: Cast):
    client = signed_in("dispatcher")
    html = page(client.post("/triage/new/", LETTER | {"key": new_key()}))
    (number,) = set(re.findall(r"/triage/(\d{8}-\d{6})/", html))
    desk = page(client.get(f"/triage/{number}/"))
    ways = set(re.findall(rf"/m/{number}/do/(\w+)/", desk))
    assert {"accept", "take_advice", "forward", "guide", "refuse"} <= ways
    assert 'value="accept_and_dispatch"' not in desk


def test_it_asks_for_what_is_missing(cast: Cast):
    answer = signed_in("dispatcher").post("/triage/new/", LETTER | {"body": " ", "key": new_key()})
    assert answer.status_code == 422
    assert "请写清楚什么事、在哪里。" in page(answer)


@pytest.mark.parametrize("kind", ["incident", "nonsense"])
def test_it_refuses_a_kind_that_is_not_the_centres(cast: Cast, kind: str):
    assert signed_in("dispatcher").post("/triage/new/", LETTER | {"kind": kind}).status_code == 422


def test_nobody_else_takes_in(cast: Cast):
    for who in ("handler", "operator", "supervisor"):
        assert signed_in(who).get("/triage/new/").status_code == 403
