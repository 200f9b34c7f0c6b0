"""A keeper enters a place, changes it, closes it and takes an edit back."""

import re

import pytest

from shanzhi.kernel.organisation import queries
from tests.city import NOW, Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db
FORM = {
    "name": "世纪花园小区",
    "kind": "compound",
    "region": "马尚 世纪花园",
    "address": "张店区华光路 128 号",
    "latitude": "36.8135",
    "longitude": "118.0480",
    "datum": "WGS84",
    "firm": "示例物业服务有限公司",
    "firm_phone": "0533-2345678",
    "on": "2025-11-01",
}


def entered(client, **more: str) -> int:
    answer = client.post("/keeper/places/add/", FORM | more)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def told(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main", 1)[1]))


def test_a_keeper_enters_and_finds_it(cast: Cast) -> None:
    client = signed_in("keeper")
    pk = entered(client)
    row = queries.place_by_id(pk, NOW.date())
    assert row is not None
    assert (row.name, row.region_code, row.firm, row.version) == (
        "世纪花园小区",
        "370303009006",
        "示例物业服务有限公司",
        1,
    )
    for asked in ("", "?q=华光路", "?kind=compound", "?region=马尚", "?q=世纪&region=370303"):
        assert "世纪花园小区" in told(client.get(f"/keeper/places/{asked}"))
    for asked in ("?q=没有", "?kind=school", "?region=370306", "?closed=on"):
        assert "没有这样的场所" in told(client.get(f"/keeper/places/{asked}"))
    assert "36.8135" in client.get(f"/keeper/places/{pk}/").content.decode()


def test_a_likely_double_is_shown_first(cast: Cast) -> None:
    client = signed_in("keeper")
    pk = entered(client)
    answer = client.post("/keeper/places/add/", FORM | {"name": "世纪花园"})
    assert answer.status_code == 409
    assert f"/keeper/places/{pk}/" in answer.content.decode()
    assert "确认无误，仍然保存" in told(answer)
    assert entered(client, name="世纪花园", even_so="on") != pk


def test_what_cannot_be_comes_back_with_what_was_typed(cast: Cast) -> None:
    client = signed_in("keeper")
    for wrong, said in (
        ({"latitude": "118.048", "longitude": "36.8135"}, "经度和纬度填反了"),
        ({"latitude": "北纬"}, "请填数字"),
        ({"region": "世纪"}, "有好几个"),
        ({"region": "火星"}, "没有找到这个区域"),
        ({"region": "370303"}, "请选所在的村（社区）或网格"),
        ({"firm_phone": "13812345678"}, "不填个人手机"),
        ({"firm": "王伟"}, "不填个人姓名"),
        ({"on": "昨天"}, "日期"),
    ):
        answer = client.post("/keeper/places/add/", FORM | wrong)
        assert answer.status_code == 422, wrong
        assert said in told(answer), wrong
        assert "世纪花园小区" in answer.content.decode()


def test_a_point_of_a_map_software_is_told(cast: Cast) -> None:
    client = signed_in("keeper")
    entered(client)
    shifted = {"latitude": "36.813977", "longitude": "118.053473"}
    answer = client.post("/keeper/places/add/", FORM | shifted)
    assert answer.status_code == 409
    assert "GCJ-02" in told(answer)


def test_a_change_holds_from_its_day_and_is_taken_back(cast: Cast) -> None:
    client = signed_in("keeper")
    pk = entered(client)
    changed = FORM | {"based_on": "1", "name": "世纪新苑", "on": "2025-11-10"}
    assert client.post(f"/keeper/places/{pk}/", changed).status_code == 302
    late = client.post(f"/keeper/places/{pk}/", changed)
    assert late.status_code == 409
    assert "刚刚有人改过" in told(late)
    assert client.post(f"/keeper/places/{pk}/restore/", {"based_on": "2", "version": "1"}).status_code == 302
    row = queries.place_by_id(pk, NOW.date().replace(year=2030))
    assert row is not None
    assert (row.name, row.version) == ("世纪花园小区", 3)
    assert client.post(f"/keeper/places/{pk}/restore/", {"based_on": "3", "version": "9"}).status_code == 404


def test_it_is_closed_once_and_opened_by_saving(cast: Cast) -> None:
    client = signed_in("keeper")
    pk = entered(client)
    assert client.post(f"/keeper/places/{pk}/close/", {"based_on": "1"}).status_code == 302
    assert "世纪花园小区" in told(client.get("/keeper/places/?closed=on"))
    again = client.post(f"/keeper/places/{pk}/close/", {"based_on": "2"})
    assert again.status_code == 409
    assert "已经关闭" in told(again)
    assert client.post(f"/keeper/places/{pk}/close/", {"based_on": "x"}).status_code == 409
    today = queries.place_history(pk)[0].holds_from.isoformat()
    assert client.post(f"/keeper/places/{pk}/", FORM | {"based_on": "2", "on": today}).status_code == 302
    assert "没有这样的场所" in told(client.get("/keeper/places/?closed=on"))


def test_its_sign_is_a_picture(cast: Cast) -> None:
    client = signed_in("keeper")
    answer = client.get(f"/keeper/places/{entered(client)}/sign/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert b"<svg" in answer.content


def test_others_are_refused(cast: Cast) -> None:
    pk = entered(signed_in("keeper"))
    for part in ("grid_worker", "handler", "dispatcher"):
        assert signed_in(part).get("/keeper/places/").status_code == 403
        assert signed_in(part).post(f"/keeper/places/{pk}/close/", {"based_on": "1"}).status_code == 403
    assert signed_in("keeper").get("/keeper/places/999999/").status_code == 404


@pytest.mark.parametrize("rows", [1, 25])
def test_the_list_asks_the_same_whatever_its_size(cast: Cast, rows: int, django_assert_num_queries) -> None:
    client = signed_in("keeper")
    for place in range(rows):
        entered(client, name=f"小区{place:03d}号", latitude=str(36.7 + place / 100), address="")
    client.get("/keeper/places/")
    with django_assert_num_queries(LIST_ASKS):
        client.get("/keeper/places/")


LIST_ASKS = 9
