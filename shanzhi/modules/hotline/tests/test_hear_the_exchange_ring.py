"""The exchange rings over HTTP: signed, once, at the desk of the extension; the number is sealed and stands nowhere else."""

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.utils import timezone
from psycopg import sql

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.modules.hotline import queries
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-the-exchange-of-32-signs"
RING = {"event": "call-1", "extension": "8001", "number": "138 1234 5678"}


@pytest.fixture
def desk(cast: Cast, settings: Any) -> Iterator[Cast]:
    """The extension 8001 stands on the operator's desk; what the importer wrote is taken away afterwards."""
    settings.CTI_SECRET = SECRET
    city = settings.INSTALLATION
    with psycopg.connect(database.admin_url(city, city.database), autocommit=True) as owner:
        owner.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(city.schema)))
        owner.execute("INSERT INTO hotline_extension (extension, post_id) VALUES ('8001', %s)", [cast.operator.post_id])
        yield cast
        owner.execute("DELETE FROM hotline_extension")


def ring(body: object = RING, *, ago: int = 0, secret: str = SECRET, signed: object = None) -> Any:
    sent = json.dumps(body).encode()
    stamp = str(int(timezone.now().timestamp()) - ago)
    over = json.dumps(signed).encode() if signed is not None else sent
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + over, sha256).hexdigest()
    headers = {"Shanzhi-Time": stamp, "Shanzhi-Signature": signature}
    return Client().post("/api/v1/calls", sent, content_type="application/json", headers=headers)


def test_it_opens_at_the_desk_of_its_extension_alone(desk: Cast):
    answer = ring()
    assert (answer.status_code, answer.json()) == (202, {"rung": True})
    with acting(desk.operator):
        (call,) = queries.open_calls(desk.operator, timezone.now())
        words = queries.typed(call.ref, desk.operator)
    assert call.rung
    assert words is not None
    assert words.phone == "13812345678"
    with acting(desk.second_operator):
        assert queries.open_calls(desk.second_operator, timezone.now()) == ()
    client = signed_in("operator")
    assert "振铃" in client.get("/desk/rings/").content.decode()
    page = client.get(f"/desk/call/{call.ref}/").content.decode()
    assert 'value="13812345678"' in page


def test_it_is_sent_again_and_rings_once(desk: Cast):
    assert ring().json() == {"rung": True}
    assert ring().json() == {"rung": False}
    with acting(desk.operator):
        assert len(queries.open_calls(desk.operator, timezone.now())) == 1


@pytest.mark.parametrize(
    "wrong", [{"ago": 301}, {"ago": -301}, {"secret": "x" * 36}, {"signed": RING | {"number": "13900000000"}}]
)
def test_it_believes_no_ring_that_is_not_signed_now(desk: Cast, wrong: dict[str, Any]):
    assert (ring(**wrong).status_code, ring(**wrong).json()["title"]) == (401, "bad-ring")


def test_it_hears_nothing_without_a_long_secret(desk: Cast, settings: Any):
    for secret in ("", "short"):
        settings.CTI_SECRET = secret
        assert ring(secret=secret).status_code == 401


def test_it_knows_no_other_extension_and_no_other_shape(desk: Cast):
    assert ring(RING | {"extension": "9"}).status_code == 404
    assert ring(RING | {"more": 1}).status_code == 422
    assert ring([]).status_code == 422


def test_it_opens_without_a_number_that_is_none(desk: Cast):
    assert ring(RING | {"number": "anonymous"}).json() == {"rung": True}
    with acting(desk.operator):
        (call,) = queries.open_calls(desk.operator, timezone.now())
        words = queries.typed(call.ref, desk.operator)
    assert words is not None
    assert words.is_blank
