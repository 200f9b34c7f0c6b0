"""Trying a version of the dispatch catalogue on matters that were dispatched already, before it decides anything."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Assignment, DispatchVersion, Matter
from shanzhi.kernel.matters.operations.dispatching import cases_of
from shanzhi.kernel.matters.operations.upkeep import UnitFinder
from shanzhi.kernel.matters.policy.dispatching import choose_case
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation

TRIAL_MOST, LISTED_MOST = 5000, 200


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
    """A version of the dispatch catalogue; `live_at` None: a draft."""

    id: int
    holds_from: date
    note: str
    loaded_at: datetime
    live_at: datetime | None


def dispatch_versions() -> tuple[VersionRow, ...]:
    """All versions, newest first; 1 query."""
    rows = DispatchVersion.objects.order_by("-pk")
    return tuple(VersionRow(row.pk, row.holds_from, row.note, row.loaded_at, row.live_at) for row in rows)


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
