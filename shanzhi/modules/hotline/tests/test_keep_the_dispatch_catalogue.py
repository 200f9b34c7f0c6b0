"""A keeper changes the dispatch catalogue: a draft row by row or by a file, tried on old matters, live from a day."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.core.errors import FileUnusable, NotAllowed
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.policy.dispatching import DispatchCase, read_file, write_file
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.hotline.policy import Ending
from shanzhi.modules.hotline.tests.test_end_a_call import PROPERTY, end, payload, words
from tests.city import Cast
from tests.desks import at_stage, signed_in

pytestmark = pytest.mark.django_db

HEAD = "分类,区域,层级,单位,单位类型,协办,时限,依据\n"
GOOD = (
    HEAD
    + f"{PROPERTY},370303,县,,urban-management,township,5wd,《物业管理条例》\nhousing,,县,,housing-construction,,7wd,三定规定\n"
)
ROW = {
    "category": "cityscape.waste",
    "region_code": "",
    "unit_kind": "urban-management",
    "level": "county",
    "unit_code": "",
    "co_codes": "",
    "limit_text": "3d",
    "ground": "三定规定",
}


def tomorrow() -> date:
    return local_date(timezone.now()) + timedelta(days=1)


def upload(client: Client, content: str | bytes = GOOD, name: str = "目录.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        "/desk/dispatch/load/", {"file": SimpleUploadedFile(name, data), "holds_from": tomorrow().isoformat()}
    )


def drafted() -> tuple[Client, str, int]:
    """A draft loaded on the page: the keeper's browser, its address and number."""
    client = signed_in("keeper")
    answer = upload(client)
    assert answer.status_code == 302, answer.content.decode()
    url = str(answer["Location"])
    return client, url, int(url.split("/")[-2])


def rows(cast: Cast, version: int) -> list[DispatchCase]:
    with acting(cast.keeper):
        return list(seen.dispatch_cases(version))


def test_it_loads_tries_and_goes_live(cast: Cast):
    number = at_stage(cast, "dispatch")
    client, url, version = drafted()
    page = client.get(url).content.decode()
    assert ("城市管理" in page, "5个工作日" in page, "《物业管理条例》" in page) == (True, True, True)
    assert "没有可以试算的事项" not in client.get(f"{url}trial/").content.decode()
    assert number in client.get(f"{url}trial/").content.decode()
    today = local_date(timezone.now())
    assert client.post(f"{url}live/", {"holds_from": today.isoformat()}).status_code == 302
    with acting(cast.operator):
        hint = seen.dispatch_hint(PROPERTY, "370303009006", timezone.now())
    assert hint is not None
    assert (hint.unit_id, str(hint.limit), hint.ground) == (cast.second_handler.unit_id, "5wd", "《物业管理条例》")
    assert [name for _, name in hint.co] == ["马尚街道办事处"]
    assert "现行" in signed_in("operator").get("/desk/dispatch/").content.decode()
    assert seen.dispatch_versions()[0].id == version


def test_it_shows_limit_ground_and_helpers_at_the_desk_and_dispatches_to_them(cast: Cast):
    client, url, _ = drafted()
    client.post(f"{url}live/", {"holds_from": local_date(timezone.now()).isoformat()})
    desk = signed_in("operator")
    ref = "5f0b3c1e-0000-4000-8000-000000000001"
    given = {"ref": ref, "body": "世纪花园小区物业不作为", "region": "370303009006", "category": PROPERTY}
    known = desk.post("/desk/look/", given).content.decode()
    assert ("5个工作日办结" in known, "马尚街道办事处" in known) == (True, True)
    co = known.split('name="co" id="call_co_')[1].split('"')[0]
    made = end(cast.operator, Ending.DISPATCHED, words(lead=str(cast.second_handler.unit_id), co=co))
    assert payload(cast.operator, made.number)["co_unit_ids"] == [int(co)]


def test_it_tries_nothing_where_there_are_no_matters(cast: Cast):
    client, url, _ = drafted()
    assert "没有可以试算的事项" in client.get(f"{url}trial/").content.decode()


def test_it_adds_changes_and_removes_rows_of_a_draft(cast: Cast):
    client, url, version = drafted()
    assert client.post(f"{url}new/", ROW).status_code == 302
    assert [row.category for row in rows(cast, version)] == [PROPERTY, "housing", "cityscape.waste"]
    with acting(cast.keeper):
        page = seen.dispatch_rows(version, on=tomorrow(), category="cityscape")
    (found,) = page.rows
    own = f"{url}{found.id}/"
    assert client.post(own, ROW | {"limit_text": "5wd", "edit": "1"}).status_code == 302
    assert rows(cast, version)[2].limit_text == "5wd"
    assert client.post(f"{own}drop/", {"edit": "2"}).status_code == 302
    assert [row.category for row in rows(cast, version)] == [PROPERTY, "housing"]
    assert client.post(f"{own}drop/", {"edit": "2"}).status_code == 302


