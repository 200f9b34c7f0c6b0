"""The dispatch catalogue as people read it: versions, their rows in words, and a trial on matters of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.matters.models import Assignment, DispatchRow, DispatchVersion, Matter
from shanzhi.kernel.matters.operations.dispatching import FIELDS, NoDispatchVersion, cases_of, known_for
from shanzhi.kernel.matters.operations.upkeep import UnitFinder
from shanzhi.kernel.matters.policy.dispatching import DispatchCase, Fault, choose_case, find_faults
from shanzhi.kernel.matters.queries.triage import finder_for
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation

TRIAL_MOST, LISTED_MOST = 5000, 200
PAGE, VERSIONS_MOST = 25, 200


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A matter that the version would have given to another unit than the one that led it last."""

    number: str
    category_name: str
    was: str
    would_be: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How a version does on old matters: how many were tried, for how many it has a row that names a unit, how many of
    these would have gone elsewhere, and the newest two hundred of them."""

    tried: int
    decided: int
    elsewhere: int
    listed: tuple[Elsewhere, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of the dispatch catalogue; `live_at` None: a draft. `rows` is how many it has."""

    id: int
    holds_from: date
    note: str
    loaded_at: datetime
    live_at: datetime | None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row of a version, in words beside its codes. `limit` is a message with its amount; `fault` says that the unit it
    names isn't there (any more)."""

    id: int
    edit: int
    case: DispatchCase
    category_name: str
    place_name: str
    unit_name: str
    co_names: tuple[str, ...]
    limit: Duration
    is_unit_gone: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a version's rows; `after` is the id to go on from, 0 at the end."""

    rows: tuple[CaseRow, ...]
    after: int


@dataclass(frozen=True, slots=True)
class DispatchHint:
    """What the catalogue (or, where it is silent, the rule book) says of a case: the lead, who helps as (id, name), and
    by the catalogue alone the limit and the legal ground."""

    unit_id: int
    unit_name: str
    co: tuple[tuple[int, str], ...] = ()
    limit: Duration | None = None
    ground: str = ""


def dispatch_versions() -> tuple[VersionRow, ...]:
    """All versions, newest first; 1 query."""
    return tuple(_version(row) for row in _counted().order_by("-pk")[:VERSIONS_MOST])


def dispatch_version(version_id: int) -> VersionRow:
    """One version; 1 query.

    Raises:
        NoDispatchVersion: there is none of this number.
    """
    row = _counted().filter(pk=version_id).first()
    if row is None:
        raise NoDispatchVersion(msg("没有这一版派单目录。请核对编号。"))
    return _version(row)


def _counted() -> QuerySet[DispatchVersion]:
    counted = DispatchRow.objects.filter(version=OuterRef("pk")).order_by().values("version").annotate(n=Count("pk"))
    return DispatchVersion.objects.annotate(rows=Coalesce(Subquery(counted.values("n")), 0))


def _version(row: Any) -> VersionRow:
    return VersionRow(row.pk, row.holds_from, row.note, row.loaded_at, row.live_at, row.rows)


def dispatch_in_force(on: date) -> int | None:
    """The version that decides on a day; None: none yet; 1 query."""
    newest = DispatchVersion.objects.filter(live_at__isnull=False, holds_from__lte=on)
    return newest.order_by("-holds_from", "-pk").values_list("pk", flat=True).first()


def dispatch_rows(
    version_id: int, *, on: date, category: str = "", region: str = "", unit: str = "", after: int = 0
) -> CasePage:
    """Rows of a version, 25 a page, by the order in which they were added. `category` also takes in what lies below a
    first-level one; `region` what lies within it; `unit` is part of a code or of a kind's name; about 3 queries."""
    rows = DispatchRow.objects.filter(version=version_id, pk__gt=after)
    if category:
        rows = rows.filter(Q(category=category) | Q(category__startswith=f"{category}."))
    if region:
        rows = rows.filter(region_code__startswith=region)
    if unit.strip():
        rows = rows.filter(_unit_like(unit.strip(), on))
    found = list(rows.order_by("pk")[: PAGE + 1])
    return CasePage(_in_words(found[:PAGE], on), found[PAGE - 1].pk if len(found) > PAGE else 0)


def _unit_like(text: str, on: date) -> Q:
    kinds = [item.code for item in organisation.unit_catalogue().departments if text in item.name]
    everywhere = organisation.top_regions(on)
    codes = [unit.code for top in everywhere for unit in organisation.units_within(top.ranges, on, text=text)]
    return Q(unit_kind__in=[*kinds, text]) | Q(unit_code__in=[*codes, text])


