"""Who owes what in a city's round."""

from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Duty, RoundCity
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, write
from shanzhi.kernel.rounds.operations._scores import signatures_end
from shanzhi.kernel.rounds.payloads import DutyGiven
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import (
    FILL,
    LEAD,
    SIGN,
    BadScore,
    NoSuchRound,
    NotYourPart,
    StateMovedOn,
)

WHOLE = ""
"""The project of a duty or signature that is about the whole."""


@transaction.atomic
def duty_give(
    *,
    city_id: int,
    project: str,
    unit_id: int,
    role: str,
    signer_post_id: int,
    due_on: date,
    actor: Actor,
    now: datetime,
) -> int:
    """Say which unit, and in it which role, owes a project's part until when, and which post signs it off; an empty project is
    the whole, signed by the head. A later one takes the place of the last; returns its id.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        NotYourPart: a unit or post that can't, of a role without the feature.
        BadScore: a day outside the calendar.
        StateMovedOn: the city has handed in, or isn't taking part.
    """
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    check_project(row, project)
    if row.state not in (State.JOINED, State.EVALUATING):
        raise StateMovedOn(msg("只有已参加、自评中的轮次可以分工。请刷新页面。"))
    _check_post(unit_id, role, signer_post_id, local_date(now))
    if not row.round.opened_on <= due_on <= (row.until_on or row.round.self_until):
        raise BadScore(msg("期限要在轮次启动日和自评截止日之间。"), fields={"due_on": msg("请另选一天。")})
    before = Duty.objects.filter(round_city=row, project=project, is_last=True)
    if before.exclude(signer_post_id=signer_post_id).exists():
        signatures_end(row, project, now)
    before.update(is_last=False)
    made = Duty.objects.create(
        round_city=row, city_code=row.city_code, project=project, unit_id=unit_id, role=role,
        signer_post_id=signer_post_id, due_on=due_on, given_at=now,
    )  # fmt: skip
    payload = DutyGiven(str(row.round.uid), row.city_code, project, unit_id, role, signer_post_id, due_on)
    write(row, payload, actor, now)
    return made.pk


def check_project(row: RoundCity, project: str) -> None:
    """Is there such a project in the round's guideline, or is it the whole?

    Raises:
        NoSuchRound: it isn't there.
    """
    codes = {one.code for one in ruler_of(row.round).guideline.projects}
    if project != WHOLE and project not in codes:
        raise NoSuchRound(msg("这一轮的指南里没有“%(key)s”这个项目。请从列表里选。"), key=project)


def _check_post(unit_id: int, role: str, signer_post_id: int, on: date) -> None:
    roles = acting.roles()
    if organisation.unit_by_id(unit_id, on) is None or role not in roles or FILL not in roles[role].may:
        raise NotYourPart(
            msg("没有这个单位，或这个角色不能填写自评。请另选。"), fields={"unit_id": msg("请另选单位或角色。")}
        )
    card = organisation.post_card(signer_post_id, on)
    if card is None or card.role not in roles or SIGN not in roles[card.role].may:
        raise NotYourPart(
            msg("没有这个岗位，或它不能签批。请另选签批岗位。"), fields={"signer_post_id": msg("请另选岗位。")}
        )
