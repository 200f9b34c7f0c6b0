"""Contesting that a matter counts in a figure: asked by a unit, decided one level up, changed once by the level above that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.indicators.models import Computing, Exclusion, Said
from shanzhi.kernel.indicators.operations._common import (
    EXCLUSION_TOPIC,
    Words,
    author_of,
    decides_for,
    once,
    queue_for,
    unit_of,
    words_of,
)
from shanzhi.kernel.indicators.payloads import (
    ContestDecided,
    ContestWithdrawn,
    CountContested,
    CountExcluded,
    CountIncluded,
)
from shanzhi.kernel.indicators.policy import excluding
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.entering import CONTEST, DECIDE, NoSuchIndicator
from shanzhi.kernel.indicators.policy.excluding import (
    ContestedAlready,
    ExclusionMovedOn,
    NobodyAbove,
    NoSuchExclusion,
    NotContestable,
    NotTheDecider,
)
from shanzhi.kernel.indicators.policy.periods import period_of
from shanzhi.kernel.indicators.rules import catalogue, exclusion_rules
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Payload, Subject
from shanzhi.kernel.matters import operations as matters_do
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.notices import operations as notices


@dataclass(frozen=True, slots=True)
class Contest:
    """What is contested: a matter by its number, an indicator, a month; why."""

    number: str
    indicator_key: str
    month: int
    ground: str
    words: str


@transaction.atomic
def exclusion_ask(
    *, contest: Contest, stored: Sequence[StoredFile], actor: Actor, now: datetime, key: UUID | None = None
) -> int:
    """Contest that a matter counts in an indicator's month, by the rule of that month; returns the wish's id.

    Raises:
        SignInNeeded, NotAllowed: not a post that contests.
        NoSuchIndicator: no rule of this key in that month.
        NotContestable: the rule excludes nothing, the matter isn't in sight or isn't counted there (linked under another one,
            in another month, not yet computed), something is missing; `fields` says what.
        ContestLate, ContestedAlready, NobodyAbove: not now.
        KeyReused: the key stands for another content.
    """
    check_may(actor, acting.roles().get(actor.role), CONTEST)
    content = (contest, *(file.sha256 for file in stored))
    return once(key, content, actor, now, lambda: _ask(contest, stored, actor, now))


def _ask(contest: Contest, stored: Sequence[StoredFile], actor: Actor, now: datetime) -> int:
    indicator, on, rules = _rule(contest), local_date(now), exclusion_rules()
    excluding.check_contestable(indicator, contest.month, on, rules)
    excluding.check_contested(contest.ground, contest.words, len(stored), rules)
    lying = matters.matter_behind(contest.number)
    if lying is None:
        raise NotContestable(
            msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号。"), fields={"number": msg("请核对编号。")}
        )
    queue_for("exclusion", lying.matter_id, contest.indicator_key, contest.month)
    same = Exclusion.objects.filter(matter_id=lying.matter_id, key=contest.indicator_key, month=contest.month)
    _check_first(same)
    _check_counted(contest, indicator, lying.matter_id)
    unit = unit_of(actor, on)
    above = decides_for(unit, lying.scope_code, on) if unit else None
    if above is None:
        raise NobodyAbove(msg("本市没有上一级可以决定这件申诉。请向上级部门提出。"))
    last = decides_for(above, lying.scope_code, on)
    row = Exclusion.objects.create(
        matter_id=lying.matter_id, matter_number=lying.number, key=contest.indicator_key, month=contest.month,
        region_id=lying.region_id, scope_code=lying.scope_code, unit_id=actor.unit_id or 0, post_id=actor.post_id or 0,
        staff_id=actor.staff_id or 0, to_unit_id=above.id, revise_unit_id=last.id if last else None,
        ground=contest.ground, state="asked", asked_at=now, decide_by=on + timedelta(days=rules.decide_days),
    )  # fmt: skip
    said = _say(row, contest.words)
    files.attach(
        subject_kind="exclusion", subject_id=row.pk, scope_code=row.scope_code, stored=stored, purpose="evidence",
        post_id=actor.post_id, now=now, shown_to_reporter=False,
    )  # fmt: skip
    payload = CountContested(
        row.matter_id, row.key, indicator.version, row.month, row.region_id, above.id, row.ground, row.decide_by,
        said.sealed, tuple(file.sha256 for file in stored),
    )  # fmt: skip
    _tell(row, payload, actor, now)
    return row.pk


def _rule(contest: Contest) -> Indicator:
    found = catalogue().indicator(contest.indicator_key, contest.month)
    if found is None:
        raise NoSuchIndicator(
            msg("%(period)s 没有“%(key)s”这个指标。请核对期间。"), period=contest.month, key=contest.indicator_key
        )
    return found


def _check_first(same: QuerySet[Exclusion]) -> None:
    """Raises ContestedAlready where it waits, stands, or was decided as often as it may be."""
    states = set(same.exclude(state="withdrawn").values_list("state", flat=True))
    if "granted" in states:
        raise ContestedAlready(msg("这件事项在这个月的这个指标里已经剔除了，不用再申诉。"))
    if "asked" in states:
        raise ContestedAlready(msg("这件事项已经有人申诉，请等上一级决定。"))
    if "declined" in states:
        raise ContestedAlready(msg("这件事项已经申诉过，上一级决定不剔除。不服的，由决定单位的上一级改变一次。"))


def _check_counted(contest: Contest, indicator: Indicator, matter_id: int) -> None:
    """Raises NotContestable where the figure of that month doesn't count the matter."""
    month = contest.month
    first = period_of(date(month // 100, month % 100, 1), indicator.period).first
    computed = Computing.objects.filter(key=indicator.key, month=first, months=indicator.period.months)
    computed_at = computed.values_list("computed_at", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indicators_counts(%s, %s, %s)", [indicator.key, first, matter_id])
        (counts,) = cursor.fetchone()
    lead = None if counts else matters.lead_of(matter_id)
    excluding.check_counted(
        indicator, month, computed_at=computed_at, counts=counts, lead=lead.number if lead is not None else None
    )


@transaction.atomic
def exclusion_withdraw(*, exclusion_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own unit's wish back before it is decided.

    Raises:
        SignInNeeded, NotAllowed: not a post that contests.
        NoSuchExclusion: none of this number, or another unit's.
        ExclusionMovedOn: it was decided or taken back.
    """
    check_may(actor, acting.roles().get(actor.role), CONTEST)
    row = _locked(exclusion_id)
    if row.unit_id != actor.unit_id:
        raise _missing()
    excluding.check_way(row.state, "withdrawn", revised=False)
    row.state, row.steps = "withdrawn", row.steps + 1
    row.save(update_fields=["state", "steps"])
    _tell(row, ContestWithdrawn(row.matter_id, row.key, row.month), actor, now)


@transaction.atomic
def exclusion_decide(
    *, exclusion_id: int, grant: bool, reason: str, actor: Actor, now: datetime, key: UUID | None = None
) -> int:
    """Leave the matter out of the figure, or let it count, by the unit one level up; returns the wish's id.

    Raises:
        SignInNeeded, NotAllowed: not a post that decides.
        NotTheDecider: another unit's to decide, or one's own wish.
        NoSuchExclusion, ExclusionMovedOn: it isn't there, or has its result.
        NotContestable: no reason.
    """
    check_may(actor, acting.roles().get(actor.role), DECIDE)
    content = ("exclusion_decide", exclusion_id, grant, reason)
    return once(key, content, actor, now, lambda: _decide(exclusion_id, grant, reason, actor, now))


def _decide(exclusion_id: int, grant: bool, reason: str, actor: Actor, now: datetime) -> int:
    row = _locked(exclusion_id)
    _check_decider(row, row.to_unit_id, actor)
    state = "granted" if grant else "declined"
    if row.state != "asked":
        raise ExclusionMovedOn(msg("这件申诉已经有了结果，不能再改。请刷新页面查看。"))
    excluding.check_way(row.state, state, revised=False)
    excluding.check_reason(reason)
    row.state, row.decided_at, row.decided_by_post, row.steps = state, now, actor.post_id, row.steps + 1
    row.save(update_fields=["state", "decided_at", "decided_by_post", "steps"])
    _outcome(row, _say(row, reason), actor, now, was="asked")
    return row.pk


@transaction.atomic
def exclusion_revise(*, exclusion_id: int, reason: str, actor: Actor, now: datetime, key: UUID | None = None) -> int:
    """Change a decision into its opposite, once, by the level above the unit that decided; returns the wish's id.

    Raises:
        SignInNeeded, NotAllowed: not a post that decides.
        NotTheDecider: the acting post's unit isn't the one above the decider.
        NoSuchExclusion, ExclusionMovedOn: it isn't there, isn't decided, was changed already, or too long ago.
        NotContestable: no reason.
    """
    check_may(actor, acting.roles().get(actor.role), DECIDE)
    content = ("exclusion_revise", exclusion_id, reason)
    return once(key, content, actor, now, lambda: _revise(exclusion_id, reason, actor, now))


def _revise(exclusion_id: int, reason: str, actor: Actor, now: datetime) -> int:
    row = _locked(exclusion_id)
    _check_decider(row, row.revise_unit_id, actor)
    was = row.state
    state = "declined" if was == "granted" else "granted"
    excluding.check_way(was, state, revised=row.revised_at is not None)
    if row.decided_at is None or local_date(now) > _revised_by(row):
        raise ExclusionMovedOn(msg("决定已经过了可以改变的期限。"))
    excluding.check_reason(reason)
    row.state, row.revised_at, row.revised_by_post, row.steps = state, now, actor.post_id, row.steps + 1
    row.save(update_fields=["state", "revised_at", "revised_by_post", "steps"])
    _outcome(row, _say(row, reason), actor, now, was=was)
    return row.pk


def _revised_by(row: Exclusion) -> date:
    decided = row.decided_at or row.asked_at
    return local_date(decided) + timedelta(days=exclusion_rules().revise_days)


def _check_decider(row: Exclusion, unit_id: int | None, actor: Actor) -> None:
    if unit_id is None or actor.unit_id != unit_id or actor.staff_id == row.staff_id or actor.post_id == row.post_id:
        raise NotTheDecider(msg("这件申诉不由您现在的岗位决定：由提出单位的上一级决定，提出的人不能参与。"))


def _outcome(row: Exclusion, said: Words, actor: Actor, now: datetime, *, was: str) -> None:
    """Journal the decision, and on the matter what follows from it for its figures."""
    granted = row.state == "granted"
    told = ContestDecided(row.matter_id, row.key, row.month, granted, was != "asked", said.sealed)
    _tell(row, told, actor, now)
    about = (row.pk, row.key, row.month, row.region_id, row.unit_id)
    effect = CountExcluded(*about, row.ground) if granted else CountIncluded(*about) if was == "granted" else None
    if effect is not None:
        matters_do.entry_add(matter_id=row.matter_id, payload=effect, actor=actor, now=now)


def _locked(exclusion_id: int) -> Exclusion:
    row = Exclusion.objects.filter(pk=exclusion_id).first()
    if row is None:
        raise _missing()
    # Two who would decide at once queue here, whether or not the row still is theirs to change once they are through.
    queue_for("exclusion", row.matter_id, row.key, row.month)
    found = Exclusion.objects.filter(pk=exclusion_id).first()
    if found is None:
        raise _missing()
    return found


def _missing() -> NoSuchExclusion:
    return NoSuchExclusion(msg("没有找到这件申诉，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))


def _say(row: Exclusion, written: str) -> Words:
    said = words_of(written)
    Said.objects.create(exclusion_id=row.pk, step=row.steps, text=said.text, salt=said.salt)
    return said


def _tell(row: Exclusion, payload: Payload, actor: Actor, now: datetime) -> None:
    subject = Subject("exclusion", row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
    notices.emit(
        topic=EXCLUSION_TOPIC,
        body={"exclusion": row.pk, "state": row.state, "step": row.steps, "key": row.key, "month": row.month},
        now=now,
    )
