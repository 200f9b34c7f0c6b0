"""A program reads figures, types one in, contests a count and decides, each by one call."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.models import Exclusion, Value
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.tests.driven import LATER, MONTH, city, driven
from shanzhi.kernel.matters.tests.api_support import ROOT, Caller, problem_of
from tests.city import _actor
from tests.concurrency.committed import City, as_role

__all__ = ["city", "driven"]
PERIOD = str(Period(MONTH))


@pytest.fixture(autouse=True)
def _at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls come when the city's figures were just computed."""
    monkeypatch.setattr(timezone, "now", lambda: LATER)


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("清单.pdf", b"%PDF-1.4\n% a\n%%EOF\n", content_type="application/pdf")


def send(caller: Caller, path: str, fields: dict[str, Any], key: str = "") -> Any:
    headers = caller.headers | ({"Idempotency-Key": key} if key else {})
    return caller.client.post(ROOT + path, {**fields, "files": [paper()]}, headers=headers)


def test_it_reads_figures_index_and_records(driven: City) -> None:
    caller = Caller(_actor("centre-370303", "supervisor", 0))
    asked = {"period": PERIOD, "region_code": "370303"}
    listed = caller.get("/indicators", **asked).json()
    figures = {one["key"]: one for one in listed["figures"]}
    assert listed["sample"] is True
    assert figures["accepted"]["value"]["state"] == "value"
    one = caller.get("/indicators/accepted", **asked).json()
    assert one["value"] == figures["accepted"]["value"]
    assert {row["region_code"] for row in one["below"]} == {"370303008", "370303009", "370303105"}
    records = caller.get("/indicators/accepted/records", **asked).json()
    assert records["total"] == figures["accepted"]["value"]["denominator"]
    assert len(records["rows"]) == min(25, records["in_sight"])
    index = caller.get("/indices/safety", **asked, tree_on="2025-12-05").json()
    assert index["classes"][0]["parts"][0]["indicator"] == "satisfied"
    assert index["value"] is not None
    assert problem_of(caller.get("/indices/none", **asked)) == (404, "figure-index")
    assert problem_of(caller.get("/indicators", period="2025-13"))[0] == 422
    assert problem_of(caller.get("/indicators/accepted", period="9999-12", region_code="37"))[0] == 422
    assert problem_of(caller.get("/exclusions", key="\x00"))[0] == 422
    assert problem_of(caller.get("/indicators", period=PERIOD, region_code="999999")) == (404, "figure-place")
    assert problem_of(Caller().get("/indicators", **asked))[0] == 401


def test_it_types_a_figure_in_once(driven: City, evidence_store: Any) -> None:
    keeper = _actor("centre-370303", "keeper", 0)
    caller, key = Caller(keeper), str(uuid4())
    given = {"period": "2025-10", "region_code": "370303009", "numerator": "3"}
    assert problem_of(send(caller, "/indicators/teams/values", given)) == (409, "figure-late")
    asked = {"period": "2025-10", "region_code": "370303009", "words": "停电"}
    permit = caller.post("/indicators/teams/permits", asked).json()["id"]
    until = {"until_on": str(LATER.date() + timedelta(days=2)), "reason": "属实"}
    assert problem_of(caller.post(f"/permits/{permit}/answer", until))[0] == 403
    assert Caller(driven.cast.supervisor).post(f"/permits/{permit}/answer", until).status_code == 200
    made = send(caller, "/indicators/teams/values", given, key)
    assert made.status_code == 201, made.content
    assert send(caller, "/indicators/teams/values", given, key).json() == made.json()
    assert problem_of(send(caller, "/indicators/teams/values", given)) == (409, "figure-moved-on")
    with acting(keeper):
        assert Value.objects.get(pk=made.json()["id"]).numerator == 3
    owed = {(one["period"], one["region_code"]): one["state"] for one in caller.get("/figures-owed").json()}
    assert owed["2025-10", "370303009"] == "handed_in"


def test_it_contests_and_decides(driven: City, evidence_store: Any) -> None:
    with as_role(driven.installation, "owner") as owner:
        row = owner.execute(
            "SELECT number FROM fact_matter WHERE satisfied IS NOT NULL AND region_code LIKE '370303%%' LIMIT 1"
        ).fetchone()
    assert row is not None
    asker, decider = Caller(_actor("centre-370303", "supervisor", 0)), Caller(driven.cast.supervisor)
    given = {"number": row[0], "key": "satisfied", "month": PERIOD, "ground": "duplicate", "words": "重复"}
    made = send(asker, "/exclusions", given)
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert problem_of(asker.post(f"/exclusions/{pk}/decision", {"grant": True, "reason": "…"})) == (
        403,
        "exclusion-not-decider",
    )
    assert [one["state"] for one in asker.get("/exclusions").json()] == ["asked"]
    assert decider.post(f"/exclusions/{pk}/decision", {"grant": True, "reason": "属实"}).status_code == 200
    assert problem_of(asker.post(f"/exclusions/{pk}/withdrawal")) == (409, "exclusion-moved-on")
    assert problem_of(decider.post(f"/exclusions/{pk}/revision", {"reason": "…"})) == (403, "exclusion-not-decider")
    published = Caller(driven.cast.neighbour_dispatcher).get("/exclusions").json()
    assert [(one["matter_number"], one["state"]) for one in published] == [(row[0], "granted")]
    assert _words(driven.cast.neighbour_dispatcher, pk) == "granted"


def _words(actor: Actor, pk: int) -> str:
    with acting(actor):
        found: str = Exclusion.objects.get(pk=pk).state
    return found
