"""A city reads what the levels above tell it, objects to scores, and lets findings become matters."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from shanzhi.core.dates import day_said
from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Finding, Objection, Return, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, missing, words_of, write
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.payloads import FindingTaken, ObjectionMade, SlipRead
from shanzhi.kernel.rounds.policy.slips import ObjectionsText, ObjectionText, SlipScore, SlipText
from shanzhi.kernel.rounds.policy.states import STATES as STATES_SAID
from shanzhi.kernel.rounds.policy.states import State, Way, path
from shanzhi.kernel.rounds.policy.words import (
    LEAD,
    OBJECTION_TOPIC,
    STAGES,
    WORDS_MOST,
    AnotherCitys,
    BadScore,
    NoSuchRound,
    Stage,
    StateMovedOn,
    TooLate,
)

KIND = "finding"


@transaction.atomic
def slip_read(*, text: SlipText, letter: UUID, actor: Actor, now: datetime) -> int:
    """Take over a slip of the organiser, whole or not at all; returns the number of the city's row. The same letter again
    changes nothing.

    Raises:
        SignInNeeded, NotAllowed: a post that doesn't lead rounds.
        NoSuchRound: no such round here, or an item that its guideline hasn't.
        AnotherCitys: another city's slip.
        StateMovedOn: of another submission, or no way leads to its state: letters were read out of turn.
        BadScore: points above the item's most.
    """
    if actor.is_post:
        check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(_addressed(text))
    check_place(row, actor)
    _check(row, text)
    changed = _keep(row, text, now)
    if row.state == text.state and not changed:
        return row.pk
    for way in _steps(row, text):
        is_last = way.target is text.state
        move(row, way.target, reason=text.reason if is_last else "", actor=actor, now=now, letter=letter)
    row.until_on = text.until
    row.save(update_fields=["until_on"])
    told = SlipRead(
        str(row.round.uid), row.city_code, str(letter), text.submission, text.state.value, len(text.returned),
        len(text.scores), len(text.findings),
    )  # fmt: skip
    write(row, told, actor, now)
    return row.pk


def _steps(row: RoundCity, text: SlipText) -> tuple[Way, ...]:
    """The steps by which the city's row follows a slip. What only the city does (evaluate, sign and lock) is on none of them; a
    city that works on what was returned stays at it.

    Raises:
        StateMovedOn: the slip is older than what was read, or came out of turn.
    """
    at = State(row.state)
    if at is State.EVALUATING and row.submission and text.state is State.RETURNED:
        return ()
    ways = path(at, text.state)
    if any(way.target in (State.EVALUATING, State.LOCKED) for way in ways):
        raise StateMovedOn(
            msg("这份回执说本市是“%(theirs)s”，本市现在是“%(ours)s”：它比已经读取的旧，或者没有按顺序来。没有读入。"),
            theirs=(STATES_SAID[text.state],),
            ours=(STATES_SAID[at],),
        )
    return ways


def _addressed(text: SlipText) -> int:
    """The number of the row that a slip is for."""
    found = RoundCity.objects.filter(round__uid=text.round, round__is_ours=False).select_related("round").first()
    if found is None:
        raise missing()
    if found.city_code != text.city:
        raise AnotherCitys(
            msg("这份回执是发给代码 %(code)s 的城市的，本市是%(name)s。请核对文件是不是发错了。"),
            code=text.city[:15],
            name=found.name,
        )
    return found.pk


def _keep(row: RoundCity, text: SlipText, now: datetime) -> int:
    """Returns, scores, findings and decisions, each once; how many of them are new."""
    changed = 0
    for one in text.returned:
        _, is_new = Return.objects.get_or_create(
            round_city=row, submission=text.submission, key=one.key, defaults={"reason": one.reason, "returned_at": now}
        )
        changed += is_new
    changed += sum(_score(row, one, now) for one in text.scores)
    for found in text.findings:
        _, is_new = Finding.objects.get_or_create(uid=found.uid, defaults={
            "round_city": row, "key": found.key, "stage": found.stage.value, "region_code": found.region_code,
            "place": found.place, "words": found.words, "due_on": found.due_on, "found_at": now,
        })  # fmt: skip
        changed += is_new
    for told in text.decisions:
        changed += Objection.objects.filter(round_city=row, uid=told.uid, state="open").update(
            state="upheld" if told.upheld else "declined", decision=told.words, decided_at=now
        )
    return changed


def _check(row: RoundCity, text: SlipText) -> None:
    """Raises where the slip isn't about this row's submission, or names what its guideline hasn't."""
    # Taken out of the round is a city whatever it has handed in meanwhile.
    if text.submission != row.submission and text.state is not State.WITHDRAWN:
        raise StateMovedOn(
            msg("这份回执说的是第 %(theirs)s 次上报，本市已上报 %(ours)s 次。请按顺序读取文件。"),
            theirs=text.submission,
            ours=row.submission,
        )
    items = ruler_of(row.round).items
    for key in [*(one.key for one in text.returned), *(one.key for one in text.scores)]:
        if key not in items:
            raise NoSuchRound(msg("这一轮的指南里没有“%(key)s”这一项。请从列表里选。"), key=key)
    for score in text.scores:
        most = min(score.most, items[score.key].scoring.most)
        if score.stage is Stage.SELF or (score.points is not None and score.points > most):
            raise BadScore(
                msg("“%(name)s”的得分 %(points)s 超过满分 %(most)s，整份回执没有读入。请对方更正后重新发出。"),
                name=items[score.key].name,
                points=str(score.points),
                most=str(most),
            )


