"""A handler pages both ways through the list and takes it along: what it shows, no other unit's, no other columns."""

import csv
import re
from io import StringIO

import pytest
from django.test import Client

from tests.city import Cast
from tests.desks import at_stage, signed_in

pytestmark = pytest.mark.django_db


def lines_of(client: Client, path: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"{path}?format=csv&{query}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return found.group(1).replace("&amp;", "&") if found else ""


def shown(html: str) -> list[str]:
    return re.findall(r'data-row href="/worklist/([0-9-]+)/', html)


def test_it_pages_forth_and_back(cast: Cast):
    for _ in range(52):
        at_stage(cast, "dispatch")
    client = signed_in("handler")
    first = client.get("/worklist/?tab=waiting").content.decode()
    second = client.get(link(first, "next")).content.decode()
    third = client.get(link(second, "next")).content.decode()
    assert [len(shown(html)) for html in (first, second, third)] == [25, 25, 2]
    back = client.get(link(third, "prev")).content.decode()
    assert shown(back) == shown(second)
    assert shown(client.get(link(back, "prev")).content.decode()) == shown(first)
    assert (link(first, "prev"), link(third, "next")) == ("", "")
    assert "tab=waiting" in link(third, "prev")


@pytest.mark.parametrize("cursor", ["x", "-_1_00000000", "2026-11-18T00:00:00+08:00_1_deadbeef", "9" * 300, "_", "'"])
@pytest.mark.parametrize("name", ["after", "before"])
def test_it_begins_at_the_start_for_a_cursor_that_is_none_of_its_own(cast: Cast, name: str, cursor: str):
    number = at_stage(cast, "dispatch")
    assert shown(signed_in("handler").get("/worklist/", {name: cursor}).content.decode()) == [number]


def test_it_takes_the_shown_part_along(cast: Cast):
    mine, taken = at_stage(cast, "dispatch", body="=1+1电梯坏了"), at_stage(cast, "take")
    client = signed_in("handler")
    lines = lines_of(client, "/worklist/file/", "tab=waiting&col=place&col=channel&after=x")
    assert lines[0] == ["事项", "区域", "环节", "时限", "到期", "编号", "重办次数"]
    assert [line[5] for line in lines[1:2]] == [mine]
    about = dict(lines[3:])
    assert about["# 清单"] == "待签收：派给本单位主办、还没有签收的事项，先到期的在前"
    assert about["# 条件"] == "无"
    assert {line[5] for line in lines_of(client, "/worklist/file/")[1:3]} == {mine, taken}
    assert dict(lines_of(client, "/worklist/file/", "light=overdue&q=电梯")[2:])["# 条件"] == (
        "时限: 超期；编号、标题或地点: 电梯"
    )
    assert lines_of(signed_in("neighbour_handler"), "/worklist/file/")[1] == []


def test_it_offers_the_file_where_there_are_lines(cast: Cast):
    assert "/worklist/file/" not in signed_in("handler").get("/worklist/").content.decode()
    at_stage(cast, "dispatch")
    html = signed_in("handler").get("/worklist/?tab=waiting&after=x").content.decode()
    assert 'href="/worklist/file/?tab=waiting&amp;format=xlsx"' in html


@pytest.mark.parametrize("path", ["/worklist/file/", "/triage/file/", "/checks/file/"])
def test_it_is_for_whom_the_desk_is(cast: Cast, path: str):
    ours = {"/worklist/file/": "handler", "/triage/file/": "dispatcher", "/checks/file/": "checker"}
    for part in ("handler", "dispatcher", "checker", "supervisor"):
        if part == ours[path]:
            assert lines_of(signed_in(part), path)[1] == []
        else:
            assert signed_in(part).get(path, {"format": "csv"}).status_code == 403
    assert signed_in(ours[path]).get(path, {"format": "exe"}).status_code == 422
    assert Client().get(path)["Location"].startswith("/accounts/login/")
    assert signed_in(ours[path]).post(path).status_code == 405


def test_it_takes_along_what_waits_for_a_check_and_what_waits_at_the_door(cast: Cast):
    waits, replied = at_stage(cast, "accept"), at_stage(cast, "reply")
    checks = lines_of(signed_in("checker"), "/checks/file/")
    assert [line[5] for line in checks[1:2]] == [replied]
    assert dict(checks[3:])["# 清单"] == "待核查：轮到导出岗位的单位核查的事项，先到期的在前"
    triage = lines_of(signed_in("dispatcher"), "/triage/file/")
    assert [line[5] for line in triage[1:2]] == [waits]
    assert len(triage[1]) == 7
