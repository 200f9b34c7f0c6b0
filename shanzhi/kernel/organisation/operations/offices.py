"""Units one by one: set up, renamed, moved below another, closed. Each change is dated and keeps what was so before."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Author, Payload
from shanzhi.kernel.organisation.models import Post, RegionState, Unit, UnitHeir, UnitPast
from shanzhi.kernel.organisation.operations._common import (
    from_day,
    lock_organisation,
    renew_tree,
    state_of,
    write_journal,
)
from shanzhi.kernel.organisation.operations.holdings import post_close
from shanzhi.kernel.organisation.payloads import UnitAdded, UnitChanged, UnitClosed
from shanzhi.kernel.organisation.policy import UnitKind
from shanzhi.kernel.organisation.policy.offices import (
    CAPACITY_MOST,
    NAME_MOST,
    SHORT_MOST,
    BadUnit,
    Difference,
    NoSuchUnit,
    UnitBusy,
    UnitClosing,
    UnitExists,
    check_day,
    check_same_version,
    tell_of_closing,
)
from shanzhi.kernel.organisation.queries.rules import unit_catalogue


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be set up. Without `code` one is made of the kind and the region's code; `department` is the code of a
    type in the rule book, for departments and public utilities; without `short_name` it is the name."""

    kind: UnitKind
    name: str
    region_code: str
    short_name: str = ""
    code: str = ""
    department: str = ""
    parent_id: int | None = None
    capacity: int | None = None


@transaction.atomic
def unit_add(*, new: NewUnit, on: date, now: datetime, author: Author) -> int:
    """Set up a unit from `on`, which may be past or to come; returns its id.

    Raises:
        BadUnit: no name, a type that the rule book doesn't know, a capacity that can't be.
        UnknownRegion: the region doesn't exist that day.
        UnitExists: the code is taken, or the region has such a centre or department.
        NoSuchUnit: no such unit above it that day.
    """
    lock_organisation()
    state = state_of(new.region_code, on)
    name, short_name = _names(new.name, new.short_name)
    department = _department(new)
    _check_capacity(new.capacity)
    _check_above(None, new.parent_id, on)
    code = _code(new, department)
    _check_free(new.kind, department, state.region_id, code)
    unit = Unit.objects.create(
        kind=new.kind,
        name=name,
        short_name=short_name,
        code=code,
        level=state.level,
        region_id=state.region_id,
        parent_id=new.parent_id,
        department=department,
        capacity=new.capacity,
        opened_on=on,
    )
    renew_tree()
    _journal(unit, UnitAdded(unit.pk, code, str(new.kind), state.region_id, new.parent_id, on), on, author, now)
    return int(unit.pk)


def unit_rename(
    *, unit_id: int, name: str, short_name: str, on: date, now: datetime, author: Author, version: int | None = None
) -> None:
    """Give a unit another name from `on`, today or before; what it was called until then is kept.

    Raises:
        NoSuchUnit, ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
        BadUnit: no name.
    """
    name, short_name = _names(name, short_name)
    _change(unit_id, {"name": name, "short_name": short_name}, on=on, now=now, author=author, version=version)


def unit_move(
    *, unit_id: int, parent_id: int | None, on: date, now: datetime, author: Author, version: int | None = None
) -> None:
    """Put a unit below another one, or below none, from `on`, today or before.

    Raises:
        NoSuchUnit: it or the one above isn't open that day.
        BadUnit: it would stand below itself.
        ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
    """
    with transaction.atomic():
        lock_organisation()
        _check_above(unit_id, parent_id, on)
        _change(unit_id, {"parent_id": parent_id}, on=on, now=now, author=author, version=version)


def unit_limit(
    *, unit_id: int, capacity: int | None, on: date, now: datetime, author: Author, version: int | None = None
) -> None:
    """Say how many open matters a unit can have before it counts as overloaded; None: measured by others of its kind.

    Raises:
        BadUnit: not between 1 and a million.
        NoSuchUnit, ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
    """
    _check_capacity(capacity)
    _change(unit_id, {"capacity": capacity}, on=on, now=now, author=author, version=version)