def _score(row: RoundCity, one: SlipScore, now: datetime) -> int:
    before = Score.objects.filter(round_city=row, key=one.key, stage=one.stage.value, is_last=True).first()
    names = ("value", "numerator", "denominator", "points", "most", "is_vetoed", "reason")
    if before is not None and all(getattr(before, name) == getattr(one, name) for name in names):
        return 0
    if before is not None:
        Score.objects.filter(pk=before.pk).update(is_last=False)
    Score.objects.create(
        round_city=row, project=one.project, key=one.key, stage=one.stage.value, at=now,
        number=before.number + 1 if before else 1, **{name: getattr(one, name) for name in names},
    )  # fmt: skip
    return 1


@transaction.atomic
def objection_make(*, city_id: int, key: str, stage: Stage, words: str, actor: Actor, now: datetime) -> int:
    """Object to a score of a level above, until the calendar's day; returns the objection's id.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round, or no such score.
        TooLate: the day for objections has passed.
        StateMovedOn: the round is over for the city, or there is an open objection to the same score.
        BadScore: no words, or too many.
    """
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    on, until = local_date(now), row.round.objections_until
    if on > until:
        raise TooLate(msg("提出异议的截止日 %(until)s 已过。"), until=until)
    if not is_read(words) or len(words) > WORDS_MOST:
        raise BadScore(
            msg("请写明异议的理由，最多 %(most)s 个字。"), most=WORDS_MOST, fields={"words": msg("请写明理由。")}
        )
    if (
        stage is Stage.SELF
        or not Score.objects.filter(round_city=row, key=key, stage=stage.value, is_last=True).exists()
    ):
        raise NoSuchRound(msg("这一项还没有这一级的评分，不用提异议。"))
    if row.state in (State.FINAL, State.WITHDRAWN):
        raise StateMovedOn(msg("这一轮对本市已经结束，不能再提异议。"))
    if Objection.objects.filter(round_city=row, key=key, stage=stage.value, state="open").exists():
        raise StateMovedOn(msg("这一项已经提过异议，请等组织方决定。"))
    said = words_of(words)
    made = Objection.objects.create(
        round_city=row, uid=uuid4(), key=key, stage=stage.value, words=said.text, salt=said.salt, unit_id=actor.unit_id,
        post_id=actor.post_id, staff_id=actor.staff_id, objected_at=now, state="open",
    )  # fmt: skip
    payload = ObjectionMade(str(row.round.uid), row.city_code, str(made.uid), key, stage.value, said.sealed)
    write(row, payload, actor, now)
    notices.emit(topic=OBJECTION_TOPIC, body={"round_city": row.pk}, now=now)
    return made.pk


def objections_text(row: RoundCity) -> ObjectionsText:
    """The open objections of a city that no letter has carried yet, as they travel; 1 query."""
    rows = Objection.objects.filter(round_city=row, state="open", sent_at=None).order_by("pk")
    return ObjectionsText(
        row.round.uid,
        row.city_code,
        tuple(ObjectionText(one.uid, one.key, Stage(one.stage), one.words, one.objected_at) for one in rows),
    )


@transaction.atomic
def finding_take(*, finding_id: int, actor: Actor, now: datetime) -> str:
    """Let a finding become a matter of the kind `finding` (整改) at the city's centre, which gives it an owner; returns its
    number. Once: the matter that is there.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round, or no such finding.
    """
    check_may(actor, acting.roles().get(actor.role), LEAD)
    found = Finding.objects.select_related("round_city__round").filter(pk=finding_id).first()
    if found is None:
        raise NoSuchRound(msg("没有找到这个问题，或者您现在的岗位看不到它。请刷新页面。"))
    row = locked_city(found.round_city_id)
    check_place(row, actor)
    found.refresh_from_db(fields=["matter_number"])
    if found.matter_number:
        return str(found.matter_number)
    item = ruler_of(row.round).items.get(found.key)
    body = msg("%(round)s%(stage)s发现：%(words)s（涉及指标：%(item)s）。请在%(due)s前整改。") % {
        "round": row.round.name,
        "stage": STAGES[Stage(found.stage)],
        "words": found.words,
        "item": item.name if item else found.key,
        "due": day_said(found.due_on, str),
    }
    new = NewReport(
        body=body, kind=KIND, channel="letter", region_code=found.region_code or row.city_code, place_text=found.place
    )
    made = matters.report(new=new, actor=actor, now=now, key=found.uid)
    Finding.objects.filter(pk=found.pk).update(matter_id=made.matter_id, matter_number=made.number)
    write(row, FindingTaken(str(row.round.uid), row.city_code, str(found.uid), made.matter_id), actor, now)
    return str(made.number)
