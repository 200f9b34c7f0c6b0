"""A resident says where it is: by a name, or from county down; with and without script."""

import re

import pytest

from shanzhi.modules.intake.tests.test_report_a_problem import picture, send
from shanzhi.modules.intake.tests.walk import BODY, hidden, new_key, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]


def matches(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="region" value="(\d+)"[^>]*>\s*<span>([^<]+)', page)


def test_it_finds_communities_by_a_part_of_the_name(client):
    page = send(client, do="find", find="世纪").content.decode()
    assert matches(page) == [
        ("370303009006", "张店区 马尚街道 世纪花园社区"),
        ("370303009007", "张店区 马尚街道 世纪新村"),
        ("370306100201", "周村区 北郊镇 世纪村"),
    ]


def test_it_finds_them_within_a_chosen_county(client):
    page = send(client, do="find", find="世纪", area="370306").content.decode()
    assert matches(page) == [("370306100201", "周村区 北郊镇 世纪村")]


def test_it_lists_a_chosen_township(client):
    page = send(client, do="find", area="370303009").content.decode()
    assert [name for _, name in matches(page)] == ["张店区 马尚街道 世纪花园社区", "张店区 马尚街道 世纪新村"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"find": "不存在"}, "没有找到名字里有“不存在”的社区"),
        ({}, "请写社区名字里的两三个字"),
        ({"area": "370303"}, "请写社区名字里的两三个字"),
        ({"area": "街道"}, "请写社区名字里的两三个字"),
    ],
)
def test_it_says_what_to_do_when_nothing_is_found(client, fields, said):
    assert said in text_of(send(client, do="find", **fields).content.decode())


def test_it_loses_nothing_on_the_way(client):
    key = new_key()
    typed = {"contact_name": "王女士", "contact_phone": "12", "place_text": "3号楼", "public_consent": "on", "key": key}
    response = send(client, do="find", find="世纪花园", photos=[picture()], **typed)
    page = response.content.decode()
    assert response.status_code == 200
    assert "error-summary" not in page
    assert hidden(page, "key") == key
    assert all(f'value="{text}"' in page for text in ("王女士", "12", "3号楼", "世纪花园"))
    assert BODY in page
    assert re.search(r'name="public_consent"[^>]*checked', page)
    assert len(re.findall(r'name="kept" value="[^"]+" checked', page)) == 1


def test_it_needs_no_text_yet(client):
    page = send(client, do="find", find="世纪花园", body="").content.decode()
    assert "error-summary" not in page
    assert len(matches(page)) == 1


def test_it_keeps_a_chosen_community_when_something_else_is_wrong(client):
    page = send(client, region="370303009006", contact_phone="12").content.decode()
    assert re.search(r'name="region" value="370303009006" checked', page)
    page = send(client, area="370303009006", contact_phone="12").content.decode()
    assert re.search(r'<option value="370303009006" data-parent="370303009"[^>]*selected', page)


def test_it_offers_counties_before_their_townships(client):
    page = client.get("/report/").content.decode()
    offered = re.findall(r'<option value="(\d+)" data-parent="(\d*)" data-label="([^"]+)"', page)
    assert offered == [
        ("370303", "", "张店区"),
        ("370303008", "370303", "四宝山街道"),
        ("370303009", "370303", "马尚街道"),
        ("370303105", "370303", "中埠镇"),
        ("370306", "", "周村区"),
        ("370306100", "370306", "北郊镇"),
    ]


def test_it_answers_the_picker(client):
    below = [{"value": "370306100200", "label": "北旺村"}, {"value": "370306100201", "label": "世纪村"}]
    assert client.get("/places/?parent=370306100").json() == below
    for parent in ("", "370306", "370306100200", "x", "999999999", "\x00"):
        assert client.get("/places/", {"parent": parent}).json() == []
