"""A trial round of a province's three cities by a small guideline, packs that arrive, and a day on which they are assessed."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import SYSTEM, Actor
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.operations import marking, receiving, teams
from shanzhi.kernel.rounds.operations.receiving import Arrived
from shanzhi.kernel.rounds.policy.marking import Mark
from shanzhi.kernel.rounds.policy.results import PassRule
from shanzhi.kernel.rounds.policy.text import Calendar, Place
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.tests.support import round_text
from tests.upper import CITIES, Upper

CALENDAR = Calendar(date(2025, 11, 1), date(2025, 12, 10), date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10))
THEN = datetime(2025, 12, 15, 2, 30, tzinfo=UTC)
"""A Monday on which the province assesses."""
ITEMS = ("satisfied", "accepted", "vetoes")
SELF = {"satisfied": "90.00", "accepted": "80.00"}


def opened(upper: Upper, uid: UUID | None = None, **given: Any) -> dict[str, int]:
    """A round is opened; returns the ids of its cities' rows by code."""
    cities = given.pop("cities", tuple(CITIES))
    text = round_text(
        uid=uid or uuid4(),
        cities=tuple(Place(code, CITIES[code]) for code in cities),
        calendar=CALENDAR,
        announced=(PassRule(Decimal(70)).announced(),),
        **given,
    )
    actor = upper["organiser"]
    with acting(actor):
        pk = operations.round_open(text=text, actor=actor, now=THEN)
        return {row.city_code: row.pk for row in RoundCity.objects.filter(round_id=pk)}


def scores_json(uid: UUID | str, city: str, scores: Mapping[str, str] = SELF, **more: Any) -> bytes:
    """What a city hands in: points by item."""
    rows = [
        {
            "key": key, "project": "loop", "value": "value", "numerator": int(Decimal(points)), "denominator": 100,
            "points": points, "most": "100.00", "typed": 0, "reason": "", "words": "",
        }
        for key, points in scores.items()
    ]  # fmt: skip
    body = {"form": "shanzhi-scores-1", "round": str(uid), "city": city, "scores": rows, "claims": []} | more
    return json.dumps(body).encode()


def received(upper: Upper, city_id: int, points: Mapping[str, str] = SELF, **more: Any) -> int:
    """The city's pack arrives; `more` replaces what is usual of `Arrived`."""
    with database.acting_as(upper.installation, "worker"):
        row = RoundCity.objects.select_related("round").get(pk=city_id)
        claims = more.pop("claims", [{"project": "loop", "papers": ["ab" * 32]}])
        usual: dict[str, Any] = {
            "letter": uuid4(), "round": row.round.uid, "city": row.city_code, "sha256": "cd" * 32,
            "scores": scores_json(row.round.uid, row.city_code, points, claims=claims),
            "recomputed": {"satisfied": (90, 100), "accepted": (75, 100)},
        }  # fmt: skip
        return receiving.pack_received(arrived=Arrived(**(usual | more)), actor=SYSTEM, now=THEN)


def named(upper: Upper, city_id: int, *members: tuple[Stage, str]) -> None:
    """Posts are named for the round's teams."""
    for stage, who in members:
        actor = upper["organiser" if stage is Stage.PROVINCE else "centre1"]
        with acting(actor):
            round_id = RoundCity.objects.get(pk=city_id).round_id
            teams.member_name(round_id=round_id, stage=stage, post_id=upper[who].post_id or 0, actor=actor, now=THEN)


def mark(
    actor: Actor, city_id: int, key: str, points: str | None, reason: str = "", *, stage: Stage = Stage.PROVINCE,
    events: int | None = None, now: datetime = THEN,
) -> int:  # fmt: skip
    """Somebody marks an item."""
    given = Mark(None if points is None else Decimal(points), events, reason)
    with acting(actor):
        return marking.item_mark(city_id=city_id, key=key, stage=stage, mark=given, actor=actor, now=now)


def scored(upper: Upper, city_id: int, *, satisfied: str = "90", vetoes: int = 0) -> None:
    """The first assessor marks everything, and the organiser closes it and lets the city through."""
    who = upper["assessor1"]
    mark(who, city_id, "satisfied", satisfied, "核对一致")
    mark(who, city_id, "accepted", "80", "核对一致")
    mark(who, city_id, "vetoes", None, "通报〔2025〕3 号" if vetoes else "", events=vetoes)
    organiser = upper["organiser"]
    with acting(organiser):
        marking.scoring_close(city_id=city_id, actor=organiser, now=THEN)
        marking.city_through(city_id=city_id, actor=organiser, now=THEN)
