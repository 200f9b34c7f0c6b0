"""What the background suggests for a matter on the triage desk."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Matter, Suggestion
from shanzhi.kernel.matters.operations.dispatching import cases_wanted
from shanzhi.kernel.matters.operations.upkeep import UnitFinder, precedents_wanted
from shanzhi.kernel.matters.queries.lists import MatterRow, rows_told
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import UnitRow

_SIMILAR = 'SELECT jsonb_array_elements_text("similar")::bigint FROM matters_suggestion WHERE matter_id = %s'


@dataclass(frozen=True, slots=True)
class TriageHint:
    """Likely categories as (code, name), the unit to suggest and whether a ruling named it (else the rule book does), like
    matters near by, and the county's centre to which a ruling gave such matters of this place (empty: none)."""

    categories: tuple[tuple[str, str], ...]
    unit: UnitRow | None
    similar: tuple[MatterRow, ...]
    ruled_county: str = ""
    is_ruled: bool = False


def suggested_unit(category: str, region_code: str, now: datetime) -> int | None:
    """The unit to suggest as lead for a category and a place; 1 query."""
    return finder_for(category, now).lead(category, region_code)


def finder_for(category: str, now: datetime) -> UnitFinder:
    """A finder that has read what there is for a category; 1 query."""
    finder = UnitFinder(now)
    finder.told(category, *together(precedents_wanted(category.replace("\0", "")), cases_wanted(finder.on)))
    return finder


def alike(matter_id: int, *, now: datetime) -> tuple[MatterRow, ...]:
    """Open visible matters that the background found alike and under which this one could be linked now; 1 query."""
    near, on = _near(matter_id), local_date(now)
    made = Suggestion.objects.filter(matter_id=matter_id).values_list("similar", flat=True)
    ids, seen, grids = together(made, near, organisation.grids_wanted(near.values("region_id"), on))
    organisation.grids_told(grids, on)
    rows = rows_told(seen, ids[0] if ids else (), now=now)
    return tuple(row for row in rows if row.may_lead)


def _near(matter_id: int) -> QuerySet[Matter]:
    """The visible matters that the background found alike; not asked yet."""
    return Matter.objects.filter(pk__in=RawSQL(_SIMILAR, [matter_id]))  # noqa: S611 - a fixed text


def triage_hint(matter_id: int, *, now: datetime, category: str = "", region_code: str = "") -> TriageHint:
    """The hint for a visible matter; the unit follows the category and region that the desk has chosen instead, if any.

    1 query. Without a suggestion yet (the background is behind) only the unit is worked out.
    """
    # A typed category may hold what no text in the database can.
    category, region_code = category.replace("\0", ""), region_code.replace("\0", "")
    mine, made = Matter.objects.filter(pk=matter_id), Suggestion.objects.filter(matter_id=matter_id)
    ruled = precedents_wanted(category or _chosen_in(mine, made))
    near, on = _near(matter_id), local_date(now)
    matters, suggestions, precedents, cases, seen, grids = together(
        mine, made, ruled, cases_wanted(on), near, organisation.grids_wanted(near.values("region_id"), on)
    )
    organisation.grids_told(grids, on)
    if not matters:
        return TriageHint((), None, ())
    matter, found = matters[0], suggestions[0] if suggestions else None
    tree = categories()
    listed = tuple((code, tree.name(code)) for code in (found.categories if found else ()))
    chosen = category or matter.category or (listed[0][0] if listed else "")
    code = region_code or matter.scope_code
    finder = UnitFinder(now)
    finder.told(chosen, precedents, cases)
    unit_id, county = finder.lead(chosen, code), finder.ruled_county(chosen, code)
    return TriageHint(
        listed,
        organisation.unit_by_id(unit_id, on) if unit_id is not None else None,
        tuple(rows_told(seen, found.similar if found else (), now=now)),
        county.name if county is not None else "",
        finder.is_ruled(chosen, code),
    )


def _chosen_in(mine: QuerySet[Matter], made: QuerySet[Suggestion]) -> Coalesce:
    """The matter's category, else the likeliest: as `triage_hint` chooses, said to the database."""
    own = NullIf(Subquery(mine.values("category")), Value(""))
    return Coalesce(own, Subquery(made.values(first=KeyTextTransform(0, "categories"))))
