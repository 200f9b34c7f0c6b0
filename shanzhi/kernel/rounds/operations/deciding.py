"""The end of a round: spot checks, objections, the list of those who pass, best practices."""

from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.draws import queries as draws
from shanzhi.kernel.rounds.models import Claim, Objection, Practice, Result, Round, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import locked_city, missing, words_of, write
from shanzhi.kernel.rounds.operations._upper import queue_for, stale_scores
from shanzhi.kernel.rounds.operations.marking import NAMED_MOST
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.operations.sending import slip_due
from shanzhi.kernel.rounds.payloads_upper import ObjectionDecided, PracticeNamed, ResultPublished
from shanzhi.kernel.rounds.policy.drawing import CITY, drawn_of, round_purpose
from shanzhi.kernel.rounds.policy.results import Got, Total, judge, last_of, rule_of, total_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import (
    CENTRE,
    BadScore,
    Incomplete,
    NotYourPart,
    Stage,
    StateMovedOn,
    TooLate,
)
from shanzhi.kernel.rounds.reading import FEATURES, guideline_of_round


@transaction.atomic
def objection_decide(*, objection_id: int, uphold: bool, words: str, actor: Actor, now: datetime) -> None:
    """Uphold an objection or decline it, with the reason. Somebody of the same stage decides who gave none of the item's
    scores; an upheld one lets the item be scored again.

    Raises:
        SignInNeeded, NotAllowed: not a post of the stage.
        NoSuchRound: no such objection in sight.
        StateMovedOn: it is decided. BadScore: no reason.
        NotYourPart: one's own score.
    """
    found = Objection.objects.select_related("round_city__round").filter(pk=objection_id).first()
    if found is None:
        raise missing()
    check_may(actor, acting.roles().get(actor.role), FEATURES[Stage(found.stage)])
    row = locked_city(found.round_city_id)
    found.refresh_from_db(fields=["state"])
    if found.state != "open":
        raise StateMovedOn(msg("这件异议已经有了决定。请刷新页面。"))
    if not is_read(words):
        raise BadScore(msg("请写明决定的理由。"), fields={"words": msg("请写明理由。")})
    scores = Score.objects.filter(round_city=row, key=found.key, stage=found.stage)
    if any(actor.post_id == one.post_id or actor.staff_id == one.staff_id for one in scores):
        raise NotYourPart(msg("这一项是您评的分，异议由别的人决定。请转给验收组的其他人。"))
    said = words_of(words)
    state = "upheld" if uphold else "declined"
    decided = Objection.objects.filter(pk=found.pk, state="open")
    if not decided.update(state=state, decision=said.text, decided_at=now, decided_by_post=actor.post_id):
        raise missing()
    payload = ObjectionDecided(
        str(row.round.uid), row.city_code, str(found.uid), found.key, found.stage, uphold, said.sealed
    )
    write(row, payload, actor, now)
    slip_due(row, now)


@transaction.atomic
def spot_checked(*, city_id: int, actor: Actor, now: datetime) -> None:
    """The centre has checked a city on site.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, StateMovedOn, NotYourPart: see `city_move`.
        Incomplete: nothing was scored or seen by the centre.
    """
    row = locked_city(city_id)
    check_may(actor, acting.roles().get(actor.role), CENTRE)
    if not row.round.is_ours:
        raise NotYourPart(msg("这个轮次由上级组织，这一步由上级平台办。"))
    if not Score.objects.filter(round_city=row, stage=Stage.CENTRE, is_last=True).exists():
        raise Incomplete(msg("%(city)s还没有一项抽查评分。请先到现场核查并评分。"), city=row.name)
    move(row, State.SPOT_CHECKED, actor=actor, now=now)


def total_now(row: RoundCity) -> Total:
    """A city's total by the last stage that scored each item, without what the city gave itself."""
    stages: dict[str, dict[str, Got]] = {Stage.PROVINCE: {}, Stage.CENTRE: {}}
    scores = Score.objects.filter(round_city=row, is_last=True).exclude(stage=Stage.SELF)
    for stage, key, points, is_vetoed in scores.values_list("stage", "key", "points", "is_vetoed"):
        stages[stage][key] = Got(points, is_vetoed)
    both = last_of(stages[Stage.PROVINCE], stages[Stage.CENTRE])
    return total_of(guideline_of_round(row.round), row.round.last, both)


