"""Handing in late: a unit asks, the unit one level up permits it until a day, or doesn't."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.indicators.models import Permit
from shanzhi.kernel.indicators.operations._common import (
    PERMIT_TOPIC,
    author_of,
    decides_for,
    once,
    queue_for,
    region_in,
    unit_of,
    words_of,
)
from shanzhi.kernel.indicators.operations.entering import check_yours, typed_in
from shanzhi.kernel.indicators.payloads import PermitAsked, PermitDecided
from shanzhi.kernel.indicators.policy.definitions import Length
from shanzhi.kernel.indicators.policy.entering import (
    DECIDE,
    ENTER,
    PERMIT_MOST_DAYS,
    WORDS_MOST,
    BadValue,
    NoSuchPermit,
    PermitUnusable,
    due_on,
)
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Payload, Subject
from shanzhi.kernel.notices import operations as notices


@transaction.atomic
def permit_ask(
    *,
    indicator_key: str,
    region_id: int,
    period: Period,
    words: str,
    actor: Actor,
    now: datetime,
    key: UUID | None = None,
) -> int:
    """Ask the level above to hand a figure in late; returns the wish's id.

    Raises:
        SignInNeeded, NotAllowed, NotYours: another post types it in.
        NoSuchIndicator, NotTypedIn, NoSuchPlace: there is nothing of the kind to be typed in.
        BadValue: no reason.
        PermitUnusable: it is in time yet, or asked already.
    """
    check_may(actor, acting.roles().get(actor.role), ENTER)
    content = ("permit", indicator_key, region_id, period, words)
    return once(key, content, actor, now, lambda: _ask(indicator_key, region_id, period, words, actor, now))


def _ask(indicator_key: str, region_id: int, period: Period, words: str, actor: Actor, now: datetime) -> int:
    indicator, rule = typed_in(indicator_key, period)
    region, on = region_in(region_id, period), local_date(now)
    code = check_yours(actor, indicator, rule, region, on)
    _check_words(words, "words")
    if on <= due_on(indicator, period):
        raise PermitUnusable(msg("还没有到期，可以直接填报，不用申请。"))
    queue_for("permit", indicator_key, region_id, period.first)
    if Permit.objects.filter(key=indicator_key, region_id=region_id, first=period.first, state="asked").exists():
        raise PermitUnusable(msg("已经申请过了，请等上一级答复。"))
    unit = unit_of(actor, on)
    # Above the city's own centre is nobody in this city: there another person of it answers.
    above = (decides_for(unit, region.code, on) or unit) if unit else None
    if above is None:
        raise PermitUnusable(msg("您的单位已经撤销，不能申请。请换一个岗位。"))
    said = words_of(words)
    row = Permit.objects.create(
        key=indicator_key, region_id=region.id, scope_code=code, first=period.first, length=period.length.value,
        unit_id=actor.unit_id or 0, post_id=actor.post_id or 0, staff_id=actor.staff_id or 0, to_unit_id=above.id,
        words=said.text, salt=said.salt, state="asked", asked_at=now,
    )  # fmt: skip
    payload = PermitAsked(row.key, row.region_id, row.first, row.length, above.id, said.sealed)
    _tell(row, payload, actor, now)
    return row.pk


@transaction.atomic
def permit_decide(
    *, permit_id: int, until_on: date | None, reason: str, actor: Actor, now: datetime, key: UUID | None = None
) -> int:
    """Permit handing in late until a day, or (None) don't; returns the wish's id.

    Raises:
        SignInNeeded, NotAllowed: not a post that decides.
        NoSuchPermit: there is none of this number that the acting post's unit decides.
        PermitUnusable: it was answered already.
        BadValue: no reason, or a day that has passed or is too far.
    """
    check_may(actor, acting.roles().get(actor.role), DECIDE)
    content = ("permit_decide", permit_id, until_on, reason)
    return once(key, content, actor, now, lambda: _decide(permit_id, until_on, reason, actor, now))


def _decide(permit_id: int, until_on: date | None, reason: str, actor: Actor, now: datetime) -> int:
    row = Permit.objects.select_for_update().filter(pk=permit_id, to_unit_id=actor.unit_id or 0).first()
    if row is None or row.staff_id == actor.staff_id:
        raise NoSuchPermit(msg("没有找到这个申请，或者不由您现在的岗位答复。请核对，或换一个岗位。"))
    if row.state != "asked":
        raise PermitUnusable(msg("这个申请已经答复过了。请刷新页面查看。"))
    _check_words(reason, "reason")
    on = local_date(now)
    if until_on is not None and not on <= until_on <= on + timedelta(days=PERMIT_MOST_DAYS):
        raise BadValue(
            msg("补报的截止日期要从今天起，%(days)s 天以内。"),
            days=PERMIT_MOST_DAYS,
            fields={"until_on": msg("请换一个日期。")},
        )
    said = words_of(reason)
    row.state, row.until_on = ("declined" if until_on is None else "granted"), until_on
    row.reason, row.decided_at, row.decided_by_post, row.steps = said.text, now, actor.post_id, row.steps + 1
    row.save(update_fields=["state", "until_on", "reason", "decided_at", "decided_by_post", "steps"])
    payload = PermitDecided(row.key, row.region_id, row.first, row.length, until_on is not None, until_on, said.sealed)
    _tell(row, payload, actor, now)
    return row.pk


def period_of_row(first: int, length: str) -> Period:
    """A period as it stands in a row."""
    return Period(first, Length(length))


def _check_words(words: str, field: str) -> None:
    if not is_read(words) or len(words) > WORDS_MOST:
        raise BadValue(msg("请写明理由，1000 字以内。"), fields={field: msg("请写明理由。")})


def _tell(row: Permit, payload: Payload, actor: Actor, now: datetime) -> None:
    subject = Subject("figure_permit", row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
    notices.emit(topic=PERMIT_TOPIC, body={"permit": row.pk, "state": row.state, "step": row.steps}, now=now)
