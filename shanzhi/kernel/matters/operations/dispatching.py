"""Loading the dispatch catalogue and letting it go live; which rows are in force on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from shanzhi.core.errors import Conflict, NotAllowed, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Payload, Subject
from shanzhi.kernel.matters.models import DispatchRow, DispatchVersion
from shanzhi.kernel.matters.operations.step import author_of
from shanzhi.kernel.matters.policy.dispatching import BadDispatchFile, DispatchCase, Known, check_rows, choose_case
from shanzhi.kernel.matters.policy.duty import departments_duty
from shanzhi.kernel.matters.policy.payloads import DispatchEdited, DispatchLive, DispatchLoaded
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UnitKind

FIELDS = ("category", "region_code", "level", "unit_code", "unit_kind", "limit_text", "ground")
NOTE_MOST = 300
CITY_DECIDES = msg("这一步由市级系统管理员来做。请联系市综治中心。")


class NoDispatchVersion(NotFound):
    """No such version of the dispatch catalogue."""

    code = "no-dispatch-version"


class DispatchIsLive(Conflict):
    """The version is live already, or would hold from a day that is past."""

    code = "dispatch-is-live"


class DispatchMovedOn(Conflict):
    """Somebody else has changed the row meanwhile; `row_id` names it as it is now, None where it is gone."""

    code = "dispatch-moved-on"

    def __init__(self, message: str, *, row_id: int | None = None, **params: object) -> None:
        super().__init__(message, fields=None, **params)
        self.row_id = row_id


@transaction.atomic
def dispatch_load(*, rows: Sequence[DispatchCase], holds_from: date, note: str, actor: Actor, now: datetime) -> int:
    """Keep a version of the dispatch catalogue as a draft that decides nothing yet; returns its number.

    Raises:
        BadDispatchFile: an unknown category, unit or region, two rows for one case, …, by line.
        NotAllowed: a keeper of a county; theirs are single rows of a draft.
    """
    check_city(actor, local_date(now))
    check_rows(rows, known_for(rows, max(local_date(now), holds_from)))
    return _keep_draft(rows, holds_from, note, actor, now)


@transaction.atomic
def dispatch_draft(*, copy_of: int, holds_from: date, note: str, actor: Actor, now: datetime) -> int:
    """Begin a draft with the rows of an earlier version, live or not; returns its number. How an edit begins, and how one
    is undone: a later version with an earlier one's rows. What is wrong with them by now is said where it goes live.

    Raises:
        NoDispatchVersion: there is none of this number.
        NotAllowed: a keeper of a county.
    """
    check_city(actor, local_date(now))
    if not DispatchVersion.objects.filter(pk=copy_of).exists():
        raise NoDispatchVersion(msg("没有这一版派单目录。请核对编号。"))
    return _keep_draft(cases_of(copy_of), holds_from, note, actor, now)


def _keep_draft(rows: Sequence[DispatchCase], holds_from: date, note: str, actor: Actor, now: datetime) -> int:
    version = DispatchVersion.objects.create(
        holds_from=holds_from, note=clean_text(note)[:NOTE_MOST], loaded_at=now, post_id=actor.post_id, steps=0
    )
    DispatchRow.objects.bulk_create(DispatchRow(version=version, **_columns(row)) for row in rows)
    _note(version, DispatchLoaded(rows=len(rows), holds_from=holds_from), actor, now)
    return int(version.pk)


def _columns(row: DispatchCase) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS} | {"co_codes": list(row.co)}


def _note(version: DispatchVersion, payload: Payload, actor: Actor, now: datetime) -> None:
    version.steps += 1
    DispatchVersion.objects.filter(pk=version.pk).update(steps=version.steps)
    journal.record(
        payload=payload,
        subject=Subject("dispatch", version.pk, version.steps, actor.region_code),
        author=author_of(actor),
        happened_at=now,
    )


def check_city(actor: Actor, on: date) -> None:
    """Raises NotAllowed unless somebody stands for the whole city, or acts from the command line."""
    if actor.is_post and not stands_for_city(actor, on):
        raise NotAllowed(CITY_DECIDES)


def stands_for_city(actor: Actor, on: date) -> bool:
    """Does the post stand for all there is? A keeper of a county doesn't."""
    return all(actor.place.covers(region.ranges) for region in organisation.top_regions(on))


