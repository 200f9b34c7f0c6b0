"""Who owes what in a city's round, and which projects it claims as special."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Claim, Duty, RoundCity
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, words_of, write
from shanzhi.kernel.rounds.operations._scores import signatures_end
from shanzhi.kernel.rounds.operations.writing import check_time
from shanzhi.kernel.rounds.payloads import DutyGiven, ProjectClaimed
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import (
    FILL,
    LEAD,
    SIGN,
    WORDS_MOST,
    BadScore,
    ItemLocked,
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
    _check_project(row, project)
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


def _check_project(row: RoundCity, project: str) -> None:
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


@transaction.atomic
def claim_make(
    *, city_id: int, project: str, words: str, stored: Sequence[StoredFile], actor: Actor, now: datetime
) -> int:
    """Claim a project as special (重点创) with its practice papers; again: words and further papers take the place of the claim
    before, whose papers stay with it. Returns the claim's id.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        ItemLocked, TooLate: not now: claims are said before the first lock.
        BadScore: no words, or too many.
        TooManyFiles: more than nine papers.
    """
    row = _claiming(city_id, project, actor, now)
    if not is_read(words) or len(words) > WORDS_MOST:
        raise BadScore(
            msg("请写明为什么申报，最多 %(most)s 个字。"), most=WORDS_MOST, fields={"words": msg("请写明理由。")}
        )
    Claim.objects.filter(round_city=row, project=project, ended_at=None).update(ended_at=now)
    said = words_of(words)
    made = Claim.objects.create(
        round_city=row, project=project, words=said.text, salt=said.salt, unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0, claimed_at=now,
    )  # fmt: skip
    files.attach(
        subject_kind="round_claim", subject_id=made.pk, scope_code=row.city_code, stored=stored, purpose="evidence",
        post_id=actor.post_id, now=now, shown_to_reporter=False,
    )  # fmt: skip
    _tell_claim(row, project, said.sealed, tuple(one.sha256 for one in stored), actor, now, claimed=True)
    return made.pk


@transaction.atomic
def claim_end(*, city_id: int, project: str, actor: Actor, now: datetime) -> None:
    """Take a claim back before the city hands in.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round, or no such claim.
        ItemLocked, TooLate: not now.
    """
    row = _claiming(city_id, project, actor, now)
    if not Claim.objects.filter(round_city=row, project=project, ended_at=None).update(ended_at=now):
        raise NoSuchRound(msg("这个项目没有申报重点创。请刷新页面。"))
    _tell_claim(row, project, "", (), actor, now, claimed=False)


def _claiming(city_id: int, project: str, actor: Actor, now: datetime) -> RoundCity:
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    if project == WHOLE:
        raise NoSuchRound(msg("请选一个项目。"))
    _check_project(row, project)
    if row.state != State.EVALUATING or row.submission:
        raise ItemLocked(msg("重点创在第一次上报前申报，现在不能再改。"))
    check_time(row, local_date(now))
    return row


def _tell_claim(
    row: RoundCity, project: str, sealed: str, papers: tuple[str, ...], actor: Actor, now: datetime, *, claimed: bool
) -> None:
    signatures_end(row, project, now)
    write(row, ProjectClaimed(str(row.round.uid), row.city_code, project, claimed, sealed, papers), actor, now)
