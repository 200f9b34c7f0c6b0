"""Scores of the province and the centre, item by item; and the province's steps that rest on them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.rounds.models import Look, Objection, Return, RoundCity, Score, Visit
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, words_of, write
from shanzhi.kernel.rounds.operations._upper import check_assesses, item_of, last_score, stale_scores
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.payloads import ItemScored
from shanzhi.kernel.rounds.payloads_upper import ItemReturned, LookedAt
from shanzhi.kernel.rounds.policy.marking import Before, Given, Mark, check_mark
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import State, way_between
from shanzhi.kernel.rounds.policy.ties import check_not_checker
from shanzhi.kernel.rounds.policy.words import (
    ORGANISE,
    BadScore,
    Incomplete,
    NotYourPart,
    Stage,
    StateMovedOn,
)
from shanzhi.kernel.rounds.reading import guideline_of_round
from shanzhi.kernel.vault.policy.masking import mask

REASON_MOST = 1000
REFERENCE_MOST = 100
LOOK_KINDS = ("matter", "evidence")
NAMED_MOST = 5
"""Items that a sentence names."""


@transaction.atomic
def item_mark(*, city_id: int, key: str, stage: Stage, mark: Mark, actor: Actor, now: datetime) -> int:
    """Give an item its score at a stage, or give it again; the one before stays. Returns its number, from 1.

    Raises:
        SignInNeeded, NotAllowed, NotYourPart: not a post of this stage's team.
        NoSuchRound, NoSuchItem: not in sight, not in the guideline.
        Tied: a tie to the city; CheckedIt: checked on site by the same person.
        StateMovedOn, TooLate: not now.
        BadScore: above the most, or without a reason; `fields` says where.
    """
    row = locked_city(city_id)
    check_assesses(row, stage, actor, now)
    item = item_of(row, key)
    checked = Visit.objects.filter(round_city=row, key=key, staff_id=actor.staff_id or 0).exists()
    check_not_checker(checked, item.name)
    given = check_mark(item, mark, _before(row, key, stage))
    last = last_score(row, key, stage)
    number = last.number + 1 if last else 1
    if last is not None:
        Score.objects.filter(pk=last.pk).update(is_last=False)
    said = words_of(given.reason)
    Score.objects.create(
        round_city=row, project=item.project, key=key, stage=stage.value, number=number, numerator=given.events,
        denominator=None if given.events is None else 1, value=given.value.value, points=given.points, most=item.scoring.most,
        is_vetoed=given.is_vetoed, reason=said.text, salt=said.salt, typed=1, unit_id=actor.unit_id,
        post_id=actor.post_id, staff_id=actor.staff_id, at=now,
    )  # fmt: skip
    write(row, _scored(row, key, stage, number, given, said.sealed), actor, now)
    return number


def _before(row: RoundCity, key: str, stage: Stage) -> Before | None:
    """The score of the level before: the province compares with the city, the centre with the province, else the city."""
    for before in (Stage.PROVINCE, Stage.SELF) if stage is Stage.CENTRE else (Stage.SELF,):
        found = last_score(row, key, before)
        if found is not None:
            return Before(found.points)
    return None


def _scored(row: RoundCity, key: str, stage: Stage, number: int, given: Given, sealed: str) -> ItemScored:
    counted = given.events
    return ItemScored(
        str(row.round.uid), row.city_code, key, stage.value, number, counted, None if counted is None else 1,
        given.value.value,        "" if given.points is None else str(given.points), sealed, "",
    )  # fmt: skip


@transaction.atomic
def look_keep(
    *, city_id: int, key: str, stage: Stage, kind: str, reference: str, is_right: bool, words: str, actor: Actor,
    now: datetime,
) -> int:  # fmt: skip
    """Keep that a piece of evidence (by hash) or a matter (by number) was looked at for an item; returns its id.

    Raises:
        as `item_mark`; BadScore: no reference, or no words though it isn't right.
    """
    row = locked_city(city_id)
    check_assesses(row, stage, actor, now)
    item_of(row, key)
    reference = checked_reference(reference, msg("请写明看的是哪一件：事项编号，或者材料的编号。"))
    if kind not in LOOK_KINDS:
        raise BadScore(msg("请选看的是事项还是证明材料。"), fields={"kind": msg("请选一种。")})
    if not is_right and not is_read(words):
        raise BadScore(msg("不符的，请写明哪里不符。"), fields={"words": msg("请写明哪里不符。")})
    said = words_of(words, REASON_MOST)
    made = Look.objects.create(
        round_city=row, key=key, stage=stage.value, kind=kind, reference=reference, is_right=is_right, words=said.text,
        unit_id=actor.unit_id or 0, post_id=actor.post_id or 0, looked_at=now,
    )  # fmt: skip
    payload = LookedAt(str(row.round.uid), row.city_code, key, stage.value, kind, reference, is_right)
    write(row, payload, actor, now)
    return made.pk


def checked_reference(written: str, lacking: str) -> str:
    """A number by which a matter or a paper is known, as it goes into the journal and letters; `lacking`: the sentence where
    there is none.

    Raises:
        BadScore: none, too long, or somebody's name or number in it; `fields` says so.
    """
    reference = clean_text(written)
    if not is_read(reference) or len(reference) > REFERENCE_MOST:
        raise BadScore(lacking, fields={"reference": msg("请填写编号。")})
    if mask(reference).is_hit:
        raise BadScore(
            msg("编号里有个人信息（姓名、电话、证件号等），没有保存。这里只写编号，情况写在说明里。"),
            fields={"reference": msg("请只写编号。")},
        )
    return reference


@transaction.atomic
def scoring_close(*, city_id: int, actor: Actor, now: datetime) -> None:
    """Every item has the province's score: the city is scored.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys, StateMovedOn: see `city_move`.
        Incomplete: items without a score, or whose scorer has a tie by now; names them.
    """
    row = _led(city_id, State.SCORED, actor)
    check_complete(row, now)
    move(row, State.SCORED, actor=actor, now=now)


@transaction.atomic
def city_through(*, city_id: int, actor: Actor, now: datetime) -> None:
    """The city is through the provincial acceptance.

    Raises:
        as `scoring_close`; Incomplete: objections to the province's scores wait: after this it scores nothing again.
    """
    row = _led(city_id, State.THROUGH, actor)
    check_complete(row, now)
    waiting = Objection.objects.filter(round_city=row, stage=Stage.PROVINCE, state="open").count()
    if waiting:
        raise Incomplete(
            msg("%(city)s还有 %(count)s 件异议没有决定。通过以后省级就不能再改分，请先决定异议。"),
            city=row.name,
            count=waiting,
        )
    move(row, State.THROUGH, actor=actor, now=now)


@transaction.atomic
def city_return(*, city_id: int, reasons: Mapping[str, str], actor: Actor, now: datetime) -> None:
    """Return items to the city, each with its reason (`reasons`: key → words); the rest stays locked.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys, StateMovedOn: see `city_move`.
        NoSuchItem: the guideline has none of this key.
        BadScore: no item, or one without its reason; `fields` says which.
    """
    row = _led(city_id, State.RETURNED, actor)
    if not reasons:
        raise BadScore(msg("请至少选一项退回，并写明理由。"), fields={"items": msg("请至少选一项。")})
    empty = [key for key, words in reasons.items() if not is_read(words)]
    if empty:
        names = tuple(item_of(row, key).name for key in empty[:NAMED_MOST])
        raise BadScore(
            msg("退回要逐项写明理由，还缺：%(items)s。"),
            items=names,
            fields={key: msg("请写明理由。") for key in empty},
        )
    for key, words in reasons.items():
        item_of(row, key)
        said = words_of(words, REASON_MOST)
        Return.objects.create(
            round_city=row, submission=row.submission, key=key, reason=said.text, unit_id=actor.unit_id,
            post_id=actor.post_id, returned_at=now,
        )  # fmt: skip
        payload = ItemReturned(str(row.round.uid), row.city_code, row.submission, key, said.sealed)
        write(row, payload, actor, now)
    move(row, State.RETURNED, reason=next(iter(reasons.values())), actor=actor, now=now)


def _led(city_id: int, target: State, actor: Actor) -> RoundCity:
    """The city's row, for a step of the province that an organiser makes."""
    row = locked_city(city_id)
    check_may(actor, acting.roles().get(actor.role), ORGANISE)
    check_place(row, actor)
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，这一步由上级平台办。"))
    way_between(State(row.state), target)
    return row


