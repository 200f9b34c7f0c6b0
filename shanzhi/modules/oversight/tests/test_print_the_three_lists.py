"""The three lists are views on the same matters: on the screen, as a file, on paper."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.matters.tests.page_support import page, queries_of, signed_in
from shanzhi.modules.oversight.tests.city_of_work import HERE, dispatched, do, reported, to_the_end, work
from tests.city import Cast

pytestmark = pytest.mark.django_db

LISTS = ("problems", "duties", "cleared")
MOST_QUERIES = 8


def numbers(html: str) -> set[str]:
    return set(re.findall(r"\b\d{8}-\d{6}\b", html))


def known(cast: Cast, **filters: Any) -> set[str]:
    with acting(cast.supervisor):
        found = matters.matters_page(ListFilter(**filters), now=timezone.now(), actor=cast.supervisor, size=100)
    return {row.number for row in found.rows}


def test_they_are_views_on_the_same_matters(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    open_ones, every = known(cast), known(cast, open_only=False, sort="newest")
    assert open_ones
    assert every - open_ones
    for which in ("problems", "duties"):
        assert numbers(page(client.get(f"/oversight/lists/{which}/print/"))) == open_ones
    assert numbers(page(client.get("/oversight/lists/cleared/print/"))) <= every - open_ones


def test_what_was_cleared_today_is_on_the_third_alone(cast: Cast):
    made = dispatched(cast, HERE, cast.handler)
    to_the_end(cast, made, cast.handler, solved=True)
    reported(HERE)
    client = signed_in("supervisor")
    shown = {which: len(numbers(page(client.get(f"/oversight/lists/{which}/print/")))) for which in LISTS}
    assert shown == {"problems": 1, "duties": 1, "cleared": 1}
    tomorrow = local_date(timezone.now()) + timedelta(days=1)
    assert not numbers(page(client.get(f"/oversight/lists/cleared/print/?ended_since={tomorrow}")))


def test_what_was_cleared_of_a_split_matter_is_its_whole(cast: Cast):
    matter_id, follow = reported(HERE)
    do(cast.dispatcher, matter_id, "accept", category="housing.property-service")
    about = [{"about": f"第{one}个问题", "category": "cityscape.waste"} for one in "一二"]
    do(cast.dispatcher, matter_id, "split", lead=cast.handler.unit_id, parts=about)
    with acting(cast.supervisor):
        seen = matters.card(matter_id, actor=cast.supervisor, now=timezone.now())
        part = matters.matter_id_of_number(f"{seen.number}-1") or 0
    do(cast.dispatcher, part, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, part, "take")
    do(cast.handler, part, "reply", reply="已修好。")
    do(cast.checker, part, "check_pass", words="属实")
    do(Actor(follow=(follow,)), matter_id, "withdraw")
    html = page(signed_in("supervisor").get("/oversight/lists/cleared/print/"))
    assert (seen.number in html, f"{seen.number}-1" in html) == (True, False)


def test_they_filter_like_the_list_and_go_along_as_files(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    late = known(cast, light="overdue")
    assert numbers(page(client.get("/oversight/lists/duties/print/?light=overdue"))) == late
    answer: Any = client.get("/oversight/lists/duties/file/?light=overdue&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert numbers(text) == late
    assert text.splitlines()[0] == '"事项","环节","时限","到期","承办","编号"'


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("wrong", ["since=abc", "light=purple", "since=2025-11-18&until=2025-11-01"])
def test_a_condition_that_cannot_be_read_is_refused_and_lists_nothing(cast: Cast, which: str, wrong: str):
    work(cast)
    client = signed_in("supervisor")
    screen = client.get(f"/oversight/lists/{which}/?{wrong}")
    assert (screen.status_code, numbers(page(screen))) == (200, set())
    for tail in (f"print/?{wrong}", f"file/?format=csv&{wrong}"):
        answer = client.get(f"/oversight/lists/{which}/{tail}")
        assert (answer.status_code, numbers(page(answer))) == (422, set()), tail
    assert client.get(f"/m/file/?format=csv&{wrong}").status_code == 422


def test_the_printed_page_has_the_official_layout(cast: Cast):
    reported(HERE)
    html = page(signed_in("supervisor").get("/oversight/lists/duties/print/"))
    heads = re.findall(r'<th scope="col">([^<]+)</th>', html)
    assert heads == ["序号", "编号", "事项", "承办", "环节", "到期", "时限"]
    for said in ("责任清单", "填报单位：淄博市", "填报日期：", "审核：", "填报："):
        assert said in html, said


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("form", ["", "print/"])
def test_it_takes_as_many_queries_for_one_matter_as_for_many(cast: Cast, which: str, form: str):
    client, url = signed_in("supervisor"), f"/oversight/lists/{which}/{form}"
    dispatched(cast, HERE, cast.handler)
    client.get(url)
    one = queries_of(client, url)
    work(cast)
    assert queries_of(client, url) <= one + 1
    assert queries_of(client, url) <= MOST_QUERIES


@pytest.mark.parametrize("part", ["handler", "dispatcher", "checker", "keeper"])
def test_they_are_the_supervisor_s(cast: Cast, part: str):
    client = signed_in(part)
    for tail in ("", "print/", "file/?format=csv"):
        assert client.get(f"/oversight/lists/duties/{tail}").status_code == 403
    assert signed_in("supervisor").get("/oversight/lists/everything/").status_code == 404
