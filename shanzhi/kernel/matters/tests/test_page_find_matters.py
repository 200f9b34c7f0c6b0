"""Staff find matters: each post sees its own, filters by what it knows, and pages on."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from shanzhi.kernel.matters.tests.page_support import done, handed_to, page, queries_of, reported, signed_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

TITLE = re.compile(r'ui-table__title"><a href="/m/([0-9-]+)/"')


def numbers(client: Client, query: str = "") -> list[str]:
    return TITLE.findall(page(client.get(f"/m/{query}")))


def test_it_shows_each_post_what_it_may_see(cast: Cast):
    here, there = reported(), reported(region="370306100200", title="村里停水")
    handed_to(cast.handler, cast.dispatcher, here)
    assert set(numbers(signed_in("supervisor"))) == {here.number, there.number}
    assert numbers(signed_in("handler")) == [here.number]
    assert numbers(signed_in("second_handler")) == []


def test_it_sends_a_visitor_to_sign_in(cast: Cast):
    assert Client().get("/m/")["Location"].startswith("/accounts/login/")


def test_it_finds_by_number_words_stage_place_category_light_and_day(cast: Cast):
    late = reported(ago=timedelta(days=20))
    fresh = reported(region="370306100200", title="村里停水")
    done(cast.dispatcher, fresh, "accept", category="housing.property-service")
    client = signed_in("supervisor")
    assert numbers(client, f"?q={fresh.number.replace('-', '')}") == [fresh.number]
    assert numbers(client, "?q=停水") == [fresh.number]
    assert numbers(client, "?stage=reported") == [late.number]
    assert numbers(client, "?region=370306") == [fresh.number]
    assert numbers(client, "?category=housing.") == [fresh.number]
    assert numbers(client, "?category=housing.property-service") == [fresh.number]
    assert numbers(client, "?light=overdue") == [late.number]
    assert numbers(client, "?until=2020-01-01") == []
    assert set(numbers(client, "?since=2020-01-01")) == {late.number, fresh.number}
    assert numbers(client, "?since=nonsense&stage=nonsense") == [late.number, fresh.number]


def test_it_finds_what_has_ended_only_when_asked_to(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "refuse", ground="refuse.discipline")
    client = signed_in("supervisor")
    assert numbers(client) == []
    assert numbers(client, "?which=all") == [matter.number]
    assert numbers(client, "?stage=refused") == [matter.number]


def test_it_pages_forward_and_back(cast: Cast):
    made = [reported(ago=timedelta(minutes=60 - n)).number for n in range(30)]
    client = signed_in("supervisor")
    first = page(client.get("/m/"))
    assert TITLE.findall(first) == made[:25]
    assert "共 30 条" in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = page(client.get(f"/m/{following[1]}"))
    assert TITLE.findall(second) == made[25:]
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert TITLE.findall(page(client.get(f"/m/{back[1]}"))) == made[:25]


def test_it_says_why_it_is_empty(cast: Cast):
    client = signed_in("second_handler")
    assert "没有未结束的事项" in page(client.get("/m/"))
    assert "没有符合条件的事项" in page(client.get("/m/?q=月亮"))


def test_it_sends_only_what_was_found_to_htmx(cast: Cast):
    matter = reported()
    html = page(signed_in("supervisor").get("/m/", headers={"HX-Request": "true"}))
    assert matter.number in html
    assert "<html" not in html


def test_it_shows_seven_columns_at_most(cast: Cast):
    reported()
    assert page(signed_in("supervisor").get("/m/")).count('<th scope="col"') == 7


def test_it_takes_as_many_queries_for_thirty_as_for_fifty(cast: Cast):
    client = signed_in("supervisor")
    for _ in range(30):
        reported()
    more_than_a_page = queries_of(client, "/m/")
    for _ in range(20):
        reported()
    assert queries_of(client, "/m/") == more_than_a_page == 7


def test_it_opens_the_further_conditions_where_one_of_them_is_wrong(cast: Cast):
    client = signed_in("supervisor")
    closed, opened = page(client.get("/m/?region=370303")), page(client.get("/m/?since=nonsense"))
    assert ("data-confirm open" in closed, "data-confirm open" in opened) == (False, True)
