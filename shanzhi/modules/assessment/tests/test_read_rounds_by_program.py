"""Programs read rounds: the same as pages, by the rights of the post, and nobody's name in it."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.operations import deciding
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.tests.upper_support import THEN, named, opened, received, scored
from tests.desks import BACKEND
from tests.upper import Upper, upper

__all__ = ["upper"]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is made on the day on which the cities are assessed."""
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: THEN))


@pytest.fixture(scope="module")
def uid(upper: Upper) -> UUID:
    """A round of two cities that went through; the list is published."""
    made = uuid4()
    cities = opened(upper, made, cities=("3703", "3706"))
    named(upper, cities["3703"], (Stage.PROVINCE, "assessor1"))
    for vetoes, city_id in enumerate(cities.values()):
        received(upper, city_id)
        scored(upper, city_id, vetoes=vetoes)
    centre = upper["centre1"]
    with acting(centre):
        round_id = RoundCity.objects.get(pk=cities["3703"]).round_id
        deciding.results_publish(round_id=round_id, actor=centre, now=THEN)
    return made


def read(path: str, name: str = "organiser") -> tuple[int, Any]:
    """What somebody's program gets."""
    client = Client()
    if name:
        client.force_login(Account.objects.get(username=name), BACKEND)
    answer = client.get(f"/api/v1/rounds{path}")
    return answer.status_code, answer.json()


def test_a_round_its_cities_and_the_list(upper: Upper, uid: UUID) -> None:
    status, found = read("")
    assert (status, [one["cities"] for one in found["rounds"] if one["uid"] == str(uid)]) == (200, [2])
    status, found = read(f"/{uid}")
    assert (status, found["round"]["pass_at"], found["round"]["first"]) == (200, "70", 202510)
    assert [(one["code"], one["state"], one["submission"]) for one in found["cities"]] == [
        ("3703", "final", 1), ("3706", "final", 1),
    ]  # fmt: skip
    status, found = read(f"/{uid}/results")
    assert [(one["code"], one["vetoes"], one["passes"]) for one in found["results"]] == [
        ("3703", 0, True), ("3706", 1, False),
    ]  # fmt: skip


def test_a_city_s_items_with_three_scores(upper: Upper, uid: UUID) -> None:
    status, found = read(f"/{uid}/cities/3703", "assessor1")
    items = {one["key"]: one for one in found["items"]}
    assert (status, sorted(items)) == (200, ["accepted", "satisfied", "vetoes"])
    one = items["satisfied"]
    assert (one["kind"], one["most"], one["own"]["points"], one["province"]["points"], one["centre"]) == (
        "computed", "100", "90.00", "90.00", None,
    )  # fmt: skip
    assert (one["own"]["numerator"], one["own"]["denominator"], one["province"]["reason"]) == (90, 100, "核对一致")
    assert items["vetoes"]["own"] is None
    assert not {"staff_id", "post_id", "unit_id", "by"} & set(one["province"])


@pytest.mark.parametrize("path", ["/00000000-0000-4000-8000-000000000000", "/{uid}/cities/3713"])
def test_what_isn_t_there_is_said(upper: Upper, uid: UUID, path: str) -> None:
    status, found = read(path.format(uid=uid))
    assert (status, found["title"]) == (404, "round-unknown")


def test_strangers_are_asked_for_a_token(upper: Upper, uid: UUID) -> None:
    assert read("", "")[0] == 401
    assert read(f"/{uid}/results", "")[0] == 401
