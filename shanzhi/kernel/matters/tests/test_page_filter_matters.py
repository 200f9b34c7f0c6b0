"""Staff narrow the list down, page both ways and pass its address on; bad addresses show a list and no error."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.page_support import COMMUNITY, done, handed_to, page, queries_of, reported, signed_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

TITLE = re.compile(r'ui-table__title"><a href="/m/([0-9-]+)/"')
LINK = 'rel="{}" href="([^"]+)"'


def numbers(client: Client, query: str = "") -> list[str]:
    return TITLE.findall(page(client.get(f"/m/{query}")))


def at_the_gate(channel: str, place: str) -> str:
    new = NewReport(body="灯不亮", title="灯不亮", region_code=COMMUNITY, channel=channel, place_text=place)
    with acting(ANYONE):
        return operations.report(new=new, actor=ANYONE, now=timezone.now()).number


def test_it_filters_by_channel_kind_and_place(cast: Cast):
    gate, road = at_the_gate("hotline", "世纪花园东门"), at_the_gate("web", "西六路 12 号")
    client = signed_in("supervisor")
    assert numbers(client, "?channel=hotline") == [gate]
    assert set(numbers(client, "?kind=request")) == {gate, road}
    assert numbers(client, "?place=东门") == [gate]
    assert numbers(client, "?place=西六路") == [road]
    assert numbers(client, "?place=东门&q=灯不亮") == [gate]
    assert numbers(client, "?place=东门&channel=web") == []
    assert numbers(client, "?place=。。") == []


def test_it_filters_by_unit_and_says_when_there_is_none_or_more_than_one(cast: Cast):
    mine, other = reported(), reported()
    handed_to(cast.handler, cast.dispatcher, mine)
    client = signed_in("supervisor")
    assert numbers(client, "?unit=张店区住房和城乡建设局") == [mine.number]
    assert set(numbers(client)) == {mine.number, other.number}
    assert "没有找到这个单位" in page(client.get("/m/?unit=月亮局"))
    assert "不止一个" in page(client.get("/m/?unit=局"))
    assert numbers(client, "?unit=局") == numbers(client, "?unit=月亮局") == []


@pytest.mark.parametrize("name", ["since", "until", "ended_since", "ended_until"])
@pytest.mark.usefixtures("cast")
def test_it_takes_the_first_and_the_last_day_that_there_is(name: str):
    number = reported().number
    client = signed_in("supervisor")
    first, last = (numbers(client, f"?{name}={day}") for day in ("0001-01-01", "9999-12-31"))
    assert (first, last) == {
        "since": ([number], []),
        "until": ([], [number]),
        "ended_since": ([], []),
        "ended_until": ([], []),
    }[name]


def test_it_sorts_by_due_or_newest(cast: Cast):
    old, new = reported(ago=timedelta(days=3)).number, reported().number
    client = signed_in("supervisor")
    assert numbers(client) == numbers(client, "?sort=due") == [old, new]
    assert numbers(client, "?sort=newest") == numbers(client, "?which=all&sort=due") == [new, old]


def test_it_says_that_days_stand_the_wrong_way_round(cast: Cast):
    reported()
    html = page(signed_in("supervisor").get("/m/?since=2026-11-02&until=2026-11-01"))
    assert "结束日期不能早于开始日期" in html
    assert TITLE.findall(html) == []


@pytest.mark.parametrize("sort", ["due", "newest"])
def test_it_pages_to_the_end_and_back_again(cast: Cast, sort: str):
    made = [reported(ago=timedelta(minutes=90 - n)).number for n in range(60)]
    expected = made if sort == "due" else made[::-1]
    client = signed_in("supervisor")
    addresses, seen = [f"?sort={sort}"], []
    while True:
        html = page(client.get(f"/m/{addresses[-1]}"))
        seen += TITLE.findall(html)
        following = re.search(LINK.format("next"), html)
        if not following:
            break
        addresses.append(following[1])
    assert seen == expected
    back = re.search(LINK.format("prev"), html)
    assert back
    html = page(client.get(f"/m/{back[1]}"))
    assert TITLE.findall(html) == expected[25:50]
    back = re.search(LINK.format("prev"), html)
    assert back
    html = page(client.get(f"/m/{back[1]}"))
    assert TITLE.findall(html) == expected[:25]
    assert not re.search(LINK.format("prev"), html)
    assert queries_of(client, f"/m/{addresses[1]}") == 7


def test_it_begins_at_the_start_with_a_cursor_of_another_list(cast: Cast):
    for _ in range(30):
        reported()
    client = signed_in("supervisor")
    first = page(client.get("/m/"))
    following = re.search(LINK.format("next"), first)
    assert following
    cursor = following[1].partition("after=")[2]
    for query in (
        f"?sort=newest&after={cursor}",
        f"?channel=web&after={cursor}",
        f"?channel=web&before={cursor}",
        "?after=nonsense",
        "?before=-_1_00000000",
        "?after=2026-11-18T00:00:00_1_00000000",
        f"?after={'9' * 400}_{'9' * 400}_x",
        "?after=%00",
    ):
        html = page(client.get(f"/m/{query}"))
        assert len(TITLE.findall(html)) == 25, query
        assert not re.search(LINK.format("prev"), html), query


def test_it_shows_a_stranger_with_the_link_only_what_they_may_see(cast: Cast):
    reported()
    client = signed_in("supervisor")
    query = "?channel=web&region=370303&col=number&col=channel"
    assert len(numbers(client, query)) == 1
    assert numbers(signed_in("second_handler"), query) == []
    assert Client().get(f"/m/{query}")["Location"].startswith("/accounts/login/")


def test_it_finds_nothing_in_a_region_that_is_not_mine(cast: Cast):
    reported()
    client = signed_in("neighbour_handler")
    for query in ("?region=370303", f"?region={COMMUNITY}&which=all", "?region=370303&light=normal", "?region=9"):
        assert numbers(client, query) == []


def test_it_sorts_by_the_head_of_a_column(cast: Cast):
    reported()
    html = page(signed_in("supervisor").get("/m/?col=due&col=reported&stage=reported"))
    assert 'aria-sort="ascending"' in html
    assert re.findall(r'href="(\?[^"]*sort=newest)"', html) == ["?col=due&col=reported&stage=reported&sort=newest"]
    ended = page(signed_in("supervisor").get("/m/?col=due&col=reported&which=all"))
    assert "sort=due" not in ended
    assert 'aria-sort="descending"' in ended


def test_it_shows_the_chosen_columns_and_leaves_out_what_is_no_column(cast: Cast):
    matter = reported()
    html = page(signed_in("supervisor").get("/m/?col=number&col=channel&col=nonsense"))
    assert [one.strip() for one in re.findall(r'<th scope="col"[^>]*>([^<]+)<', html)] == ["事项", "编号", "来源渠道"]
    assert matter.number in html


def test_it_pages_on_to_what_has_ended_when_sorted_by_due(cast: Cast):
    """The API may sort ended ones by due time: they have none, stand last, and are reached."""
    over = [reported() for _ in range(3)]
    for matter in over:
        done(cast.dispatcher, matter, "refuse", ground="refuse.discipline")
    still = reported()
    seen, after, wanted = [], "", queries.ListFilter(open_only=False)
    with acting(cast.supervisor):
        while True:
            found = queries.matters_page(wanted, now=timezone.now(), actor=cast.supervisor, after=after, size=1)
            seen += [row.number for row in found.rows]
            after = found.next_after
            if not after:
                break
        assert seen == [still.number, *(matter.number for matter in over)]
        back = queries.matters_page(
            wanted, now=timezone.now(), actor=cast.supervisor, before=found.previous_before, size=1
        )
        assert [row.number for row in back.rows] == [over[1].number]
