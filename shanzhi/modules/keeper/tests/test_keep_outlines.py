"""A keeper uploads outlines, sees what is wrong with them in a list and on a map, and takes them over from a day."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from shanzhi.core.geo import Point
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.organisation import queries
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.usefixtures("cast")
TODAY = local_date(timezone.now())
GARDEN, VILLAGE = "370303009006", "370303009007"
UPLOAD, FOUND = "/keeper/regions/shapes/", "/keeper/regions/shapes/found/"


def feature(code: str, west: float, width: float = 0.01) -> dict[str, Any]:
    east = west + width
    ring = [[west, 36.8], [east, 36.8], [east, 36.81], [west, 36.81], [west, 36.8]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"区划代码": code}, "geometry": geometry}


def upload(keeper: Client, *features: dict[str, Any], datum: str = "WGS84") -> Any:
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return keeper.post(UPLOAD, {"file": SimpleUploadedFile("shapes.geojson", data), "datum": datum})


def page_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def digest_of(keeper: Client) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page_of(keeper.get(FOUND)))
    assert found
    return found.group(1)


def test_it_says_what_is_wrong_with_an_upload() -> None:
    keeper = signed_in("keeper")
    for content, datum, says in (
        (b"", "WGS84", "文件是空的"),
        (b"PK\x03\x04", "WGS84", "不是 UTF-8 编码的 GeoJSON"),
        (b'{"type":"Feature"}', "WGS84", "FeatureCollection"),
        (b"{}", "", "请选文件的坐标系"),
        (b"{}", "Mars", "没有这个坐标系"),
    ):
        answer = keeper.post(UPLOAD, {"file": SimpleUploadedFile("a.geojson", content), "datum": datum})
        assert (answer.status_code, says in page_of(answer)) == (422, True), says
    assert keeper.get(FOUND).status_code == 404
    assert keeper.post(FOUND, {"digest": "0" * 64, "holds_from": str(TODAY)}).status_code == 404


def test_it_lists_faults_with_a_map_and_takes_nothing_over() -> None:
    keeper = signed_in("keeper")
    answer = upload(keeper, feature(GARDEN, 118.0), feature(VILLAGE, 118.009), feature("370303009999", 118.03))
    assert (answer.status_code, answer["Location"]) == (302, FOUND)
    page = page_of(keeper.get(FOUND))
    assert "有错误，不能采用" in page
    assert "没有代码为“370303009999”的区域" in page
    assert "占较小一个的 10.0%" in page
    assert "<svg" in page
    assert 'name="digest"' not in page
    answer = keeper.post(FOUND, {"digest": "0" * 64, "holds_from": str(TODAY), "even_so": "on"})
    assert answer.status_code == 404
    assert queries.shape_loads() == []


def test_it_takes_over_from_a_day_once_the_warnings_are_confirmed() -> None:
    keeper = signed_in("keeper")
    upload(keeper, feature(GARDEN, 118.0))
    digest = digest_of(keeper)
    assert "还缺" in page_of(keeper.get(FOUND))
    answer = keeper.post(FOUND, {"digest": digest, "holds_from": str(TODAY)})
    assert answer.status_code == 409
    assert "勾选“确认无误”再采用" in page_of(answer)
    answer = keeper.post(FOUND, {"digest": digest, "holds_from": "tomorrow", "even_so": "on"})
    assert answer.status_code == 422
    answer = keeper.post(FOUND, {"digest": digest, "holds_from": str(TODAY), "even_so": "on"})
    assert (answer.status_code, answer["Location"]) == (302, UPLOAD)
    assert [(line.shapes, line.holds_from) for line in queries.shape_loads()] == [(1, TODAY)]
    row = queries.region_at_point(Point(36.805, 118.005), TODAY)
    assert row is not None
    assert row.code == GARDEN
    assert keeper.get(FOUND).status_code == 404
    page = page_of(keeper.get(f"/keeper/regions/{row.id}/"))
    assert "的边界</title>" in page
    assert "面积" in page


def test_it_keeps_the_upload_of_one_post_from_others(cast: Cast) -> None:
    keeper = signed_in("keeper")
    upload(keeper, feature(GARDEN, 118.0))
    for actor, seen in ((cast.keeper, 1), (cast.dispatcher, 0)):
        with acting(actor), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM organisation_shape_draft")
            assert cursor.fetchone() == (seen,)


def test_the_database_lets_only_a_keeper_write_outlines(cast: Cast) -> None:
    statement = (
        "INSERT INTO organisation_shape_load (digest, datum, holds_from, shapes, post_id, made_at)"
        " VALUES ('x', 'WGS84', current_date, 1, %s, now())"
    )
    for actor, post in ((cast.dispatcher, cast.dispatcher.post_id), (cast.keeper, cast.dispatcher.post_id)):
        with pytest.raises(DatabaseError), transaction.atomic(), acting(actor), connection.cursor() as cursor:
            cursor.execute(statement, [post])
    for forbidden in (
        "DELETE FROM organisation_region_shape",
        "UPDATE organisation_region_shape SET outline = ''",
        "DELETE FROM organisation_shape_load",
        "UPDATE organisation_shape_load SET shapes = 2",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), acting(cast.keeper), connection.cursor() as cursor:
            cursor.execute(forbidden)


def test_a_day_to_come_leaves_today_as_it_is() -> None:
    keeper = signed_in("keeper")
    upload(keeper, feature(GARDEN, 118.0), feature(VILLAGE, 118.01))
    later = TODAY + timedelta(days=9)
    answer = keeper.post(FOUND, {"digest": digest_of(keeper), "holds_from": str(later), "even_so": "on"})
    assert answer.status_code == 302
    point = Point(36.805, 118.015)
    assert queries.region_at_point(point, TODAY) is None
    row = queries.region_at_point(point, later)
    assert row is not None
    assert row.code == VILLAGE