@transaction.atomic
def unit_close(
    *,
    unit_id: int,
    on: date,
    now: datetime,
    author: Author,
    successor_id: int | None = None,
    version: int | None = None,
) -> int:
    """Close a unit: `on`, today or before, is the first day without. Its posts are closed with it, and whoever holds them
    leaves them. The units below it go to the successor, and its open work follows in the background (kernel/matters).
    Returns how many posts were closed.

    Raises:
        UnitBusy: it has open work, or units below it, and no successor is named.
        BadUnit: the successor is the unit itself, or below it.
        NoSuchUnit: it or the successor isn't open that day.
        ChangedMeanwhile, HistoryWritten, InputError: see `_change`.
        BadPeriod: somebody takes one of its posts later than that.
    """
    lock_organisation()
    unit = _locked(unit_id, on)
    check_same_version(version, unit.version, lambda: differences(unit, version or 0))
    _check_dates(unit, on, now)
    if successor_id is not None:
        _check_above(unit_id, successor_id, on)
        _locked(successor_id, local_date(now))
    _hand_below(unit, successor_id, on, now, author)
    tell_of_closing(UnitClosing(unit_id, unit.name, successor_id, on), author, now)
    posts = list(Post.objects.filter(unit_id=unit_id, closed_on=None).values_list("pk", flat=True))
    for post_id in posts:
        post_close(post_id=post_id, on=on, now=now, author=author)
    _keep_past(unit, on, now, author)
    unit.closed_on = on
    unit.version += 1
    unit.save(update_fields=["closed_on", "version"])
    if successor_id is not None:
        UnitHeir.objects.create(old_unit_id=unit_id, new_unit_id=successor_id, effective_on=on)
    renew_tree()
    _journal(unit, UnitClosed(unit_id, unit.version, successor_id, on), on, author, now)
    return len(posts)


def differences(unit: Unit, version: int) -> list[Difference]:
    """What is otherwise with a unit than it was under an earlier version."""
    past = UnitPast.objects.filter(unit_id=unit.pk, version=version).select_related("parent").first()
    if past is None:
        return []
    pairs = (
        (msg("名称"), past.name, unit.name),
        (msg("简称"), past.short_name, unit.short_name),
        (msg("上级单位"), past.parent.name if past.parent else "", unit.parent.name if unit.parent else ""),
        (msg("承办上限"), str(past.capacity or ""), str(unit.capacity or "")),
        (msg("撤销日期"), str(past.closed_on or ""), str(unit.closed_on or "")),
    )
    return [Difference(label, before, after) for label, before, after in pairs if before != after]


@transaction.atomic
def _change(
    unit_id: int, values: dict[str, Any], *, on: date, now: datetime, author: Author, version: int | None
) -> None:
    """Change a unit from `on`; nothing happens where it is so already.

    Raises:
        NoSuchUnit: it isn't open that day.
        ChangedMeanwhile: `version` isn't the unit's any more; says what became of it.
        HistoryWritten: a later change is on record. InputError: `on` lies in the future.
    """
    lock_organisation()
    unit = _locked(unit_id, on)
    check_same_version(version, unit.version, lambda: differences(unit, version or 0))
    changed = tuple(name for name, value in values.items() if getattr(unit, name) != value)
    if not changed:
        return
    _check_dates(unit, on, now)
    _keep_past(unit, on, now, author)
    for name in changed:
        setattr(unit, name, values[name])
    unit.version += 1
    unit.save(update_fields=[*(name.removesuffix("_id") for name in changed), "version"])
    renew_tree()
    payload = UnitChanged(unit_id, unit.version, changed, unit.name, unit.short_name, unit.parent_id, unit.capacity, on)
    _journal(unit, payload, on, author, now)


def _locked(unit_id: int, on: date) -> Unit:
    rows = Unit.objects.select_for_update(of=("self",)).select_related("parent")
    unit = rows.filter(Q(closed_on=None) | Q(closed_on__gt=on), pk=unit_id, opened_on__lte=on).first()
    if unit is None:
        raise NoSuchUnit(msg("%(on)s 没有这个单位，可能已撤销，或者不在您管的范围里。请刷新后再选。"), on=on)
    return unit


def _since(unit: Unit) -> date:
    """From which day on the unit is as it is now."""
    last = UnitPast.objects.filter(unit_id=unit.pk).order_by("-version").first()
    # An empty span (two changes on one day) has no end of its own: the one before it has.
    if last is not None and last.valid.isempty:
        last = UnitPast.objects.filter(unit_id=unit.pk, valid__isempty=False).order_by("-version").first()
    return unit.opened_on if last is None else last.valid.upper


def _check_dates(unit: Unit, on: date, now: datetime) -> None:
    check_day(on, since=_since(unit), today=local_date(now))


def _keep_past(unit: Unit, on: date, now: datetime, author: Author) -> None:
    UnitPast.objects.create(
        unit_id=unit.pk,
        version=unit.version,
        name=unit.name,
        short_name=unit.short_name,
        parent_id=unit.parent_id,
        capacity=unit.capacity,
        closed_on=unit.closed_on,
        valid=from_day(_since(unit), on),
        changed_at=now,
        changed_by_post=author.post_id,
    )