def known_for(rows: Sequence[DispatchCase], on: date) -> Known:
    """What rows may refer to on a day: every category, and of units and regions those that are named and there."""
    tree = categories()
    kinds = {item.code for item in organisation.unit_catalogue().departments} | {"township"}
    codes = {row.region_code for row in rows if row.region_code.isascii() and row.region_code.isdigit()}
    units = {code for row in rows for code in (row.unit_code, *row.co) if code} - kinds
    there = organisation.units_by_codes(units, on)
    duties = {code for code in tree.rules.categories if departments_duty(tree.rules, code)}
    return Known(
        categories={group.code for group in tree.groups}
        | {code for code, item in tree.rules.categories.items() if not item.retired},
        kinds=kinds,
        units=set(there),
        communities={code for code, unit in there.items() if unit.kind is UnitKind.COMMUNITY},
        duties=duties | {code.partition(".")[0] for code in duties},
        regions={code for code in codes if _is_region(code, on)},
    )


def _is_region(code: str, on: date) -> bool:
    return len(code) in (2, 4, 6, 9, 12, 15) and organisation.region_of_code(code, on) is not None


def _draft(version_id: int) -> DispatchVersion:
    """The draft, locked: edits of one draft queue up here, and going live with them.

    Raises:
        NoDispatchVersion, DispatchIsLive.
    """
    if not DispatchVersion.objects.filter(pk=version_id).exists():
        raise NoDispatchVersion(msg("没有这一版派单目录。请核对编号。"))
    version = DispatchVersion.objects.select_for_update().filter(pk=version_id, live_at=None).first()
    if version is None:
        raise DispatchIsLive(msg("这一版已经确认生效，不能再改。要改动，请以它为底另起一版。"))
    return version


def _check_own(actor: Actor, regions: Iterable[str], on: date) -> None:
    """Raises NotAllowed where a keeper reaches beyond the place that the post stands for."""
    if actor.is_post and not stands_for_city(actor, on) and not all(map(actor.place.contains, regions)):
        raise NotAllowed(msg("您只能改本辖区的行。全市的行由市级系统管理员来改。"))


@transaction.atomic
def dispatch_row_save(
    *, version_id: int, row_id: int | None, edit: int, case: DispatchCase, actor: Actor, now: datetime
) -> int:
    """Add a row to a draft (`row_id` None) or change one that the screen showed as its edit number `edit`; returns its id.

    Raises:
        NoDispatchVersion, DispatchIsLive: there is no such draft (any more).
        BadDispatchFile: what is wrong with the row, by sentence; `line` is 0.
        DispatchMovedOn: somebody else has changed or removed it, or there is a row for this category and place already.
        NotAllowed: outside of the keeper's own place.
    """
    version = _draft(version_id)
    on = max(local_date(now), version.holds_from)
    case = replace(case, line=0)
    row = DispatchRow.objects.filter(version=version, pk=row_id).first() if row_id is not None else None
    if row_id is not None and row is None:
        raise DispatchMovedOn(msg("这一行刚刚被别人删除了。您填写的还在，再保存就作为新的一行加上。"))
    if row is not None and row.edit != edit:
        raise DispatchMovedOn(msg("这一行刚刚有人改过。请看过现在的内容再保存，您填写的还在。"), row_id=row.pk)
    check_rows([case], known_for([case], on))
    _check_own(actor, {case.region_code, row.region_code if row else case.region_code}, on)
    same = DispatchRow.objects.filter(version=version, category=case.category, region_code=case.region_code)
    other = same.exclude(pk=row.pk if row else 0).first()
    if other is not None:
        raise DispatchMovedOn(msg("这个分类在这个区域已经有一行。请改那一行，或换一个区域。"), row_id=other.pk)
    if row is None:
        made = DispatchRow.objects.create(version=version, **_columns(case))
        _note(version, _edited("added", case), actor, now)
        return int(made.pk)
    DispatchRow.objects.filter(pk=row.pk).update(**_columns(case), edit=row.edit + 1)
    _note(version, _edited("changed", case), actor, now)
    return int(row.pk)


