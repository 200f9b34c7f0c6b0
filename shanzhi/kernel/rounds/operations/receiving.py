"""A city's pack arrives: what it handed in becomes rows, what its check found is kept. Run by the background."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.rounds.models import Claim, Receipt, Return, Round, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import locked_city, missing, write
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.payloads_upper import PackReceived
from shanzhi.kernel.rounds.policy.handed_in import (
    HandedIn,
    SelfScore,
    changed,
    check_changed,
    check_whose,
    read_scores,
)
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import STATES, State, path
from shanzhi.kernel.rounds.policy.words import Stage, StateMovedOn
from shanzhi.kernel.rounds.reading import guideline_of_round

_STORED = ("value", "numerator", "denominator", "points", "most", "is_vetoed", "typed", "reason", "words")
TAKES = (State.INVITED, State.JOINED, State.EVALUATING, State.RETURNED)
"""States in which a pack is taken in: the city's own steps are told by it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A pack as it was read: the letter's uid, the file's SHA-256, its `scores.json`, and what its check found: `faults` are
    sentences, `recomputed` the figures computed again from its facts (item → numerator and denominator)."""

    letter: UUID
    round: UUID
    city: str
    sha256: str
    scores: bytes
    program: str = ""
    faults: Sequence[str] = ()
    recomputed: dict[str, tuple[int | None, int]] = field(default_factory=dict)


@transaction.atomic
def pack_received(*, arrived: Arrived, actor: Actor, now: datetime) -> int:
    """Take a city's pack in: its self-scores stand beside ours, the city is received; returns the receipt's id. The same letter
    again is the receipt that is there. `actor` is a program: nobody types a city's scores in here.

    Raises:
        NoSuchRound: none of ours of this uid, or the city isn't invited.
        RoundUnreadable, AnotherCitys: what is wrong with it; nothing was taken.
        StateMovedOn: the city has withdrawn, or stands where no pack is waited for.
    """
    kept = Receipt.objects.filter(letter_uid=arrived.letter).first()
    if kept is not None:
        return kept.pk
    row = _row(arrived)
    items = items_of(guideline_of_round(row.round), row.round.last)
    handed = read_scores(arrived.scores, guideline_of_round(row.round).in_month(row.round.last))
    check_whose(handed, str(row.round.uid), row.city_code, row.name)
    before = _before(row)
    changes = changed(before, handed.scores)
    if row.submission:
        returned = Return.objects.filter(round_city=row, submission=row.submission).values_list("key", flat=True)
        check_changed(changes, set(returned), {item.key: item.name for item in items})
    _walk(row, State.EVALUATING, arrived, actor, now)
    for one in changes:
        _keep(row, one, now)
    if not row.submission:
        _claim(row, handed, now)
    row.submission += 1
    row.pack_sha256 = arrived.sha256
    row.save(update_fields=["submission", "pack_sha256"])
    _walk(row, State.RECEIVED, arrived, actor, now)
    made = Receipt.objects.create(
        round_city=row, submission=row.submission, letter_uid=arrived.letter, sha256=arrived.sha256,
        program=arrived.program[:100], faults=list(arrived.faults),
        recomputed={key: list(pair) for key, pair in arrived.recomputed.items()}, received_at=now, checked_at=now,
    )  # fmt: skip
    payload = PackReceived(
        str(row.round.uid), row.city_code, row.submission, str(arrived.letter), arrived.sha256, len(arrived.faults)
    )
    write(row, payload, actor, now)
    return made.pk


def _row(arrived: Arrived) -> RoundCity:
    found = Round.objects.filter(uid=arrived.round, is_ours=True).first()
    city = RoundCity.objects.filter(round=found, city_code=arrived.city).first() if found is not None else None
    if city is None:
        raise missing()
    row = locked_city(city.pk)
    if State(row.state) not in TAKES:
        raise StateMovedOn(
            msg("%(city)s现在是“%(state)s”，不收验收包。已经收下的不能再换，要换请先退回；退出的不再参加。"),
            city=row.name,
            state=(STATES[State(row.state)],),
        )
    return row


def _walk(row: RoundCity, target: State, arrived: Arrived, actor: Actor, now: datetime) -> None:
    """The city's own steps, as its letter tells them."""
    for way in path(State(row.state), target):
        move(row, way.target, actor=actor, now=now, letter=arrived.letter)


def _before(row: RoundCity) -> dict[str, SelfScore]:
    scores = Score.objects.filter(round_city=row, stage=Stage.SELF, is_last=True)
    return {one.key: SelfScore(one.key, one.project, *(getattr(one, name) for name in _STORED)) for one in scores}


def _keep(row: RoundCity, one: SelfScore, now: datetime) -> None:
    last = Score.objects.filter(round_city=row, key=one.key, stage=Stage.SELF, is_last=True).first()
    if last is not None:
        Score.objects.filter(pk=last.pk).update(is_last=False)
    Score.objects.create(
        round_city=row, project=one.project, key=one.key, stage=Stage.SELF.value, number=last.number + 1 if last else 1,
        at=now, **{name: getattr(one, name) for name in _STORED},
    )  # fmt: skip


def _claim(row: RoundCity, handed: HandedIn, now: datetime) -> None:
    for project, papers in handed.claims.items():
        Claim.objects.create(
            round_city=row, project=project, words="\n".join(papers)[:4000], unit_id=0, post_id=0, claimed_at=now
        )
