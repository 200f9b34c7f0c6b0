"""Rounds for programs: what was opened or came here, its cities, a city's items with the scores of the three levels, the list.

The same on both sides, under row-level security: a city's platform answers for its own city, an organiser's for all that it
invited. No score here says who gave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.rounds.models import Result, Round, RoundCity, Score
from shanzhi.kernel.rounds.policy.items import ItemKind, kind_of
from shanzhi.kernel.rounds.policy.results import items_of, rule_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import NoSuchRound, Stage
from shanzhi.kernel.rounds.reading import guideline_of_round

SHOWN_MOST = 100


@dataclass(frozen=True, slots=True)
class RoundTold:
    """A round: months are `yyyymm`, days the last ones of each step, `pass_at` the points from which a city passes; `cities`
    how many are in sight."""

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


@dataclass(frozen=True, slots=True)
class CityTold:
    """A city in a round: where it stands and since when, how often it handed in, its pack's SHA-256 (empty: none yet)."""

    code: str
    name: str
    state: State
    since: datetime
    submission: int
    pack_sha256: str


@dataclass(frozen=True, slots=True)
class ScoreTold:
    """A level's last score of an item; without points there is no value, or nothing is scored. `typed`: fields for the
    round."""

    value: str
    numerator: int | None
    denominator: int | None
    points: Decimal | None
    is_vetoed: bool
    typed: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemTold:
    """An item of the guideline with its last score by level; a level that hasn't scored it isn't there."""

    item: Indicator
    kind: ItemKind
    scores: Mapping[Stage, ScoreTold]


@dataclass(frozen=True, slots=True)
class ResultTold:
    """A city on the published list."""

    code: str
    name: str
    total: Decimal | None
    bonus: Decimal
    vetoes: int
    passes: bool
    published_at: datetime


def rounds_told() -> tuple[RoundTold, ...]:
    """The rounds in sight, the latest first, at most SHOWN_MOST; 2 queries."""
    rows = list(Round.objects.defer("guideline_text").order_by("-opened_on", "-pk")[:SHOWN_MOST])
    counted = RoundCity.objects.filter(round__in=rows).values_list("round_id").annotate(Count("pk"))
    counts: dict[int, int] = dict(counted)
    return tuple(_round(row, counts.get(row.pk, 0)) for row in rows)


def _round(row: Round, cities: int) -> RoundTold:
    return RoundTold(
        row.uid, row.name, row.kind, row.organiser_code, row.organiser_name, row.is_ours, row.guideline_code,
        row.guideline_version, row.guideline_sha256, row.first, row.last, row.opened_on, row.self_until, row.province_until,
        row.centre_until, row.objections_until, rule_of(row.announced).points, cities,
    )  # fmt: skip


def _found(uid: UUID) -> Round:
    row = Round.objects.filter(uid=uid).first()
    if row is None:
        raise NoSuchRound(msg("没有找到这个轮次，或者您现在的岗位看不到它。请核对，或换一个岗位。"))
    return row


def round_told(uid: UUID) -> tuple[RoundTold, tuple[CityTold, ...]]:
    """A round with its cities by their codes; 2 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = _found(uid)
    cities = tuple(_city(one) for one in RoundCity.objects.filter(round=row).order_by("city_code"))
    return _round(row, len(cities)), cities


def _city(row: RoundCity) -> CityTold:
    return CityTold(row.city_code, row.name, State(row.state), row.since, row.submission, row.pack_sha256)


def city_told(uid: UUID, code: str) -> tuple[CityTold, tuple[ItemTold, ...]]:
    """A city in a round with all scored items in the guideline's order; 3 queries.

    Raises:
        NoSuchRound: no such round, or city in it, in sight.
    """
    row = _found(uid)
    city = RoundCity.objects.filter(round=row, city_code=code).first()
    if city is None:
        raise NoSuchRound(msg("这个轮次里没有代码为“%(code)s”的城市，或者您现在的岗位看不到它。"), code=code[:15])
    scores: dict[str, dict[Stage, ScoreTold]] = {}
    for one in Score.objects.filter(round_city=city, is_last=True):
        scores.setdefault(one.key, {})[Stage(one.stage)] = ScoreTold(
            one.value, one.numerator, one.denominator, one.points, one.is_vetoed, one.typed, one.reason, one.at
        )
    items = items_of(guideline_of_round(row), row.last)
    return _city(city), tuple(ItemTold(item, kind_of(item), scores.get(item.key, {})) for item in items)


def results_told(uid: UUID) -> tuple[ResultTold, ...]:
    """The published list of a round, by the cities' codes; empty before it is published; 2 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    rows = Result.objects.filter(round_city__round=_found(uid), is_last=True).select_related("round_city")
    return tuple(
        ResultTold(
            one.round_city.city_code,
            one.round_city.name,
            one.total,
            one.bonus,
            one.vetoes,
            one.passes,
            one.published_at,
        )
        for one in rows.order_by("round_city__city_code")
    )
