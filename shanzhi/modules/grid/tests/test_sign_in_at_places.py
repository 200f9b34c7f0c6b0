"""A grid worker signs in at the places of the grid, finds something or nothing, and sees what is due."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from shanzhi.core.geo import Point
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy.places import NoSuchPlace, PlaceClosed, PlaceSaid
from shanzhi.kernel.organisation.queries import place_by_id
from shanzhi.modules.grid import queries
from shanzhi.modules.grid.models import Patrol
from shanzhi.modules.grid.operations import patrol_sign
from shanzhi.modules.grid.policy import (
    BadMark,
    BadPhones,
    NoGrid,
    OutsideMyGrid,
    distance_class,
    due_of,
    own_places,
    parse_office_phones,
)
from tests.browser.photos import photo
from tests.city import NOW, OPENED, Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db
GATE = Point(36.8135, 118.048)
GRID, COMMUNITY = "370303009006001", "370303009006"


def author(actor: Actor) -> Author:
    return Author("post", actor.post_id, actor.unit_id)


def place(cast: Cast, name: str = "世纪花园小区", code: str = GRID, kind: str = "compound", north: float = 0.0) -> int:
    said = PlaceSaid(name, kind, code, latitude=GATE.latitude + north, longitude=GATE.longitude)
    with acting(cast.keeper):
        return organisation.place_add(said=said, on=OPENED, now=NOW, author=author(cast.keeper), even_so=True)


def sign(cast: Cast, place_id: int, **more: object):
    with acting(cast.grid_worker):
        return patrol_sign(
            **{"place_id": place_id, "actor": cast.grid_worker, "now": NOW, "key": uuid.uuid4()} | more  # type: ignore[arg-type]
        )


def post(client, place_id: int, **more: object):
    return client.post(f"/grid/places/{place_id}/", {"key": str(uuid.uuid4()), **more})


def test_it_keeps_the_place_the_day_and_the_unit_alone(cast: Cast) -> None:
    garden = place(cast)
    assert sign(cast, garden, here=Point(36.8136, 118.0481)).distance == "at"
    with acting(cast.grid_worker):
        row = dict(Patrol.objects.values().get())
    assert {name: kept for name, kept in row.items() if name not in ("id", "key", "recorded_on")} == {
        "place_id": garden,
        "unit_id": cast.grid_worker.unit_id,
        "scope_code": GRID,
        "on": date(2025, 11, 18),
        "by_mark": False,
        "distance": "at",
        "matter_id": None,
    }


def test_a_finding_becomes_an_incident_of_the_place(cast: Cast) -> None:
    garden, client = place(cast), signed_in("grid_worker")
    image = photo("井盖.jpg")
    upload = SimpleUploadedFile(image["name"], image["buffer"], image["mimeType"])
    answer = post(client, garden, finding="1", body="3号楼前窨井盖破损", photos=upload)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    number = answer["Location"].rstrip("/").rsplit("/", 1)[1]
    with acting(cast.grid_worker):
        found = matters.matter_id_of_number(number)
        assert found is not None
        card = matters.card(found, actor=cast.grid_worker, now=NOW)
        assert matters.place_ids([found]) == {found: garden}
        assert Patrol.objects.get().matter_id == found
    assert (card.place, card.latitude, card.stage, len(card.attachments)) == ("世纪花园小区", 36.8135, "in_grid", 1)


def test_a_double_tap_counts_once(cast: Cast) -> None:
    garden, client, key = place(cast), signed_in("grid_worker"), str(uuid.uuid4())
    for told in ("没有发现问题", "今天已经在"):
        assert client.post(f"/grid/places/{garden}/", {"key": key}).status_code == 302
        assert told in client.get("/grid/places/").content.decode()
    assert post(client, garden).status_code == 302
    first = client.post(f"/grid/places/{garden}/", {"key": key, "finding": "1", "body": "楼道堆物"})
    again = client.post(f"/grid/places/{garden}/", {"key": key, "finding": "1", "body": "楼道堆物"})
    assert first["Location"] == again["Location"]
    with acting(cast.grid_worker):
        assert Patrol.objects.count() == 1


def test_it_says_what_stands_in_the_way(cast: Cast) -> None:
    garden, closed = place(cast), place(cast, "旧市场", kind="market")
    away = place(cast, "北旺市场", "370306100200", "market")
    with acting(cast.keeper):
        organisation.place_close(place_id=closed, based_on=1, on=OPENED, now=NOW, author=author(cast.keeper))
    for place_id, error, more in (
        (closed, PlaceClosed, {}),
        (away, OutsideMyGrid, {}),
        (999_999, NoSuchPlace, {}),
        (garden, BadMark, {"mark": "0" * 16}),
    ):
        with pytest.raises(error):
            sign(cast, place_id, **more)
    with acting(cast.handler), pytest.raises(NoGrid):
        patrol_sign(place_id=garden, actor=cast.handler, now=NOW, key=uuid.uuid4())
    client = signed_in("grid_worker")
    assert post(client, closed).status_code == 409
    assert "已经关闭" in client.get(f"/grid/places/{closed}/").content.decode()
    assert post(client, garden, mark="0" * 16).status_code == 422
    assert post(client, garden, finding="1", body=" ").status_code == 422
    assert client.post(f"/grid/places/{garden}/", {}).status_code == 422
    assert client.get("/grid/places/999999/").status_code == 404
    with acting(cast.grid_worker):
        assert Patrol.objects.count() == 0


SIGNS = (
    'INSERT INTO grid_patrol (key, place_id, unit_id, scope_code, "on", by_mark, distance, matter_id)'
    " VALUES (gen_random_uuid(), %s, %s, %s, %s, true, 'at', NULL)"
)


def test_the_database_takes_no_sign_in_for_another_place_or_day(cast: Cast) -> None:
    """Whoever has the application's password and a grid post's scope signs in at the places of its community, under
    their own codes, on days when the person held the post."""
    garden, closed = place(cast), place(cast, "旧市场", kind="market")
    away = place(cast, "北旺市场", "370306100200", "market")
    with acting(cast.keeper):
        organisation.place_close(place_id=closed, based_on=1, on=OPENED, now=NOW, author=author(cast.keeper))
    unit, day = cast.grid_worker.unit_id, NOW.date()
    for values in (
        [away, unit, "370306100200", day],
        [away, unit, GRID, day],
        [garden, unit, "370306100200", day],
        [garden, unit, COMMUNITY, day],
        [closed, unit, GRID, day],
        [garden, cast.handler.unit_id, GRID, day],
        [garden, unit, GRID, OPENED - timedelta(days=1)],
        [garden, unit, GRID, timezone.now().date() + timedelta(days=3)],
        [999_999, unit, GRID, day],
    ):
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            acting(cast.grid_worker),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(SIGNS, values)
    # Neither as a post that stands for no grid, nor by somebody who doesn't hold it, nor with the day of writing made up.
    for actor in (cast.community_handler, replace(cast.grid_worker, staff_id=cast.operator.staff_id)):
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            acting(actor),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(SIGNS, [garden, actor.unit_id, GRID, day])
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        acting(cast.grid_worker),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            SIGNS.replace("matter_id)", "recorded_on)").replace("NULL)", "'2025-01-01')"), [garden, unit, GRID, day]
        )
    with acting(cast.grid_worker), connection.cursor() as cursor:
        cursor.execute(SIGNS, [garden, unit, GRID, day])
        assert [row.recorded_on for row in Patrol.objects.all()] == [local_date(timezone.now())]


def test_its_code_is_checked(cast: Cast) -> None:
    garden = place(cast)
    row = place_by_id(garden, NOW.date())
    assert row is not None
    page = signed_in("grid_worker").get(f"/grid/places/{garden}/?mark={row.mark}").content.decode()
    assert "已扫这个场所的二维码" in page
    sign(cast, garden, mark=row.mark)
    with acting(cast.grid_worker):
        assert Patrol.objects.get().by_mark


def test_a_day_begins_at_the_city_s_midnight(cast: Cast) -> None:
    with acting(cast.keeper):
        said = PlaceSaid("世纪公园", "park", GRID, latitude=GATE.latitude, longitude=GATE.longitude)
        organisation.place_add(said=said, on=date(2025, 11, 19), now=NOW, author=author(cast.keeper))
    midnight = datetime(2025, 11, 18, 16, 0, tzinfo=UTC)
    with acting(cast.grid_worker):
        due = [
            queries.today(cast.grid_worker, kinds=desk.kinds(), now=now).inspections_due
            for now in (midnight - timedelta(minutes=1), midnight)
        ]
    assert due == [0, 1]


def test_without_a_position_it_works_as_well(cast: Cast) -> None:
    garden, client = place(cast), signed_in("grid_worker")
    for more in ({}, {"latitude": "", "longitude": ""}, {"latitude": "999", "longitude": "x"}):
        answer = post(client, garden, **more)
        assert answer.status_code in (302, 422), more
    with acting(cast.grid_worker):
        assert Patrol.objects.get().distance == "unknown"


def test_what_is_due_comes_first_and_near_by_the_nearest(cast: Cast) -> None:
    garden, park = place(cast), place(cast, "世纪公园", COMMUNITY, "park", north=0.01)
    place(cast, "别的网格的工地", "370303009006002", "site")
    place(cast, "别处", "370306100200", "other")
    sign(cast, garden)
    with acting(cast.grid_worker):
        today = NOW.date()
        found = queries.my_places(cast.grid_worker, today)
        assert [(one.place.id, one.due.is_due) for one in found] == [(park, True), (garden, False)]
        assert found[1].due.on == today + timedelta(days=30)
        near = queries.my_places(cast.grid_worker, today, GATE)
        assert [(one.place.id, round(one.metres or 0)) for one in near] == [(garden, 0), (park, 1112)]
        late = queries.my_places(cast.grid_worker, today + timedelta(days=31))
        assert [(one.place.id, one.due.late) for one in late if one.due.last] == [(garden, 1)]
    client = signed_in("grid_worker")
    page = client.get("/grid/").content.decode()
    assert "该巡查的场所" in page
    assert page.index("该巡查的场所") < page.index("世纪公园")
    # Nobody has been to the park: overdue since it was entered, in words as in the order.
    assert re.search(r"世纪公园.*?超期 \d+ 天.*?还没有巡查过", page, re.S)
    page = client.post("/grid/places/", {"latitude": "36.8135", "longitude": "118.048"}).content.decode()
    assert page.index("世纪花园小区") < page.index("世纪公园")
    assert "1 公里以上" in page
    assert "36.8135" not in page.split("<main", 1)[1]
    assert "没有取到位置" in client.post("/grid/places/", {}).content.decode()


def test_the_overview_is_about_places(cast: Cast) -> None:
    sign(cast, place(cast))
    place(cast, "世纪公园", COMMUNITY, "park")
    page = re.sub(r"<[^>]+>", " ", signed_in("supervisor").get("/grid/overview/").content.decode().split("<main", 1)[1])
    assert "2 个场所，2 个到期该巡查" in page
    assert cast.grid_worker.staff_name not in page
    with acting(cast.neighbour_handler):
        assert queries.due_by_grid(cast.neighbour_handler, NOW.date()) == ()


def test_an_incident_takes_a_place_of_my_grid(cast: Cast) -> None:
    garden, client = place(cast), signed_in("grid_worker")
    send = {"key": str(uuid.uuid4()), "body": "路灯不亮"}
    answer = client.post("/grid/report/", send | {"place_id": str(garden)})
    number = answer["Location"].rstrip("/").rsplit("/", 1)[1]
    with acting(cast.grid_worker):
        found = matters.matter_id_of_number(number)
        assert found is not None
        assert matters.place_ids([found]) == {found: garden}
    assert client.post("/grid/report/", send | {"place_id": "999999"}).status_code == 422


def test_the_rules_alone() -> None:
    assert [distance_class(metres) for metres in (None, 0, 150, 151, 1000, 5000)] == [
        "unknown",
        "at",
        "at",
        "near",
        "near",
        "far",
    ]
    mine = own_places(GRID)
    assert [mine.contains(code) for code in (GRID, COMMUNITY, "370303009006002", "370303009")] == [
        True,
        True,
        False,
        False,
    ]
    today = date(2025, 11, 18)
    assert not due_of(0, today, None, today).is_due
    assert due_of(7, date(2025, 11, 1), None, today).late == 17
    assert due_of(7, date(2025, 11, 1), today, today).on == date(2025, 11, 25)
    assert parse_office_phones({"phone": [{"unit": "centre-3703", "number": "0533-2300000"}]}) == {
        "centre-3703": "0533-2300000"
    }
    for wrong in ({"unit": "centre-3703", "number": "13812345678"}, {"number": "12345"}):
        with pytest.raises(BadPhones):
            parse_office_phones({"phone": [wrong]})