def test_it_tells_the_second_of_two_keepers_what_changed_and_loses_nothing(cast: Cast):
    client, url, version = drafted()
    client.post(f"{url}new/", ROW)
    with acting(cast.keeper):
        (found,) = seen.dispatch_rows(version, on=tomorrow(), category="cityscape").rows
    own, other = f"{url}{found.id}/", signed_in("keeper")
    assert client.post(own, ROW | {"ground": "第一位写的依据", "edit": "1"}).status_code == 302
    told = other.post(own, ROW | {"ground": "第二位写的依据", "edit": "1"})
    page = told.content.decode()
    assert told.status_code == 409
    assert ("第一位写的依据" in page, "第二位写的依据" in page, 'name="edit" value="2"' in page) == (True, True, True)
    assert other.post(f"{own}drop/", {"edit": "1"}).status_code == 409
    assert other.post(own, ROW | {"ground": "第二位写的依据", "edit": "2"}).status_code == 302
    assert rows(cast, version)[2].ground == "第二位写的依据"
    # Removed meanwhile: what was typed can be added again as a row of its own.
    assert client.post(f"{own}drop/", {"edit": "3"}).status_code == 302
    gone = other.post(own, ROW | {"edit": "3"})
    assert (gone.status_code, 'name="as_new" value="1"' in gone.content.decode()) == (409, True)
    assert other.post(own, ROW | {"as_new": "1"}).status_code == 302
    assert len(rows(cast, version)) == 3


def test_it_keeps_one_row_a_case(cast: Cast):
    client, url, version = drafted()
    twice = client.post(f"{url}new/", ROW | {"category": "housing"})
    assert (twice.status_code, "已经有一行" in twice.content.decode()) == (409, True)
    assert len(rows(cast, version)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"category": "no.such"}, "没有“no.such”这个分类"),
        ({"region_code": "999999"}, "没有“999999”这个区域"),
        ({"unit_kind": "", "unit_code": "closed-unit", "level": ""}, "没有“closed-unit”这个单位，或者它已经撤销"),
        ({"unit_code": "urban-management-370303"}, "也只填一个"),
        ({"limit_text": "soon"}, "写法不对"),
        ({"ground": ""}, "写上依据"),
        ({"co_codes": "nobody"}, "没有“nobody”这个协办单位"),
    ],
)
def test_it_says_what_is_wrong_with_a_row_and_keeps_what_was_typed(cast: Cast, wrong: dict[str, str], said: str):
    client, url, version = drafted()
    answer = client.post(f"{url}new/", ROW | wrong)
    page = answer.content.decode()
    assert (answer.status_code, said in page, "第 0 行" in page) == (422, True, False)
    assert len(rows(cast, version)) == 2


def test_it_lists_everything_that_is_wrong_with_a_file_and_keeps_nothing(cast: Cast):
    client = signed_in("keeper")
    bad = GOOD + "no.such,,县,,urban-management,,5wd,依据\n" + f"{PROPERTY},,,closed,,,5wd,依据\n"
    answer = upload(client, bad)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ("第 4 行：没有“no.such”这个分类" in page, "第 5 行：没有“closed”这个单位" in page) == (True, True)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = upload(client, bad).content.decode()
    assert "There is no category" in english
    assert seen.dispatch_versions() == ()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04nothing", "不是表格".encode()])
def test_it_refuses_a_file_that_is_none(cast: Cast, content: bytes):
    assert upload(signed_in("keeper"), content).status_code == 422
    assert seen.dispatch_versions() == ()


def test_it_reads_gb18030_and_a_workbook_and_what_it_wrote(cast: Cast):
    wanted = read_file(GOOD.encode(), "a.csv")
    assert read_file(GOOD.encode("gb18030"), "a.csv") == wanted
    assert read_file(write_file(wanted), "a.csv") == wanted
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in GOOD.strip().split("\n"):
        book.active.append(line.split(","))
    out = BytesIO()
    book.save(out)
    assert read_file(out.getvalue(), "a.xlsx") == wanted
    book.active.merge_cells("A2:A3")
    out = BytesIO()
    book.save(out)
    with pytest.raises(FileUnusable):
        read_file(out.getvalue(), "a.xlsx")
    client, url, _ = drafted()
    sent = b"".join(client.get(f"{url}file/").streaming_content)  # type: ignore[attr-defined]
    assert read_file(sent, "a.csv") == wanted


