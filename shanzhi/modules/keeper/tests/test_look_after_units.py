"""A keeper sets up, renames and closes units and posts in the web; two at once hear of each other."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.organisation import queries
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db


def unit_id(code: str) -> int:
    unit = queries.unit_by_code(code, local_date(timezone.now()))
    assert unit is not None, code
    return unit.id


def id_of(number: str) -> int:
    return int(Matter.objects.values_list("pk", flat=True).get(number=number))


def today() -> str:
    return local_date(timezone.now()).isoformat()


def edit(client: Client, pk: int, version: int = 1, **fields: Any) -> Any:
    given = {
        "name": "张店区司法局",
        "short_name": "张店司法局",
        "above": "",
        "on": today(),
        "version": version,
        **fields,
    }
    return client.post(f"/keeper/units/{pk}/edit/", given)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_it_starts_at_what_needs_attention(cast: Cast) -> None:
    client = signed_in("keeper")
    page = text(client.get("/keeper/"))
    assert 'href="/keeper/units/"' in page
    assert 'href="/keeper/admission/"' in page
    assert "个岗位空缺" not in page
    made = client.post(
        f"/keeper/units/{unit_id('justice-370303')}/posts/new/",
        {"role": "checker", "title": "", "region": "370303", "on": today()},
    )
    assert made.status_code == 302
    assert "1 个岗位空缺" in text(client.get("/keeper/"))
    assert "空缺" in text(client.get(made["Location"]))
    listed = text(client.get("/keeper/units/?only=vacant"))
    assert "张店区司法局" in listed
    assert "周村区司法局" not in listed


def test_it_chooses_a_region_by_its_name_without_script(cast: Cast) -> None:
    client, url = signed_in("keeper"), "/keeper/units/new/"
    typed = {"kind": "community", "name": "世纪新村二区居民委员会", "on": today()}
    fresh = text(client.get(url))
    # The keeper's own region is there from the start, chosen.
    assert re.search(r'name="region"[^>]*value="3703" checked', fresh)
    found = client.post(url, typed | {"region": "3703", "find": "region", "q_region": "世纪新村"})
    assert found.status_code == 200
    page = text(found)
    assert 'value="世纪新村二区居民委员会"' in page
    assert re.search(r'name="region"[^>]*value="370303009007"', page)
    assert "需要改" not in page
    for wrong in ("", "马尚", "37 0303"):
        refused = client.post(url, typed | {"region": wrong})
        assert (refused.status_code, 'id="id_region_error"' in text(refused)) == (422, True)
    made = client.post(url, typed | {"region": "370303009007"})
    assert made.status_code == 302, text(made)


def test_it_offers_a_communitys_grids_for_a_post(cast: Cast) -> None:
    page = text(signed_in("keeper").get(f"/keeper/units/{unit_id('community-370303009006')}/posts/new/"))
    offered = re.findall(r'name="region"[^>]*value="(\d+)"( checked)?', page)
    assert offered[0] == ("370303009006", " checked")
    assert ("370303009006001", "") in offered


def test_a_colleague_is_refused(cast: Cast) -> None:
    pk = unit_id("justice-370303")
    for part in ("supervisor", "security_officer", "dispatcher"):
        client = signed_in(part)
        assert client.get("/keeper/").status_code == 403
        assert client.get(f"/keeper/units/{pk}/").status_code == 403
        assert edit(client, pk).status_code == 403
    assert signed_in("keeper").get("/keeper/units/999999999/").status_code == 404
    assert signed_in("keeper").get("/keeper/posts/999999999/").status_code == 404


def test_it_renames_and_keeps_the_old_name(cast: Cast) -> None:
    client, pk = signed_in("keeper"), unit_id("justice-370303")
    assert edit(client, pk, name="张店区司法和调解局").status_code == 302
    page = text(client.get(f"/keeper/units/{pk}/"))
    assert "张店区司法和调解局" in page
    assert "沿革" in page
    assert "张店区司法局" in page


def test_the_second_keeper_hears_what_the_first_changed_and_keeps_what_was_typed(cast: Cast) -> None:
    client, pk = signed_in("keeper"), unit_id("justice-370303")
    assert edit(client, pk, name="甲名").status_code == 302
    answer = edit(client, pk, name="乙名", capacity="30")
    assert answer.status_code == 409
    page = text(answer)
    assert "名称：张店区司法局 → 甲名" in page
    assert 'value="乙名"' in page
    assert 'value="30"' in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "长" * 101}, "100"),
        ({"above": "张店区司法局"}, "不能归自己"),
        ({"above": "没有的单位"}, "没有叫"),
        ({"on": "2020-01-01"}, "没有这个单位"),
        ({"on": (timezone.now() + timedelta(days=9)).date().isoformat()}, "请填今天或以前的日期"),
        ({"capacity": "0"}, "1"),
    ],
)
def test_it_says_what_is_wrong_and_keeps_what_was_typed(cast: Cast, fields: dict[str, Any], words: str) -> None:
    answer = edit(signed_in("keeper"), unit_id("justice-370303"), **{"short_name": "打过的字", **fields})
    assert answer.status_code in (404, 409, 422)
    assert words in text(answer)
    assert "打过的字" in text(answer)


def test_nobody_closes_the_own_office_or_the_last_administrator(cast: Cast) -> None:
    client = signed_in("keeper")
    own = client.post(
        f"/keeper/units/{cast.keeper.unit_id}/close/", {"successor": "centre-370303", "on": today(), "version": 1}
    )
    assert own.status_code == 409
    assert "自己的岗位" in text(own)
    mine = client.post(f"/keeper/posts/{cast.keeper.post_id}/vacate/", {"on": today()})
    assert "自己的岗位" in text(mine)
    with acting(cast.keeper):
        posts = queries.posts_of_roles(["security_officer"], local_date(timezone.now()))
    answers = [client.post(f"/keeper/posts/{card.post_id}/vacate/", {"on": today()}) for card in posts]
    # The city's own covers the counties; the last of the city itself stays.
    assert [answer.status_code for answer in answers][-1] in (302, 409)
    refused = [answer for answer in answers if answer.status_code == 409]
    assert len(refused) == 1
    assert "最后一位在任的" in text(refused[0])


def test_it_vacates_a_post(cast: Cast) -> None:
    client, pk = signed_in("keeper"), cast.handler.post_id
    answer = client.post(f"/keeper/posts/{pk}/vacate/", {"on": today()})
    assert answer.status_code == 302, text(answer)
    assert "现在没有人任职" in text(client.get(f"/keeper/posts/{pk}/"))
    again = client.post(f"/keeper/posts/{pk}/vacate/", {"on": today()})
    assert again.status_code == 409


def test_the_list_asks_as_much_for_fifty_units_as_for_one(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from shanzhi.modules.keeper.queries import UnitsWanted, units_list  # noqa: PLC0415 - only here

    now = timezone.now()
    with acting(cast.keeper), django_assert_num_queries(3):
        rows, following = units_list(UnitsWanted(), actor=cast.keeper, now=now)
    assert (len(rows), following is not None) == (25, True)
    with acting(cast.keeper), django_assert_num_queries(3):
        rows, following = units_list(UnitsWanted(words="张店区司法局"), actor=cast.keeper, now=now)
    assert (len(rows), following) == (1, None)


def test_the_admission_list_is_added_to_and_ended(cast: Cast) -> None:
    client = signed_in("keeper")
    item = {"item": "居民身份证明", "level": "community", "ground": "准入清单第 3 项", "on": today(), "until": ""}
    assert client.post("/keeper/admission/new/", item).status_code == 302
    again = client.post("/keeper/admission/new/", item)
    assert again.status_code == 409
    assert "清单里已有" in text(again)
    pk = queries.admission_list()[0].id
    assert "居民身份证明" in text(client.get("/keeper/admission/"))
    assert client.post(f"/keeper/admission/{pk}/end/", {"on": today()}).status_code == 409
    tomorrow = (local_date(timezone.now()) + timedelta(days=1)).isoformat()
    assert client.post(f"/keeper/admission/{pk}/end/", {"on": tomorrow}).status_code == 302
    assert queries.admission_list()[0].until is not None
