"""Whoever gives a position is offered its community, and told when it isn't the one chosen; nothing is changed for them."""

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations
from shanzhi.kernel.organisation.tests.test_judging_outlines import collection, feature, square
from tests.city import Cast

GARDEN, VILLAGE = "370303009006", "370303009007"
HERE = {"latitude": "36.805", "longitude": "118.015"}
"""In the village, by the outlines below."""


def draw_outlines(cast: Cast, now: datetime, on: date) -> None:
    data = collection(feature(GARDEN, square(0, 0)), feature(VILLAGE, square(1, 0)))
    author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    with acting(cast.keeper):
        operations.shapes_load(data=data, datum="WGS84", on=on, now=now, author=author, even_so=True)


@pytest.fixture
def outlines(cast: Cast) -> None:
    now = timezone.now()
    draw_outlines(cast, now, local_date(now))


def find(**more: str) -> str:
    answer: Any = Client().post("/report/", {"body": "路灯坏了", "do": "find", **HERE, **more})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.usefixtures("cast")
def test_it_offers_nothing_without_outlines() -> None:
    assert "世纪新村" not in find()


@pytest.mark.usefixtures("outlines")
def test_it_offers_the_community_of_a_position() -> None:
    page = find()
    assert f'value="{VILLAGE}" checked' in page
    assert "和所选的不同" not in page
    assert f'value="{VILLAGE}"' not in find(latitude="36.9", longitude="118.9")
    assert f'value="{VILLAGE}"' not in find(latitude="x", longitude="y")


@pytest.mark.usefixtures("outlines")
def test_it_says_that_the_position_is_elsewhere_and_keeps_the_choice() -> None:
    page = find(region=GARDEN)
    assert "世纪新村”，和所选的不同" in page
    assert f'value="{GARDEN}" checked' in page


@pytest.mark.usefixtures("outlines")
def test_the_card_hints_to_staff_and_the_region_stays(cast: Cast) -> None:
    now = timezone.now()
    with acting(ANYONE):
        given = NewReport(body="路灯坏了。", region_code=GARDEN, latitude=36.805, longitude=118.015)
        made = matters.report(new=given, actor=ANYONE, now=now)
    with acting(cast.dispatcher):
        card = queries.card(made.matter_id, actor=cast.dispatcher, now=now)
    assert card.region_code == GARDEN
    assert card.point_elsewhere.endswith("世纪新村")
