"""Rounds for machines: the rounds, one with its cities, a city's items with the three levels' scores, the published list."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Path

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.auth import STAFF_PROBLEMS, Problem, staff
from shanzhi.kernel.rounds.policy.words import READ, Stage
from shanzhi.kernel.rounds.queries import whole

router = Router(tags=["rounds"])
Code = Annotated[str, Path(pattern=r"^[0-9]{2,12}$", description="The city's code.")]


class RoundOut(Schema):
    """A round. `kind`: trial or real; `first` and `last` are months (yyyymm), the days are the last ones of each step;
    `pass_at` the points from which a city passes; `is_ours`: opened here; `cities`: how many are in sight."""

    uid: UUID
    name: str
    kind: str
    organiser_code: str
    organiser_name: str
    is_ours: bool
    guideline_code: str
    guideline_version: int
    guideline_sha256: str
    first: int
    last: int
    opened_on: date
    self_until: date
    province_until: date
    centre_until: date
    objections_until: date
    pass_at: Decimal
    cities: int


class RoundsOut(Schema):
    """The rounds in sight, the latest first, at most 100."""

    rounds: list[RoundOut]


class RoundCityOut(Schema):
    """A city in a round. `state`: invited, joined, evaluating, locked, sent, received, scored, returned, through,
    spot_checked, final, withdrawn; `submission` counts how often it handed in; `pack_sha256` is empty before the first."""

    code: str
    name: str
    state: str
    since: datetime
    submission: int
    pack_sha256: str


class RoundWholeOut(Schema):
    """A round with its cities by their codes."""

    round: RoundOut
    cities: list[RoundCityOut]


class RoundScoreOut(Schema):
    """A level's last score. `value` says whether there is a figure (`value`) or why there is none; without points there is no
    value, or nothing is scored. `typed`: fields that were typed in for the round. Who gave it isn't said."""

    value: str
    numerator: int | None
    denominator: int | None
    points: Decimal | None
    is_vetoed: bool
    typed: int
    reason: str
    at: datetime


class RoundItemOut(Schema):
    """An item of the guideline with the city's own score, the province's and the centre's. `kind`: computed, typed,
    assessed."""

    key: str
    name: str
    project: str
    kind: str
    most: Decimal
    own: RoundScoreOut | None
    province: RoundScoreOut | None
    centre: RoundScoreOut | None


class RoundItemsOut(Schema):
    """A city in a round with its items in the guideline's order."""

    city: RoundCityOut
    items: list[RoundItemOut]


class RoundResultOut(Schema):
    """A city on the published list; `total` is with bonus, null where nothing is scored."""

    code: str
    name: str
    total: Decimal | None
    bonus: Decimal
    vetoes: int
    passes: bool
    published_at: datetime


class RoundResultsOut(Schema):
    """The published list by the cities' codes; empty before it is published."""

    results: list[RoundResultOut]


def _check(request: HttpRequest) -> None:
    """May the caller read rounds: a city's own, or those that were opened here? (The roles of the levels above may, too.)

    Raises:
        NotAllowed: the post may not.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    check_may(actor, roles().get(actor.role), READ)


def _round(told: whole.RoundTold) -> RoundOut:
    return RoundOut(**{name: getattr(told, name) for name in RoundOut.model_fields})


def _city(told: whole.CityTold) -> RoundCityOut:
    since = told.since.astimezone(CITY_ZONE)
    return RoundCityOut(
        code=told.code, name=told.name, state=told.state.value, since=since, submission=told.submission,
        pack_sha256=told.pack_sha256,
    )  # fmt: skip


def _score(told: whole.ScoreTold | None) -> RoundScoreOut | None:
    if told is None:
        return None
    said: dict[str, Any] = {name: getattr(told, name) for name in RoundScoreOut.model_fields}
    return RoundScoreOut(**said | {"at": told.at.astimezone(CITY_ZONE)})


@router.get(
    "/rounds", auth=staff, response={200: RoundsOut, STAFF_PROBLEMS: Problem}, summary="Rounds", url_name="rounds"
)
def rounds(request: HttpRequest) -> RoundsOut:
    """The rounds that were opened here, or came here by letter."""
    _check(request)
    return RoundsOut(rounds=[_round(one) for one in whole.rounds_told()])


@router.get(
    "/rounds/{uid}", auth=staff, response={200: RoundWholeOut, STAFF_PROBLEMS: Problem}, summary="One round",
    url_name="round_whole",
)  # fmt: skip
def round_whole(request: HttpRequest, uid: UUID) -> RoundWholeOut:
    """One round with its cities: at an organiser's all, at a city's its own."""
    _check(request)
    told, cities = whole.round_told(uid)
    return RoundWholeOut(round=_round(told), cities=[_city(one) for one in cities])


@router.get(
    "/rounds/{uid}/cities/{code}", auth=staff, response={200: RoundItemsOut, STAFF_PROBLEMS: Problem},
    summary="A city's items", url_name="round_city",
)  # fmt: skip
def round_city(request: HttpRequest, uid: UUID, code: Code) -> RoundItemsOut:
    """A city in a round, item by item, with the scores of the three levels."""
    _check(request)
    city, items = whole.city_told(uid, code)
    return RoundItemsOut(
        city=_city(city),
        items=[
            RoundItemOut(
                key=one.item.key,
                name=one.item.name,
                project=one.item.project,
                kind=one.kind.value,
                most=one.item.scoring.most,
                own=_score(one.scores.get(Stage.SELF)),
                province=_score(one.scores.get(Stage.PROVINCE)),
                centre=_score(one.scores.get(Stage.CENTRE)),
            )
            for one in items
        ],
    )


@router.get(
    "/rounds/{uid}/results", auth=staff, response={200: RoundResultsOut, STAFF_PROBLEMS: Problem},
    summary="The published list", url_name="round_results",
)  # fmt: skip
def round_results(request: HttpRequest, uid: UUID) -> RoundResultsOut:
    """Who passes, by code and never by rank; empty before the list is published."""
    _check(request)
    found = whole.results_told(uid)
    return RoundResultsOut(
        results=[
            RoundResultOut(
                code=one.code,
                name=one.name,
                total=one.total,
                bonus=one.bonus,
                vetoes=one.vetoes,
                passes=one.passes,
                published_at=one.published_at.astimezone(CITY_ZONE),
            )
            for one in found
        ]
    )
