"""Self-scores as rows: the last of each item, a new one over it, what that does to signatures."""

from dataclasses import replace
from datetime import datetime

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SYSTEM, Actor
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Return, RoundCity, Score, Signed
from shanzhi.kernel.rounds.operations._common import Words, write
from shanzhi.kernel.rounds.payloads import ItemScored
from shanzhi.kernel.rounds.policy.items import Scored, open_keys
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import ItemLocked, Stage

NO_WORDS = Words("", b"", "")


def last_scores(row: RoundCity, stage: Stage = Stage.SELF) -> dict[str, Score]:
    """The last score of each item at a level; 1 query."""
    return {one.key: one for one in Score.objects.filter(round_city=row, stage=stage.value, is_last=True)}


def as_scored(row: Score) -> Scored:
    """A kept row as the rules have it."""
    return Scored(
        row.key, row.project, row.value, row.numerator, row.denominator, row.points, row.most, row.is_vetoed,
        row.typed, row.reason, row.words,
    )  # fmt: skip


def returned_keys(row: RoundCity) -> frozenset[str]:
    """The items that the last return opened; 1 query."""
    return frozenset(Return.objects.filter(round_city=row, submission=row.submission).values_list("key", flat=True))


def open_now(row: RoundCity) -> frozenset[str]:
    """The items that may be changed now; none unless the city evaluates."""
    if row.state != State.EVALUATING:
        return frozenset()
    items = ruler_of(row.round).items.values()
    return open_keys(items, row.submission, returned_keys(row) if row.submission else frozenset())


def check_open(row: RoundCity, key: str) -> None:
    """Is an item open?

    Raises:
        ItemLocked: it isn't; says why.
    """
    if key in open_now(row):
        return
    if row.state != State.EVALUATING:
        raise ItemLocked(msg("这一轮现在不在自评中，内容已锁定，不能再改。"))
    raise ItemLocked(msg("这一项没有被退回，上报后就锁定了，不能再改。"))


def score_put(
    row: RoundCity, scored: Scored, before: Score | None, *, actor: Actor | None, now: datetime,
    reason: Words | None = None, words: Words | None = None,
) -> Score:  # fmt: skip
    """A new self-score over the last one, journaled; what isn't given is taken over from it. Signatures of its project, and
    that of the whole, end: somebody signs what stands. `actor` None: the background computed it."""
    kept = replace(
        scored,
        reason=reason.text if reason is not None else before.reason if before else "",
        words=words.text if words is not None else before.words if before else "",
    )
    if before is not None:
        Score.objects.filter(pk=before.pk).update(is_last=False)
    made = Score.objects.create(
        round_city=row, project=kept.project, key=kept.key, stage=Stage.SELF.value,
        number=before.number + 1 if before else 1, is_last=True, numerator=kept.numerator, denominator=kept.denominator,
        value=kept.value, points=kept.points, most=kept.most, is_vetoed=kept.is_vetoed, reason=kept.reason,
        words=kept.words, salt=words.salt if words is not None else bytes(before.salt) if before else b"",
        typed=kept.typed, unit_id=actor.unit_id if actor else None, post_id=actor.post_id if actor else None,
        staff_id=actor.staff_id if actor else None, at=now,
    )  # fmt: skip
    signatures_end(row, kept.project, now)
    payload = ItemScored(
        str(row.round.uid), row.city_code, made.key, made.stage, made.number, made.numerator, made.denominator, made.value,
        "" if made.points is None else f"{made.points:.2f}", (reason or NO_WORDS).sealed, (words or NO_WORDS).sealed,
    )  # fmt: skip
    write(row, payload, actor or SYSTEM, now)
    return made


def signatures_end(row: RoundCity, project: str, now: datetime) -> None:
    """What was signed of a project, and the whole, is signed no more: something of it changed."""
    live = Signed.objects.filter(round_city=row, submission=row.submission, ended_at=None, project__in=[project, ""])
    live.update(ended_at=now)
