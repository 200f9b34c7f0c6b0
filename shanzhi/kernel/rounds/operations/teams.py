"""Teams of a round, and what bars their members."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as entries
from shanzhi.kernel.journal.policy import Payload, Subject
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import Member, Round, RoundCity, Tie
from shanzhi.kernel.rounds.operations._common import SALT_BYTES, author_of, missing
from shanzhi.kernel.rounds.operations._upper import queue_for
from shanzhi.kernel.rounds.payloads_upper import MemberNamed, TieDeclared
from shanzhi.kernel.rounds.policy.ties import BadTie, Tied
from shanzhi.kernel.rounds.policy.words import CENTRE, ORGANISE, SCORE, NotYourPart, Stage
from shanzhi.kernel.rounds.queries.ties import is_tied
from shanzhi.kernel.rounds.reading import FEATURES
from shanzhi.kernel.vault.policy.envelope import commit

NAMES = {Stage.PROVINCE: ORGANISE, Stage.CENTRE: CENTRE}
"""Who names members of a stage's team."""


@dataclass(frozen=True, slots=True)
class Named:
    """A member that was named, and the cities of the round that they may not assess (by name)."""

    member_id: int
    barred_from: tuple[str, ...]


@transaction.atomic
def member_name(*, round_id: int, stage: Stage, post_id: int, actor: Actor, now: datetime) -> Named:
    """Name a post for a round's team; the same again is the same. Whoever holds it is barred from the cities to which they
    have a tie, which is said once, here, and kept nowhere.

    Raises:
        SignInNeeded, NotAllowed: not a post that names this stage's members.
        NoSuchRound: none in sight, or not one of this installation's.
        NotYourPart: a post without the feature to assess, or that nobody holds.
        Tied: a tie to every city of the round.
    """
    check_may(actor, acting.roles().get(actor.role), NAMES[stage])
    row = _round(round_id)
    on = local_date(now)
    chosen = acting.actor_of_post(post_id, on)
    role = acting.roles().get(chosen.role)
    if chosen.staff_id is None or role is None or FEATURES[stage] not in role.may:
        raise NotYourPart(msg("这个岗位现在没有人，或者它的角色不能参加这一级的验收。请另选一个岗位。"))
    cities = list(RoundCity.objects.filter(round=row).order_by("city_code"))
    barred = tuple(city.name for city in cities if is_tied(chosen.staff_id, city.city_code, on))
    if len(barred) == len(cities):
        raise Tied(msg("这个岗位现在的人与这个轮次的每个城市都有三年内的任职关系，不能参加。请另选一个岗位。"))
    member, is_new = Member.objects.get_or_create(
        round=row, stage=stage.value, post_id=post_id, ended_at=None,
        defaults={"unit_id": chosen.unit_id or 0, "named_by_post": actor.post_id or 0, "named_at": now},
    )  # fmt: skip
    if is_new:
        _write(row, MemberNamed(str(row.uid), stage.value, post_id, named=True), actor, now)
    return Named(member.pk, barred)


@transaction.atomic
def member_end(*, member_id: int, actor: Actor, now: datetime) -> None:
    """Take a post out of a team; what it scored stays. A member who is out already stays out.

    Raises:
        SignInNeeded, NotAllowed: not a post that names this stage's members.
        NoSuchRound: no such member.
    """
    member = Member.objects.select_related("round").filter(pk=member_id).first()
    if member is None:
        raise missing()
    check_may(actor, acting.roles().get(actor.role), NAMES[Stage(member.stage)])
    if Member.objects.filter(pk=member_id, ended_at=None).update(ended_at=now):
        payload = MemberNamed(str(member.round.uid), member.stage, member.post_id, named=False)
        _write(member.round, payload, actor, now)


@transaction.atomic
def tie_declare(*, region_code: str, until_on: date | None, actor: Actor, now: datetime) -> int:
    """Declare a region in which one worked, still or until a day (the first without); returns the tie's id. It is told to
    nobody; what follows from it follows by itself. The same again is the same.

    Raises:
        SignInNeeded, NotAllowed: not a post that assesses or organises.
        BadTie: no such region here, or a day that is to come.
    """
    role = acting.roles().get(actor.role)
    feature = next((one for one in (ORGANISE, SCORE, CENTRE) if role is not None and one in role.may), SCORE)
    check_may(actor, role, feature)
    on = local_date(now)
    if organisation.region_of_code(region_code, on) is None:
        raise BadTie(
            msg("这里没有代码为“%(code)s”的区域。请从列表里选。"),
            code=region_code[:20],
            fields={"region": msg("请从列表里选一个城市或者区县。")},
        )
    if until_on is not None and until_on > on:
        raise BadTie(
            msg("离开的日期还没有到。仍在那里任职的，请不要填日期。"),
            fields={"until_on": msg("请填今天或者以前的日期。")},
        )
    found = Tie.objects.filter(staff_id=actor.staff_id or 0, region_code=region_code, until_on=until_on).first()
    if found is not None:
        return found.pk
    salt = secrets.token_bytes(SALT_BYTES)
    made = Tie.objects.create(
        staff_id=actor.staff_id or 0, post_id=actor.post_id or 0, region_code=region_code, until_on=until_on,
        declared_at=now, salt=salt,
    )  # fmt: skip
    sealed = commit(f"{region_code} {until_on or ''}", salt).hex()
    subject = Subject("round_tie", made.pk, 1, actor.region_code)
    journal.record(payload=TieDeclared(sealed), subject=subject, author=author_of(actor), happened_at=now)
    return made.pk


def _round(round_id: int) -> Round:
    row = Round.objects.filter(pk=round_id, is_ours=True).first()
    if row is None:
        raise missing()
    queue_for("round", round_id)
    return row


def _write(row: Round, payload: Payload, actor: Actor, now: datetime) -> None:
    step = entries.last_step("round", row.pk) + 1
    subject = Subject("round", row.pk, step, row.organiser_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