def test_it_does_not_change_what_is_live_and_comes_back_by_a_later_version(cast: Cast):
    client, url, first = drafted()
    today = local_date(timezone.now()).isoformat()
    assert client.post(f"{url}live/", {"holds_from": today}).status_code == 302
    assert client.post(f"{url}new/", ROW).status_code == 409
    assert client.post(f"{url}live/", {"holds_from": today}).status_code == 409
    again = client.post(f"{url}draft/")
    second = int(again["Location"].split("/")[-2])
    assert rows(cast, second) == rows(cast, first)
    with connection.cursor() as cursor, acting(cast.keeper):
        cursor.execute("UPDATE matters_dispatchrow SET ground = 'x' WHERE version_id = %s", [first])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM matters_dispatchrow WHERE version_id = %s", [first])
        assert cursor.rowcount == 0


def test_it_does_not_go_live_in_the_past_or_empty_or_with_a_closed_unit(cast: Cast):
    client, url, version = drafted()
    yesterday = local_date(timezone.now()) - timedelta(days=1)
    assert client.post(f"{url}live/", {"holds_from": yesterday.isoformat()}).status_code == 409
    assert client.post(f"{url}live/", {"holds_from": "bald"}).status_code == 422
    with acting(cast.keeper), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_dispatchrow SET unit_code = 'closed', unit_kind = '', level = '' WHERE version_id = %s"
            " AND category = 'housing'",
            [version],
        )
    page = client.get(url).content.decode()
    assert ("已撤销" in page, "第 2 行：没有“closed”这个单位" in page) == (True, True)
    assert client.post(f"{url}live/", {"holds_from": tomorrow().isoformat()}).status_code == 422
    with acting(cast.keeper), connection.cursor() as cursor:
        cursor.execute("DELETE FROM matters_dispatchrow WHERE version_id = %s", [version])
    assert client.post(f"{url}live/", {"holds_from": tomorrow().isoformat()}).status_code == 422


def test_it_is_read_by_the_desk_and_kept_by_keepers(cast: Cast):
    _, url, _ = drafted()
    for part in ("operator", "dispatcher", "knowledge_editor"):
        client = signed_in(part)
        assert client.get(url).status_code == 200
        assert client.get(f"{url}trial/").status_code == 403
        assert client.post(f"{url}new/", ROW).status_code == 403
        assert client.post(f"{url}live/", {"holds_from": tomorrow().isoformat()}).status_code == 403
        assert upload(client).status_code == 403
    assert signed_in("handler").get(url).status_code == 403


def test_it_asks_as_often_for_two_rows_as_for_many(cast: Cast):
    client, url, version = drafted()
    operator = signed_in("operator")

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert operator.get(url).status_code == 200
        return len(caught)

    asked()
    few = asked()
    codes = [code for group in seen.categories().groups for code, _ in group.second][:40]
    with acting(cast.keeper):
        for code in codes:
            if code != PROPERTY:
                case = DispatchCase(code, "", "county", "", "urban-management", "5wd", "依据")
                matters.dispatch_row_save(
                    version_id=version, row_id=None, edit=0, case=case, actor=cast.keeper, now=timezone.now()
                )
    assert (few, asked()) == (10, 10)
    assert "下一页" in client.get(url).content.decode()


def test_it_lets_a_countys_keeper_change_only_the_countys_rows(cast: Cast):
    with acting(cast.keeper):
        version = matters.dispatch_load(
            rows=read_file(GOOD.encode(), "a.csv"),
            holds_from=tomorrow(),
            note="",
            actor=cast.keeper,
            now=timezone.now(),
        )
    county = county_keeper(cast)
    case = DispatchCase("cityscape.waste", "370303", "county", "", "urban-management", "5wd", "依据")

    def save(region: str) -> int:
        return matters.dispatch_row_save(
            version_id=version,
            row_id=None,
            edit=0,
            case=replace(case, region_code=region),
            actor=county,
            now=timezone.now(),
        )

    with acting(county):
        assert save("370303") > 0
    for region in ("", "370306"):
        with acting(county), pytest.raises(NotAllowed):
            save(region)
    with acting(county), pytest.raises(NotAllowed):
        matters.dispatch_go_live(version_id=version, actor=county, now=timezone.now())
    with acting(county), pytest.raises(NotAllowed):
        matters.dispatch_draft(copy_of=version, holds_from=tomorrow(), note="", actor=county, now=timezone.now())


def county_keeper(cast: Cast) -> Actor:
    on = local_date(timezone.now())
    unit = organisation.unit_by_code("centre-370303", on)
    assert unit is not None
    post = next(card for card in organisation.posts_of_unit(unit.id, on) if card.role == "keeper")
    return actor_of_post(post.post_id, on)
