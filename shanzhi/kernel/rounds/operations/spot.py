"""The centre draws what it checks: cities of a round, and of a drawn city items, matters of its pack and places to visit.

What may be drawn is fixed before anybody can know what comes out (kernel/draws): the list of a city's matters is its pack's.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.draws import operations as draws
from shanzhi.kernel.draws.operations import Plan, PlannedSide, PlannedStratum
from shanzhi.kernel.draws.policy import Ground, Item
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.rounds.models import Round, RoundCity
from shanzhi.kernel.rounds.operations._common import locked_city, missing
from shanzhi.kernel.rounds.operations.marking import check_ready_for_spot_check
from shanzhi.kernel.rounds.policy.drawing import (
    CITY,
    ITEM,
    MATTER,
    PLACE,
    city_purpose,
    drawn_of,
    item_id,
    place_id,
    round_purpose,
)
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import CENTRE, NotYourPart, StateMovedOn
from shanzhi.kernel.rounds.queries.spot import kind_name, last_draw
from shanzhi.kernel.rounds.queries.trace import pack_of
from shanzhi.kernel.rounds.reading import guideline_of_round

TOWNSHIP = "township"


@dataclass(frozen=True, slots=True)
class Sides:
    """Who puts a nonce in beside us: a name, and the commitment that they sent; `window`: minutes for showing; `again`: why it
    is drawn once more, where it was drawn before."""

    other: str
    commitment: str
    window: int
    again: Ground = ""

    def planned(self, actor: Actor) -> tuple[PlannedSide, PlannedSide]:
        """Ours first, then theirs."""
        return PlannedSide(actor.unit_name or actor.post_title), PlannedSide(self.other, self.commitment.strip())


@dataclass(frozen=True, slots=True)
class Takes:
    """How many are drawn of a city: items, matters of each kind, places. What there is less of is taken whole."""

    items: int
    matters: int
    places: int


@transaction.atomic
def cities_draw(*, round_id: int, take: int, sides: Sides, actor: Actor, now: datetime) -> int:
    """Announce the draw of the cities that are checked on site; returns its number. All that haven't withdrawn may be drawn.

    Raises:
        SignInNeeded, NotAllowed: not a post of the centre. NoSuchRound: none in sight.
        StateMovedOn: a city isn't through yet; names it.
        BadFrame, BadAnnouncement, DrawAnnouncedAlready: as `draw_announce`.
    """
    check_may(actor, acting.roles().get(actor.role), CENTRE)
    round_ = Round.objects.filter(pk=round_id, is_ours=True).first()
    if round_ is None:
        raise missing()
    cities = list(RoundCity.objects.filter(round=round_).order_by("city_code"))
    check_ready_for_spot_check(cities)
    items = [Item(one.city_code, CITY, 1, one.name) for one in cities if one.state != State.WITHDRAWN]
    strata = [PlannedStratum(CITY, msg("城市"), take)]
    return _announce(
        round_purpose(round_.uid), f"{round_.name}：抽查城市", items, strata, sides, actor, now, is_public=True
    )


@transaction.atomic
def city_draw(*, city_id: int, takes: Takes, sides: Sides, actor: Actor, now: datetime) -> int:
    """Announce what is drawn of a city: items of the guideline, matters of its pack by kind, places where they lie; returns the
    draw's number. Kept back until somebody publishes it, since visits are unannounced.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound: as `cities_draw`.
        StateMovedOn: the city isn't through, or its pack isn't here. NotYourPart: cities were drawn, and this one wasn't.
        PackGone: its pack's file is gone. BadFrame, BadAnnouncement, DrawAnnouncedAlready: as `draw_announce`.
    """
    check_may(actor, acting.roles().get(actor.role), CENTRE)
    row = locked_city(city_id)
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，抽取由上级平台办。"))
    if row.state != State.THROUGH:
        raise StateMovedOn(msg("%(city)s不在等待抽查。通过省级验收、还没有抽查完的城市才抽。"), city=row.name)
    drawn = drawn_of(last_draw(round_purpose(row.round.uid)))
    if drawn and row.city_code not in drawn[CITY]:
        raise NotYourPart(msg("%(city)s没有被抽中，不到那里抽查。"), city=row.name)
    items = [
        Item(item_id(one.key), ITEM, 1, one.name) for one in items_of(guideline_of_round(row.round), row.round.last)
    ]
    with kept.kept_pack(pack_of(row), kept.MATTERS) as pack:
        found, places = kept.matters_in(pack), kept.places_in(pack, TOWNSHIP)
    kinds = Counter(one.kind for one in found)
    strata = [PlannedStratum(ITEM, msg("项目"), min(takes.items, len(items)))]
    strata += [
        PlannedStratum(f"{MATTER} {kind}", kind_name(kind), min(takes.matters, count))
        for kind, count in sorted(kinds.items())
    ]
    strata += [PlannedStratum(PLACE, msg("地点"), min(takes.places, len(places)))] if places else []
    wanted = {one.code for one in strata if one.take}
    listed = [
        *items,
        *(Item(one.number, f"{MATTER} {one.kind}") for one in found),
        *(Item(place_id(one.code, one.county), PLACE, 1, one.name) for one in places),
    ]
    return _announce(
        city_purpose(row.round.uid, row.city_code), f"{row.round.name}：{row.name}抽查的项目、事项和地点",
        [one for one in listed if one.stratum in wanted], [one for one in strata if one.take], sides, actor, now,
        is_public=False,
    )  # fmt: skip


def _announce(
    purpose: str, subject: str, items: list[Item], strata: list[PlannedStratum], sides: Sides, actor: Actor, now: datetime,
    *, is_public: bool,
) -> int:  # fmt: skip
    plan = Plan(
        purpose, subject, items, strata, sides.planned(actor), sides.window, again=sides.again, is_public=is_public
    )
    return draws.draw_announce(plan=plan, actor=actor, now=now)
