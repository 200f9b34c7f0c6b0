"""Everybody reads what is public, and nothing else is in it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from shanzhi.kernel.notices import operations as notices
from shanzhi.modules.intake import queries
from shanzhi.modules.intake.models import PublicMatter
from shanzhi.modules.intake.operations import public_take_over
from shanzhi.modules.intake.policy import Cursor, PublicFilter, read_cursor
from shanzhi.modules.intake.tests.walk import do, made, reporter, text_of, to_verdict

PHONE = "13812345678"


def line(number: int, **fields: Any) -> PublicMatter:
    given: dict[str, Any] = {
        "matter_id": number,
        "category": "housing.property-service",
        "township_code": "370303009",
        "township_name": "张店区 马尚街道",
        "stage_name": "办理中",
        "is_ended": False,
        "reported_on": date(2025, 11, 18) - timedelta(days=number // 4),
        **fields,
    }
    return PublicMatter(**given)


def fill(as_role, *lines: PublicMatter) -> None:
    as_role("worker")
    PublicMatter.objects.bulk_create(lines)
    as_role("app")


def tell(as_role) -> None:
    """What the worker does with the events that wait."""
    as_role("worker")
    notices.tell_next(now=timezone.now())
    as_role("app")


def test_it_shows_a_matter_once_it_is_sorted(as_role, cast, client):
    report = made(body="世纪花园3号楼电梯坏了", contact_phone=PHONE, latitude=36.813149, longitude=118.048951)
    tell(as_role)
    assert PublicMatter.objects.count() == 0
    do(cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    tell(as_role)
    found = PublicMatter.objects.get()
    assert (found.matter_id, found.category, found.township_code) == (
        report.matter_id,
        "housing.property-service",
        "370303009",
    )
    assert (found.township_name, found.stage_name, found.is_ended) == ("张店区 马尚街道", "待派单", False)
    assert (str(found.latitude), str(found.longitude)) == ("36.81", "118.05")
    page = client.get("/public/").content.decode()
    assert "住房与物业·物业服务" in text_of(page)
    assert "电梯" not in page
    assert report.number not in page
    assert "3号楼" not in page


def test_it_follows_the_matter_to_its_end(as_role, cast):
    report = made()
    to_verdict(cast, report.matter_id)
    do(reporter(report), report.matter_id, "rate", solved=True)
    tell(as_role)
    found = PublicMatter.objects.get()
    assert (found.stage_name, found.is_ended, found.result) == ("已办结", True, "closed")
    assert found.ended_on == found.reported_on


def test_it_leaves_out_what_no_longer_belongs(as_role, cast):
    report = made()
    do(cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    tell(as_role)
    assert PublicMatter.objects.count() == 1
    do(reporter(report), report.matter_id, "withdraw")
    tell(as_role)
    assert PublicMatter.objects.count() == 0


def test_it_comes_to_the_same_when_told_twice(as_role, cast):
    report = made()
    do(cast.dispatcher, report.matter_id, "accept", category="housing.property-service")
    as_role("worker")
    for _ in range(2):
        assert public_take_over(matter_ids=[report.matter_id, 999_999], now=timezone.now()) == 1
    assert PublicMatter.objects.count() == 1


def test_it_is_read_only_for_the_web(as_role):
    with pytest.raises(ProgrammingError), transaction.atomic():
        line(1).save(force_insert=True)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM intake_public_matter")


@pytest.mark.django_db
def test_it_says_why_it_is_empty(client, cast):
    assert "还没有公开的事项" in client.get("/public/").content.decode()
    assert "没有符合条件的事项" in client.get("/public/?state=ended").content.decode()


def test_it_filters_by_place_category_and_state(as_role, client):
    fill(
        as_role,
        line(1),
        line(2, township_code="370306100", township_name="周村区 北郊镇"),
        line(3, category="roads.potholes", is_ended=True, stage_name="已办结", ended_on=date(2025, 11, 18)),
    )

    def places(**wanted: Any) -> list[str]:
        return [row.place for row in queries.public_page(PublicFilter(**wanted)).rows]

    assert places(region_code="370303") == ["张店区 马尚街道"] * 2
    assert places(region_code="370306100") == ["周村区 北郊镇"]
    assert places(category="housing") == ["周村区 北郊镇", "张店区 马尚街道"]
    assert places(category="hous") == []
    assert len(places(state="open")) == 2
    assert len(places(state="ended", region_code="370303")) == 1
    page = client.get("/public/?region=370306&category=housing&state=open").content.decode()
    assert page.count("<tr") == 2
    assert re.search(r'<option value="370306" selected', page)


def test_it_takes_no_notice_of_a_filter_that_can_not_be(as_role, client):
    fill(as_role, line(1))
    for query in (
        "region=99",
        "category=x",
        "state=x",
        "after=x",
        "before=20251399-1",
        "after=20251118-x",
        "region=%00",
    ):
        assert client.get(f"/public/?{query}").content.decode().count("<tr") == 2


def test_it_turns_pages_forth_and_back(as_role, client):
    fill(as_role, *(line(number) for number in range(1, 61)))

    def days(page: str) -> list[str]:
        return re.findall(r'data-label="反映日期">([^<]+)', page)

    seen, url = [], "/public/?state=open"
    pages = []
    while url:
        page = client.get(url).content.decode()
        pages.append(days(page))
        seen += days(page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        url = "/public/" + found[1].replace("&amp;", "&") if found else ""
    assert [len(days) for days in pages] == [25, 25, 10]
    found = re.search(r'rel="prev" href="([^"]+)"', page)
    assert found
    back = client.get("/public/" + found[1].replace("&amp;", "&")).content.decode()
    assert days(back) == pages[1]
    assert "共 60 条" in back


def test_it_knows_a_cursor_from_nonsense():
    assert read_cursor(str(Cursor(date(2025, 11, 18), 7))) == Cursor(date(2025, 11, 18), 7)
    assert [read_cursor(text) for text in ("", "x", "20251118", "20251399-1", "20251118-x")] == [None] * 5


def test_it_needs_the_same_queries_for_one_row_and_for_fifty(as_role, client, django_assert_num_queries):
    client.get("/public/")
    fill(as_role, line(1))
    with django_assert_num_queries(6):
        client.get("/public/")
    fill(as_role, *(line(number) for number in range(2, 51)))
    with django_assert_num_queries(6):
        client.get("/public/")
