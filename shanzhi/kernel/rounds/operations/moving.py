"""A city's way through a round: one step by a post here, or the steps that a letter of the other side tells of."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.operations._common import check_place, check_side, locked_city, tell, words_of, write
from shanzhi.kernel.rounds.payloads import RoundCityMoved
from shanzhi.kernel.rounds.policy.states import State, check_out, last_day, path, way_between
from shanzhi.kernel.rounds.policy.words import LEAD, ORGANISE, BadScore, NotYourPart, StateMovedOn


@transaction.atomic
def city_move(*, city_id: int, target: State, reason: str = "", actor: Actor, now: datetime) -> None:
    """Move a city one step on; one journal entry. What a step needs beside this (signatures, scores) its own operation checks
    before it calls.

    Raises:
        SignInNeeded, NotAllowed: not a post with the way's feature.
        NoSuchRound, AnotherCitys: not in sight, or not of this post's place.
        StateMovedOn: no such way from where it stands.
        NotYourPart: the other side's move.
        BadScore: a reason is needed.
    """
    row = locked_city(city_id)
    way = way_between(State(row.state), target)
    check_may(actor, acting.roles().get(actor.role), way.feature)
    check_place(row, actor)
    check_side(way, row)
    if way.needs_reason and not is_read(reason):
        raise BadScore(msg("请写明理由。"), fields={"reason": msg("请写明理由。")})
    move(row, target, reason=reason, actor=actor, now=now)


@transaction.atomic
def city_out(*, city_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a city that hasn't handed in by its day out of the round (未参加，退出本轮): the others go on, a slip tells it.

    Raises:
        SignInNeeded, NotAllowed: not a post that organises.
        NoSuchRound, AnotherCitys: not in sight, or not of this post's place.
        NotYourPart: another's round.
        StateMovedOn: its pack is here, or its day isn't over.
        BadScore: a reason is needed.
    """
    row = locked_city(city_id)
    check_may(actor, acting.roles().get(actor.role), ORGANISE)
    check_place(row, actor)
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，这一步由上级平台办。"))
    state = State(row.state)
    check_out(state, local_date(now), last_day(state, row.round.self_until, row.round.province_until))
    if not is_read(reason):
        raise BadScore(msg("请写明理由。"), fields={"reason": msg("请写明理由。")})
    move(row, State.WITHDRAWN, reason=reason, actor=actor, now=now)


@transaction.atomic
def city_follow(*, city_id: int, target: State, letter: UUID, reason: str = "", actor: Actor, now: datetime) -> None:
    """Take over from a letter of the other side where the city stands now: each step on the way is an entry of its own.

    Raises:
        NoSuchRound, AnotherCitys: not in sight, or not of this post's place.
        StateMovedOn: no way leads from where it stands here to there: letters were read out of turn.
    """
    row = locked_city(city_id)
    check_place(row, actor)
    for way in path(State(row.state), target):
        move(row, way.target, reason=reason if way.target is target else "", actor=actor, now=now, letter=letter)


def move(
    row: RoundCity, target: State, *, reason: str = "", actor: Actor, now: datetime, letter: UUID | None = None
) -> None:
    """Carry out a step on a locked row whose checks were made: state, journal, event."""
    before, said = State(row.state), words_of(reason)
    row.state, row.since, row.reason = target.value, now, said.text
    row.save(update_fields=["state", "since", "reason"])
    payload = RoundCityMoved(
        str(row.round.uid), row.city_code, before.value, target.value, said.sealed, str(letter) if letter else ""
    )
    write(row, payload, actor, now)
    tell(row, before, now)


@transaction.atomic
def compute_ask(*, city_id: int, actor: Actor, now: datetime) -> None:
    """Let a city's items be computed anew in the background.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        StateMovedOn: the city doesn't evaluate itself now.
    """
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    if row.state != State.EVALUATING:
        raise StateMovedOn(msg("这一轮现在不在自评中，不用重新计算。请刷新页面。"))
    tell(row, State.EVALUATING, now)