def dispatch_row(version_id: int, row_id: int, *, on: date) -> CaseRow | None:
    """One row of a version; None where it is gone; 2 queries."""
    row = DispatchRow.objects.filter(version=version_id, pk=row_id).first()
    return next(iter(_in_words([row], on)), None) if row is not None else None


def _in_words(rows: Sequence[DispatchRow], on: date) -> tuple[CaseRow, ...]:
    tree, catalogue = categories(), organisation.unit_catalogue()
    kinds = {item.code: item.name for item in catalogue.departments} | {"township": msg("乡镇（街道）")}
    wanted = {code for row in rows for code in (row.unit_code, *row.co_codes) if code} - set(kinds)
    units = organisation.units_by_codes(wanted, on) if wanted else {}
    names = {code: unit.name for code, unit in units.items()} | kinds
    places = {code: _place_name(code, on) for code in {row.region_code for row in rows}}
    return tuple(
        CaseRow(
            id=row.pk,
            edit=row.edit,
            case=replace(DispatchCase(*(getattr(row, name) for name in FIELDS)), co=tuple(row.co_codes)),
            category_name=tree.name(row.category),
            place_name=places[row.region_code],
            unit_name=names.get(row.unit_code or row.unit_kind, row.unit_code or row.unit_kind),
            co_names=tuple(names.get(code, code) for code in row.co_codes),
            limit=Duration.parse(row.limit_text),
            is_unit_gone=bool(row.unit_code) and row.unit_code not in units,
        )
        for row in rows
    )


def _place_name(code: str, on: date) -> str:
    """The name of a place; empty for the whole city, the code where nobody has it any more."""
    region = organisation.region_of_code(code, on) if code else None
    return region.name if region is not None else code


def dispatch_cases(version_id: int) -> tuple[DispatchCase, ...]:
    """A version's rows by their codes, all of them; 1 query."""
    return cases_of(version_id)


def dispatch_faults(version_id: int, *, on: date) -> tuple[Fault, ...]:
    """What keeps a version from going live: closed units, retired categories, …, by the number of the row; 3 queries."""
    rows = [replace(row, line=line) for line, row in enumerate(cases_of(version_id), start=1)]
    return tuple(find_faults(rows, known_for(rows, on)))


def dispatch_hint(category: str, region_code: str, now: datetime) -> DispatchHint | None:
    """Whom a case would go to today, by the catalogue or else by the rule book's hints; None where both lead nowhere;
    1 query."""
    return hint_found(finder_for(category, now), category, region_code)


def hint_found(finder: UnitFinder, category: str, region_code: str) -> DispatchHint | None:
    """The same out of what a finder was told of the category; no query."""
    case, unit_id = finder.decide(category, region_code)
    if unit_id is None:
        return None
    co = finder.helpers(case, region_code) if case is not None else ()
    units = organisation.units_by_ids({unit_id, *co}, finder.on)
    if unit_id not in units:
        return None
    helping = tuple((one, units[one].name) for one in co if one in units and one != unit_id)
    if case is None:
        return DispatchHint(unit_id, units[unit_id].name)
    return DispatchHint(unit_id, units[unit_id].name, helping, Duration.parse(case.limit_text), case.ground)


def dispatch_trial(version_id: int, *, now: datetime, most: int = TRIAL_MOST) -> Trial:
    """Try a version on the newest matters that had a lead, as far as whoever asks sees them."""
    rows, finder = cases_of(version_id), UnitFinder(now)
    lead = Assignment.objects.filter(matter=OuterRef("pk"), part="lead").order_by("-pk").values("unit_id")[:1]
    matters = Matter.objects.annotate(last_lead=Subquery(lead)).filter(last_lead__isnull=False).order_by("-pk")
    decided, moved = 0, []
    tried = list(matters.values_list("number", "category", "scope_code", "last_lead")[:most])
    for number, category, place, was in tried:
        case = choose_case(rows, category, place)
        unit = finder.of_case(case, place) if case is not None else None
        if unit is None:
            continue
        decided += 1
        if unit != was:
            moved.append((number, category, was, unit))
    shown = moved[:LISTED_MOST]
    names = organisation.units_by_ids({unit for row in shown for unit in row[2:]}, local_date(now))
    tree = categories()
    listed = tuple(
        Elsewhere(
            number,
            tree.name(category),
            names[was].name if was in names else "",
            names[unit].name if unit in names else "",
        )
        for number, category, was, unit in shown
    )
    return Trial(len(tried), decided, len(moved), listed)
