"""Typing figures in: by a named post for its region, in time, plausible, with evidence; corrections keep what was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.indicators.models import Permit, Value
from shanzhi.kernel.indicators.operations._common import (
    FIGURE_TOPIC,
    author_of,
    once,
    queue_for,
    region_in,
    under_of,
    words_of,
)
from shanzhi.kernel.indicators.payloads import FigureEntered
from shanzhi.kernel.indicators.policy import entering
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.entering import (
    ASSESS,
    ENTER,
    BadValue,
    MovedOn,
    NoSuchIndicator,
    NotYours,
    Rule,
    Typed,
)
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import LEVEL_NAMES
from shanzhi.kernel.organisation.policy import Level as OfRegion
from shanzhi.kernel.organisation.queries import RegionRow


@dataclass(frozen=True, slots=True)
class Entry:
    """What is typed in for which indicator, region and period. `based_on`: the number of the value that the form showed, 0
    where there was none."""

    key: str
    region_id: int
    period: Period
    typed: Typed
    based_on: int = 0


@transaction.atomic
def value_enter(
    *, entry: Entry, stored: Sequence[StoredFile] = (), actor: Actor, now: datetime, key: UUID | None = None
) -> int:
    """Type a figure in, or correct it; returns the value's id. The same `key` again: nothing is done.

    Raises:
        SignInNeeded, NotAllowed, NotYours: another post types it in, or for another region.
        NoSuchIndicator, NotTypedIn, NoSuchPlace: there is nothing of the kind to be typed in.
        BadValue, Outlier: it can't be, or nobody has confirmed it; says where.
        NotOver, Late, MovedOn: not now.
        KeyReused: the key stands for another content.
    """
    if actor.kind != "importer":
        check_may(actor, acting.roles().get(actor.role), ENTER)
    content = (entry, *(file.sha256 for file in stored))
    return once(key, content, actor, now, lambda: _enter(entry, stored, actor, now))


def _enter(entry: Entry, stored: Sequence[StoredFile], actor: Actor, now: datetime) -> int:
    indicator, rule = typed_in(entry.key, entry.period)
    region, on = region_in(entry.region_id, entry.period), local_date(now)
    if region.level.value != rule.level.value:
        raise BadValue(
            msg("“%(name)s”不按这一级填报。请选%(level)s。"),
            name=indicator.name,
            level=(LEVEL_NAMES[OfRegion(rule.level.value)],),
            fields={"region_id": msg("请另选区域。")},
        )
    code = check_yours(actor, indicator, rule, region, on) if actor.is_post else region.code
    entering.check_period(indicator, entry.period, on)
    queue_for("value", entry.key, entry.region_id, entry.period.first)
    last = last_value(entry.key, entry.region_id, entry.period)
    if entry.based_on != (last.number if last else 0):
        raise MovedOn(msg("“%(name)s”刚刚有人填过。您填写的内容还在，请看过新的数再保存。"), name=indicator.name)
    is_late = entering.check_time(indicator, entry.period, on, permitted_until(entry))
    pair = entering.check_value(indicator, entry.typed)
    if rule.paper and not stored and actor.is_post:
        raise BadValue(
            msg("“%(name)s”要附上“%(paper)s”。请选择文件再保存。"),
            name=indicator.name,
            paper=rule.paper,
            fields={"files": msg("请附上证明材料。")},
        )
    before = last_value(entry.key, entry.region_id, entry.period.before())
    is_far = entering.check_plausible(
        indicator, entry.typed, pair, (before.numerator, before.denominator) if before else None
    )
    if last is not None:
        Value.objects.filter(pk=last.pk).update(is_last=False)
    words = words_of(entry.typed.words)
    row = Value(
        key=entry.key,
        version=indicator.version,
        first=entry.period.first,
        length=entry.period.length.value,
        region_id=region.id,
        scope_code=code,
        under=under_of(region, entry.period.ends_on),
        number=last.number + 1 if last else 1,
        is_last=True,
        numerator=pair[0],
        denominator=pair[1],
        words=words.text,
        salt=words.salt,
        confirmed=is_far,
        late=is_late,
        unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0,
        entered_at=now,
    )
    return _keep(row, words.sealed, stored, actor)


def typed_in(key: str, period: Period) -> tuple[Indicator, Rule]:
    """The rule of a period for a figure that people type in.

    Raises:
        NoSuchIndicator: no rule of this key in the period.
        NotTypedIn: it is computed.
    """
    indicator = catalogue().indicator(key, period.first)
    if indicator is None:
        raise NoSuchIndicator(msg("%(period)s 没有“%(key)s”这个指标。请核对期间。"), period=str(period), key=key)
    return indicator, entering.rule_of(indicator)


def check_yours(actor: Actor, indicator: Indicator, rule: Rule, region: RegionRow, on: date) -> str:
    """Does the acting post type this figure in, for this region or one whose place it took? Returns
    the code under which that lies today.

    Raises:
        NotYours: another role, or for another region.
    """
    if actor.role != rule.by:
        role = acting.roles().get(rule.by)
        raise NotYours(
            msg("“%(name)s”由%(role)s填报。请换一个岗位，或请他们填报。"),
            name=indicator.name,
            role=(role.name if role else rule.by,),
        )
    if entering.is_assessed(indicator):
        check_may(actor, acting.roles().get(actor.role), ASSESS)
    code = _code_today(region, on)
    if code is None or actor.region_code != enterer_code(rule.by, code, on):
        raise NotYours(
            msg("“%(region)s”的“%(name)s”不归您现在的岗位填报。请换一个岗位，或请当地填报。"),
            region=region.name,
            name=indicator.name,
        )
    return code


def enterer_code(role: str, code: str, on: date) -> str | None:
    """The place of the post of a role that types in a region's figures: the nearest at or above it; None without one."""
    found = [card.region_code for card in organisation.posts_of_roles((role,), on) if card.ranges.contains(code)]
    return max(found, key=len, default=None)


