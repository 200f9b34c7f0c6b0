"""What the spot check's pages show: the draws of a round and of a city, what came out, and what was visited of it."""

from collections import Counter
from dataclasses import dataclass

from shanzhi.kernel.draws import queries as draws
from shanzhi.kernel.draws.policy.announcement import Result
from shanzhi.kernel.draws.queries import Outcome
from shanzhi.kernel.matters.policy.process import KindUnknown
from shanzhi.kernel.matters.queries import current_kind
from shanzhi.kernel.rounds.models import Round, RoundCity, Visit
from shanzhi.kernel.rounds.policy.drawing import CITY, ITEM, MATTER, PLACE, city_purpose, drawn_of, round_purpose
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.queries.upper import round_of
from shanzhi.kernel.rounds.queries.upper_city import city_of
from shanzhi.kernel.rounds.reading import guideline_of_round


@dataclass(frozen=True, slots=True)
class DrawnCity:
    """A city of the draw: where it stands, whether it was drawn (None: not known yet)."""

    id: int
    code: str
    name: str
    state: State
    is_drawn: bool | None


@dataclass(frozen=True, slots=True)
class RoundSpot:
    """A round's spot check: the last draw of its cities, and the cities by code."""

    round: Round
    draw: Outcome | None
    cities: tuple[DrawnCity, ...]


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """Something that was drawn: an item (`key`), a matter (`number`, its kind), or a place (`county`: where the organiser's
    platform knows it), and how often it was visited by the centre."""

    name: str
    key: str = ""
    number: str = ""
    kind: str = ""
    code: str = ""
    county: str = ""
    visits: int = 0


@dataclass(frozen=True, slots=True)
class CitySpot:
    """A city's spot check: its last draw, and what came out of it."""

    city: RoundCity
    state: State
    draw: Outcome | None
    items: tuple[DrawnLine, ...]
    matters: tuple[DrawnLine, ...]
    places: tuple[DrawnLine, ...]


def kind_name(code: str) -> str:
    """What people call a kind of matter; its code where this platform doesn't know it."""
    try:
        return current_kind(code).name
    except KindUnknown:
        return code


def last_draw(purpose: str) -> Result | None:
    """What came out of the last draw of a purpose; None where none is made; 2 queries."""
    found = draws.outcome_of(purpose)
    return found.result if found is not None else None


def round_spot(round_id: int) -> RoundSpot:
    """The spot check of a round; 3 queries, however many cities.

    Raises:
        NoSuchRound: none in sight.
    """
    rows = RoundCity.objects.select_related("round").filter(round=round_id, round__is_ours=True)
    cities = list(rows.order_by("city_code"))
    row = cities[0].round if cities else round_of(round_id)
    found = draws.outcome_of(round_purpose(row.uid))
    drawn = drawn_of(found.result if found is not None else None)
    return RoundSpot(
        row,
        found,
        tuple(
            DrawnCity(
                one.pk, one.city_code, one.name, State(one.state), one.city_code in drawn[CITY] if drawn else None
            )
            for one in cities
        ),
    )


def city_spot(city_id: int) -> CitySpot:
    """The spot check of a city; 4 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    city = city_of(city_id)
    found = draws.outcome_of(city_purpose(city.round.uid, city.city_code))
    drawn = drawn_of(found.result if found is not None else None)
    labels = {one.id: one.label for one in found.items} if found is not None else {}
    visits = list(Visit.objects.filter(round_city=city, stage=Stage.CENTRE).values_list("key", "place"))
    by_key, at = Counter(key for key, _ in visits), Counter(place for _, place in visits)
    names = {one.key: one.name for one in items_of(guideline_of_round(city.round), city.round.last)}
    keys = [one.partition(" ")[2] for one in drawn.get(ITEM, ())]
    places = []
    for one in drawn.get(PLACE, ()):
        code, _, county = one.partition(" ")[2].partition(" ")
        places.append(DrawnLine(labels.get(one, code), code=code, county=county, visits=at[labels.get(one, code)]))
    return CitySpot(
        city, State(city.state), found,
        tuple(DrawnLine(names.get(key, key), key=key, visits=by_key[key]) for key in keys),
        tuple(
            DrawnLine(number, number=number, kind=kind_name(stratum.partition(" ")[2]))
            for stratum, numbers in drawn.items()
            if stratum.partition(" ")[0] == MATTER
            for number in numbers
        ),
        tuple(places),
    )  # fmt: skip