def _hand_below(unit: Unit, successor_id: int | None, on: date, now: datetime, author: Author) -> None:
    below = list(Unit.objects.filter(parent_id=unit.pk, closed_on=None).order_by("pk"))
    if below and successor_id is None:
        raise UnitBusy(
            msg("“%(name)s”下面还有 %(count)d 个单位（%(units)s）。请指定接收单位，或先改它们的上级单位。"),
            name=unit.name,
            count=len(below),
            units="、".join(one.short_name for one in below[:3]),
        )
    for one in below:
        _change(one.pk, {"parent_id": successor_id}, on=max(on, _since(one)), now=now, author=author, version=None)


def _names(name: str, short_name: str) -> tuple[str, str]:
    name = clean_text(name).replace("\n", " ")
    short_name = clean_text(short_name).replace("\n", " ") or name
    wrong = {}
    if not 0 < len(name) <= NAME_MOST:
        wrong["name"] = msg("单位名称要有 1 到 100 个字。")
    if name and len(short_name) > SHORT_MOST:
        wrong["short_name"] = msg("简称不超过 30 个字。")
    if wrong:
        raise BadUnit(msg("单位名称有误，请按提示改正。"), fields=wrong)
    return name, short_name


def _department(new: NewUnit) -> str | None:
    given = new.department.strip()
    type_ = unit_catalogue().department(given) if given else None
    if given and (type_ is None or type_.kind is not new.kind):
        raise BadUnit(msg("单位类型“%(type)s”不在规则手册里，或者不是这一类。请从列表里选择。"), type=given)
    if new.kind is UnitKind.DEPARTMENT and not given:
        sentence = msg("请选择部门类型。")
        raise BadUnit(sentence, fields={"department": sentence})
    return given or None


def _check_capacity(capacity: int | None) -> None:
    if capacity is not None and not 1 <= capacity <= CAPACITY_MOST:
        sentence = msg("承办上限写 1 到 1000000 之间的整数，不设上限就留空。")
        raise BadUnit(sentence, fields={"capacity": sentence})


def _check_above(unit_id: int | None, above_id: int | None, on: date) -> None:
    """Is the one above open that day, and not the unit itself or below it?"""
    seen: list[int] = []
    while above_id is not None and above_id not in seen:
        if above_id == unit_id:
            sentence = msg("单位不能归自己或自己的下级单位。请另选一个单位。")
            raise BadUnit(sentence, fields={"parent": sentence, "successor": sentence})
        row = Unit.objects.filter(pk=above_id).first()
        if row is None or (not seen and (row.opened_on > on or (row.closed_on is not None and row.closed_on <= on))):
            raise NoSuchUnit(msg("%(on)s 没有您选的上级或接收单位，可能已撤销。请刷新后再选。"), on=on)
        seen.append(above_id)
        above_id = row.parent_id


def _code(new: NewUnit, department: str | None) -> str:
    if new.code.strip():
        return new.code.strip().lower()
    code = f"{department or str(new.kind).replace('_', '-')}-{new.region_code}"
    taken = set(Unit.objects.filter(code__startswith=code).values_list("code", flat=True))
    numbered = (f"{code}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (code, *numbered) if each not in taken)


def _check_free(kind: UnitKind, department: str | None, region_id: int, code: str) -> None:
    if not all(part.isalnum() and part.isascii() for part in code.split("-")) or len(code) > 64:
        sentence = msg("单位代码只用小写字母、数字和短横线，不超过 64 位。")
        raise BadUnit(sentence, fields={"code": sentence})
    same = Q(code=code)
    if kind is UnitKind.CENTRE:
        same |= Q(kind=kind, region_id=region_id, closed_on=None)
    if department is not None:
        same |= Q(department=department, region_id=region_id, closed_on=None)
    there = Unit.objects.filter(same).first()
    if there is not None:
        raise UnitExists(
            msg("这里已有“%(name)s”（%(code)s）。请核对，或换一个代码、类型或区域。"), name=there.name, code=there.code
        )


def _journal(unit: Unit, payload: Payload, on: date, author: Author, now: datetime) -> None:
    state = RegionState.objects.filter(region_id=unit.region_id, valid__contains=on).first()
    write_journal(
        payload,
        kind="unit",
        subject_id=unit.pk,
        scope_code="" if state is None else state.code,
        author=author,
        now=now,
    )