def check_complete(row: RoundCity, now: datetime) -> None:
    """Has every item a score of the province that stands, given after what the city handed in and after an upheld objection?

    Raises:
        Incomplete: names the items that lack one, or whose scorer has a tie by now.
    """
    items = items_of(guideline_of_round(row.round), row.round.last)
    given = Score.objects.filter(round_city=row, is_last=True).values_list("stage", "key", "at")
    at = {(stage, key): moment for stage, key, moment in given}
    upheld = dict(
        Objection.objects.filter(round_city=row, stage=Stage.PROVINCE, state="upheld")
        .order_by("decided_at")
        .values_list("key", "decided_at")
    )
    lacking = [item.name for item in items if _is_open(item.key, at, upheld)]
    if lacking:
        raise Incomplete(
            msg("还有 %(count)s 项没有省级评分，或者要重评：%(items)s。请评完再提交。"),
            count=len(lacking),
            items=tuple(lacking[:NAMED_MOST]),
        )
    stale = {key for key, stage in stale_scores(row, local_date(now)) if stage == Stage.PROVINCE}
    if stale:
        names = tuple(item.name for item in items if item.key in stale)
        raise Incomplete(
            msg("有 %(count)s 项的评分人现在与%(city)s有任职关系，要由别人重评：%(items)s。"),
            count=len(names),
            city=row.name,
            items=names[:NAMED_MOST],
        )


def _is_open(key: str, at: Mapping[tuple[str, str], datetime], upheld: Mapping[str, datetime]) -> bool:
    """Has an item no score of the province, or one from before what the city handed in, or rightly objected to, since?"""
    given = at.get((Stage.PROVINCE, key))
    since = [moment for moment in (at.get((Stage.SELF, key)), upheld.get(key)) if moment is not None]
    return given is None or any(moment > given for moment in since)


def check_ready_for_spot_check(cities: list[RoundCity]) -> None:
    """May the province apply for the spot check: are all its cities that haven't withdrawn through?

    Raises:
        StateMovedOn: names those that aren't.
    """
    waiting = [one.name for one in cities if one.state not in (State.THROUGH, State.WITHDRAWN)]
    if waiting or not cities:
        raise StateMovedOn(
            msg("还有城市没有通过省级验收：%(cities)s。全部通过后再申请抽查。"), cities=tuple(waiting[:NAMED_MOST])
        )