def _code_today(region: RegionRow, on: date) -> str | None:
    """The code of a region today, or of the one that has its place."""
    today = organisation.region_by_id(region.id, on)
    if today is not None:
        return today.code
    history = organisation.region_history(region.id)
    heir = organisation.region_became(region.id, history[-1].since, on) if history else None
    found = organisation.region_by_id(heir, on) if heir is not None else None
    return found.code if found else None


def last_value(key: str, region_id: int, period: Period) -> Value | None:
    """The value that counts now."""
    return Value.objects.filter(key=key, region_id=region_id, first=period.first, is_last=True).first()


def permitted_until(entry: Entry) -> date | None:
    """Until when it may be handed in late, by permission."""
    rows = Permit.objects.filter(
        key=entry.key, region_id=entry.region_id, first=entry.period.first, state="granted"
    ).order_by("-until_on")
    return rows.values_list("until_on", flat=True).first()


def _keep(row: Value, sealed: str, stored: Sequence[StoredFile], actor: Actor) -> int:
    """Write a value with its files and its journal entry, and let the figures above it be computed anew."""
    row.save(force_insert=True)
    files.attach(
        subject_kind="figure", subject_id=row.pk, scope_code=row.scope_code, stored=stored, purpose="evidence",
        post_id=actor.post_id, now=row.entered_at, shown_to_reporter=False,
    )  # fmt: skip
    said = FigureEntered(
        row.key, row.version, row.region_id, row.first, row.length, row.number, row.numerator, row.denominator,
        row.confirmed, row.late, sealed, tuple(file.sha256 for file in stored),
    )  # fmt: skip
    journal.record(
        payload=said,
        subject=Subject("figure", row.pk, 1, row.scope_code),
        author=author_of(actor),
        happened_at=row.entered_at,
    )
    body = {"key": row.key, "first": row.first, "length": row.length, "value": row.pk, "number": row.number}
    notices.emit(topic=FIGURE_TOPIC, body=body, now=row.entered_at)
    return row.pk