@transaction.atomic
def results_publish(*, round_id: int, actor: Actor, now: datetime) -> int:
    """Publish the list of those who pass: every city that is through or spot-checked becomes final with its result; a city that
    is final keeps its result unless its scores changed since. Returns how many cities stand on it.

    Raises:
        SignInNeeded, NotAllowed: not a post of the centre.
        NoSuchRound: none in sight, or not one of this installation's.
        StateMovedOn: cities that are still on their way, or drawn and not checked on site yet; names them.
        Incomplete: objections wait, or scores are to be given again by somebody else; names the cities.
    """
    check_may(actor, acting.roles().get(actor.role), CENTRE)
    round_ = Round.objects.filter(pk=round_id, is_ours=True).first()
    if round_ is None:
        raise missing()
    queue_for("results", round_id)
    listed = RoundCity.objects.filter(round=round_).exclude(state=State.WITHDRAWN).order_by("city_code")
    rows = [locked_city(pk) for pk in listed.values_list("pk", flat=True)]
    _check_publishable(rows, now)
    rule = rule_of(round_.announced)
    for row in rows:
        total = total_now(row)
        verdict = judge(total, rule)
        last = Result.objects.filter(round_city=row, is_last=True).first()
        if last is not None and (last.total, last.passes, last.vetoes) == (
            total.whole, verdict.passes, len(total.vetoed_by),
        ):  # fmt: skip
            continue
        if last is not None:
            Result.objects.filter(pk=last.pk).update(is_last=False)
        number = last.number + 1 if last else 1
        Result.objects.create(
            round_city=row, number=number, total=total.whole, bonus=total.bonus, vetoes=len(total.vetoed_by),
            passes=verdict.passes, pass_at=rule.points, unit_id=actor.unit_id or 0, post_id=actor.post_id or 0,
            published_at=now,
        )  # fmt: skip
        payload = ResultPublished(
            str(round_.uid), row.city_code, number, str(total.whole or ""), str(total.bonus), len(total.vetoed_by),
            verdict.passes,
        )  # fmt: skip
        write(row, payload, actor, now)
        if State(row.state) is not State.FINAL:
            move(row, State.FINAL, actor=actor, now=now)
    for row in rows:
        slip_due(row, now)
    return len(rows)


def _check_publishable(rows: list[RoundCity], now: datetime) -> None:
    ready = (State.THROUGH, State.SPOT_CHECKED, State.FINAL)
    waiting = tuple(row.name for row in rows if State(row.state) not in ready)
    if waiting or not rows:
        raise StateMovedOn(
            msg("还有城市没有走完：%(cities)s。都通过省级验收或者退出以后，再公布名单。"), cities=waiting[:NAMED_MOST]
        )
    _check_drawn(rows)
    objected = set(
        Objection.objects.filter(round_city__in=rows, state="open").values_list("round_city__name", flat=True)
    )
    if objected:
        raise Incomplete(
            msg("还有异议没有决定：%(cities)s。请先决定异议。"), cities=tuple(sorted(objected)[:NAMED_MOST])
        )
    on = local_date(now)
    stale = tuple(row.name for row in rows if State(row.state) is not State.FINAL and stale_scores(row, on))
    if stale:
        raise Incomplete(
            msg("有评分人与所评城市有了任职关系，要由别人重评：%(cities)s。重评以后再公布。"), cities=stale[:NAMED_MOST]
        )


def _check_drawn(rows: list[RoundCity]) -> None:
    """Raises StateMovedOn while a draw of cities is under way, or one that was drawn isn't checked on site."""
    draw = draws.outcome_of(round_purpose(rows[0].round.uid))
    if draw is not None and draw.row.state != "made":
        raise StateMovedOn(msg("抽查城市的抽取已经公告，尚未抽取。抽取、抽查都办完以后，再公布名单。"))
    drawn = drawn_of(draw.result if draw is not None else None).get(CITY, ())
    waiting = tuple(row.name for row in rows if row.city_code in drawn and State(row.state) is State.THROUGH)
    if waiting:
        raise StateMovedOn(
            msg("抽中的城市还没有抽查完：%(cities)s。到现场核查、评分，点“抽查完毕”以后，再公布名单。"),
            cities=waiting[:NAMED_MOST],
        )


@transaction.atomic
def practice_name(*, city_id: int, project: str, words: str, actor: Actor, now: datetime) -> int:
    """Put a project that the city claims as special on the list of best practices, and say why; returns its id.

    Raises:
        SignInNeeded, NotAllowed: not a post of the centre. NoSuchRound: none in sight.
        BadScore: the city doesn't claim the project, or no reason.
        TooLate: the last day for objections is over.
    """
    row = locked_city(city_id)
    check_may(actor, acting.roles().get(actor.role), CENTRE)
    if local_date(now) > row.round.objections_until:
        raise TooLate(msg("这个轮次 %(until)s 已经结束。"), until=row.round.objections_until)
    if not Claim.objects.filter(round_city=row, project=project, ended_at=None).exists():
        raise BadScore(msg("%(city)s没有把这个项目申报为重点。请从申报的项目里选。"), city=row.name)
    if not is_read(words):
        raise BadScore(msg("请写明好在哪里、怎么学。"), fields={"words": msg("请写明理由。")})
    there = Practice.objects.filter(round_city=row, project=project).first()
    if there is not None:
        return there.pk
    said = words_of(words, 1000)
    made = Practice.objects.create(
        round_city=row, project=project, words=said.text, unit_id=actor.unit_id or 0, post_id=actor.post_id or 0,
        named_at=now,
    )  # fmt: skip
    write(row, PracticeNamed(str(row.round.uid), row.city_code, project, said.sealed), actor, now)
    return made.pk