def _edited(what: str, row: DispatchCase | DispatchRow) -> DispatchEdited:
    return DispatchEdited(what=what, category=row.category, region_code=row.region_code)


@transaction.atomic
def dispatch_row_drop(*, version_id: int, row_id: int, edit: int, actor: Actor, now: datetime) -> None:
    """Take a row out of a draft; one that is gone already stays gone.

    Raises:
        NoDispatchVersion, DispatchIsLive, NotAllowed: as `dispatch_row_save`.
        DispatchMovedOn: somebody else has changed it since.
    """
    version = _draft(version_id)
    row = DispatchRow.objects.filter(version=version, pk=row_id).first()
    if row is None:
        return
    if row.edit != edit:
        raise DispatchMovedOn(msg("这一行刚刚有人改过，没有删除。请看过现在的内容再决定。"), row_id=row.pk)
    _check_own(actor, [row.region_code], local_date(now))
    DispatchRow.objects.filter(pk=row.pk).delete()
    _note(version, _edited("removed", row), actor, now)


@transaction.atomic
def dispatch_go_live(*, version_id: int, actor: Actor, now: datetime, holds_from: date | None = None) -> None:
    """Let a draft decide from its day on, or from another; an earlier version comes back by a later one of its rows.

    Raises:
        NoDispatchVersion: there is none of this number.
        DispatchIsLive: it is live already, or its day is past (what was suggested then stays as it was).
        BadDispatchFile: a unit was closed meanwhile, a category retired, …; or there are no rows.
        NotAllowed: a keeper of a county.
    """
    check_city(actor, local_date(now))
    version = DispatchVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NoDispatchVersion(msg("没有这一版派单目录。请核对编号。"))
    since = holds_from or version.holds_from
    if version.live_at is not None or since < local_date(now):
        raise DispatchIsLive(msg("这一版已经生效，或者生效日期已经过了。请选今天或以后的日期，或另起一版。"))
    version = _draft(version_id)
    rows = [replace(row, line=line) for line, row in enumerate(cases_of(version_id), start=1)]
    if not rows:
        raise BadDispatchFile(msg("这一版一行也没有，不能生效。请先加上。"))
    check_rows(rows, known_for(rows, since))
    _note(version, DispatchLive(rows=len(rows), holds_from=since), actor, now)
    DispatchVersion.objects.filter(pk=version_id, live_at=None).update(live_at=now, holds_from=since)


def cases_on(on: date) -> tuple[DispatchCase, ...]:
    """The rows that decide on a day, of the live version with the latest day (then the latest number); 1 query."""
    return case_rows(cases_wanted(on))


def limit_on(on: date, category: str, region_code: str) -> Duration | None:
    """The limit that the catalogue in force promises for a category at a place; None where it says nothing; 1 query."""
    newest = DispatchVersion.objects.filter(live_at__isnull=False, holds_from__lte=on).order_by("-holds_from", "-pk")
    wanted = [category, category.partition(".")[0]]
    case = choose_case(_cases(version_id=newest.values("pk")[:1], category__in=wanted), category, region_code)
    return Duration.parse(case.limit_text) if case is not None and case.limit_text else None


def cases_of(version_id: int) -> tuple[DispatchCase, ...]:
    """A version's rows, live or draft; 1 query."""
    return _cases(version_id=version_id)


def cases_wanted(on: date) -> QuerySet[DispatchRow, Any]:
    """What `cases_on` asks, not asked yet, for who reads it together with other things; `case_rows` makes them of it."""
    newest = DispatchVersion.objects.filter(live_at__isnull=False, holds_from__lte=on)
    return _wanted(version_id=newest.order_by("-holds_from", "-pk").values("pk")[:1])


def case_rows(rows: Iterable[Any]) -> tuple[DispatchCase, ...]:
    """What `cases_wanted` found; no query."""
    return tuple(replace(DispatchCase(*row), co=tuple(co)) for *row, co in rows)


def _wanted(**which: object) -> QuerySet[DispatchRow, Any]:
    return DispatchRow.objects.filter(**which).order_by("pk").values_list(*FIELDS, "co_codes")


def _cases(**which: object) -> tuple[DispatchCase, ...]:
    return case_rows(_wanted(**which))
