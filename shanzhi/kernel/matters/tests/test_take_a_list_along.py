"""A list is taken along as a file: what it shows and no more, in its order, disarmed, and journaled."""

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import listing
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.page_support import COMMUNITY, handed_to, page, reported, signed_in
from tests.city import Cast

pytestmark = pytest.mark.django_db


def file_of(client: Client, query: str) -> bytes:
    answer = client.get(f"/m/file/?{query}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def lines_of(client: Client, query: str = "") -> list[list[str]]:
    return list(csv.reader(StringIO(file_of(client, f"format=csv&{query}").decode("utf-8-sig"))))


def test_it_holds_what_the_list_shows_in_its_order(cast: Cast):
    first, second = reported(), reported(title="=cmd|'/c calc'!A1")
    client = signed_in("supervisor")
    lines = lines_of(client, "col=number&col=channel&sort=newest")
    assert lines[0] == ["事项", "编号", "来源渠道"]
    assert lines[1:3] == [["'=cmd|'/c calc'!A1", second.number, "网页"], ["电梯坏了", first.number, "网页"]]
    assert lines[3] == []
    assert dict(lines[4:])["# 编号"] == "事项编号：日期加序号"
    assert dict(lines[4:])["# 条件"] == "排序: 新反映在前"
    assert lines_of(client)[0] == ["事项", "分类", "区域", "环节", "时限", "到期", "承办"]


def test_it_holds_no_contact_and_no_text(cast: Cast):
    reported()
    every = "&".join(f"col={code}" for code in ("number", "place", "channel", "kind", "ended", "reopened", "reported"))
    content = file_of(signed_in("supervisor"), f"format=csv&{every}").decode()
    for word in ("13812345678", "王小明", "上不了楼"):
        assert word not in content


def test_it_holds_what_the_post_sees(cast: Cast):
    mine, other = reported(), reported()
    handed_to(cast.handler, cast.dispatcher, mine)
    query = "col=number"
    assert {line[1] for line in lines_of(signed_in("supervisor"), query)[1:3]} == {mine.number, other.number}
    assert [line[1] for line in lines_of(signed_in("handler"), query)[1:2]] == [mine.number]
    assert lines_of(signed_in("second_handler"), query)[1] == []
    assert Client().get("/m/file/?format=csv")["Location"].startswith("/accounts/login/")


def test_it_refuses_more_than_one_person_may_take(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listing, "LIST_MOST", 2)
    for _ in range(3):
        reported()
    client = signed_in("supervisor")
    answer = client.get("/m/file/?format=csv")
    assert answer.status_code == 409
    assert "批量导出" in page(answer)
    assert len(lines_of(client, "since=2999-01-01")) > 1


@pytest.mark.parametrize(
    "query", ["", "format=pdf", "format=csv&unit=月亮局", "format=csv&since=2026-02-02&until=2026-02-01"]
)
def test_it_says_what_is_wrong(cast: Cast, query: str):
    assert signed_in("supervisor").get(f"/m/file/?{query}").status_code == 422


def test_it_comes_as_xlsx_with_the_meaning_on_a_second_sheet(cast: Cast):
    new = NewReport(body="灯不亮", title="=1+1", region_code=COMMUNITY)
    with acting(ANYONE):
        operations.report(new=new, actor=ANYONE, now=timezone.now())
    book = openpyxl.load_workbook(BytesIO(file_of(signed_in("supervisor"), "format=xlsx&col=channel")))
    assert [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()] == [
        ["事项", "来源渠道"],
        ["'=1+1", "网页"],
    ]
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert about["来源渠道"] == "从哪里反映来的"
    assert about["条件"] == "无"
