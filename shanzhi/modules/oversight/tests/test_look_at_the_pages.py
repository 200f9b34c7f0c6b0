"""A supervisor opens the pages, follows a number, goes down a level, and takes a table along with what it means."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.tests.page_support import page, queries_of, signed_in
from shanzhi.modules.oversight.tests.city_of_work import HERE, dispatched, given_back, reported, work
from tests.city import Cast

pytestmark = pytest.mark.django_db
PAGES = ("/oversight/", "/oversight/wall/", "/oversight/by/unit/", "/oversight/bounced/", "/oversight/posts/")


def downloaded(client: Client, url: str) -> bytes:
    answer: Any = client.get(url)
    return b"".join(answer.streaming_content)


def test_it_starts_there(cast: Cast):
    client = signed_in("supervisor")
    assert client.get(reverse("start")).headers["Location"] == "/oversight/"


def test_it_follows_a_number_to_its_list(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    html = page(client.get("/oversight/"))
    found = re.search(r'<a href="(/m/\?region=370306&light=overdue)">(\d+)</a>', html)
    assert found is not None
    listed = page(client.get(found[1]))
    assert len(re.findall(r'ui-table__title"><a', listed)) == int(found[2])
    assert "更多条件（已选 1 项）" in listed


def test_it_goes_down_and_back_up(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    html = page(client.get("/oversight/?region=370303009"))
    assert 'href="/oversight/?region=3703">淄博市</a>' in html
    assert 'aria-current="page">马尚街道</strong>' in html
    assert "世纪花园社区" in html
    assert "周村区" not in html


@pytest.mark.parametrize("url", PAGES)
def test_it_takes_as_many_queries_for_one_matter_as_for_many(cast: Cast, url: str):
    client = signed_in("supervisor")
    dispatched(cast, HERE, cast.handler)
    one = queries_of(client, url)
    work(cast)
    for _ in range(30):
        reported(HERE, days=3)
    assert queries_of(client, url) <= one
    assert one <= 10


def test_it_answers_when_there_is_nothing(cast: Cast):
    client = signed_in("supervisor")
    for url in PAGES:
        assert client.get(url).status_code == 200
    assert "没有退过单的事项" in page(client.get("/oversight/bounced/"))
    assert client.get("/oversight/by/nothing/").status_code == 404
    assert client.get("/oversight/by/unit/file/").status_code == 422


def test_it_tells_a_matter_s_way_through_units(cast: Cast):
    matter_id, _ = dispatched(cast, HERE, cast.handler, days=9)
    given_back(cast, matter_id, cast.handler, cast.second_handler, days=5)
    with acting(cast.supervisor):
        number = matters.rows_by_ids([matter_id], now=timezone.now())[0].number
    html = re.sub(r"<[^>]+>|\s+", " ", page(signed_in("supervisor").get(f"/m/{number}/")))
    html = re.sub(r"\s+", " ", html)
    assert re.search(r"派给 ?， ?停留 4 天 ?， ?理由： ?不属于本单位职责", html)
    assert re.search(r"派给 ?， ?停留 5 天", html)


def test_it_asks_again_for_the_wall_alone(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    whole = page(client.get("/oversight/wall/?region=370303"))
    part = page(client.get("/oversight/wall/?region=370303", headers={"HX-Request": "true"}))
    assert 'hx-get="/oversight/wall/?region=370303" hx-trigger="every 60s"' in whole
    assert part.strip().startswith('<div id="board"')
    assert "<html" not in part


def test_it_takes_a_table_along_with_what_it_means(cast: Cast):
    work(cast)
    client = signed_in("supervisor")
    book = load_workbook(BytesIO(downloaded(client, "/oversight/by/region/file/?format=xlsx")))
    table, about = book.worksheets
    rows = [[cell.value for cell in row] for row in table.iter_rows()]
    assert rows[0] == ["区域", "未结束", "超期", "临期", "多次退单", "7 天没有进展", "已办天数"]
    assert [row[:2] for row in rows[1:]] == [["张店区", 7], ["周村区", 4], ["没有细到下一级", 1]]
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert told["统计范围"] == "淄博市"
    assert told["超期"] == "当前环节已超过期限，还没有结束的事项"
    text = downloaded(client, "/oversight/bounced/file/?format=csv").decode("utf-8-sig")
    assert text.splitlines()[1] == '"张店区住房和城乡建设局","张店区城市管理局","不属于本单位职责",2'


@pytest.mark.parametrize("part", ["handler", "dispatcher", "checker", "keeper", "operator"])
def test_it_is_the_supervisor_s(cast: Cast, part: str):
    for url in (*PAGES, "/oversight/by/unit/file/?format=csv", f"/oversight/posts/{cast.handler.post_id}/"):
        assert signed_in(part).get(url).status_code == 403
