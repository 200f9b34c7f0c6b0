"""What the background suggests for a matter on the triage desk."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Matter, Suggestion
from shanzhi.kernel.matters.operations.dispatching import cases_wanted
from shanzhi.kernel.matters.operations.upkeep import UnitFinder, precedents_wanted
from shanzhi.kernel.matters.queries.lists import MatterRow, rows_by_ids
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import UnitRow


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
    """The unit that the rule book's hints name for a category and a place; at most 2 queries a hint."""
    return UnitFinder(now).lead(category, region_code)


def alike(matter_id: int, *, now: datetime) -> tuple[MatterRow, ...]:
    """Open visible matters that the background found alike and under which this one could be linked now; at most 4 queries."""
    found = Suggestion.objects.filter(matter_id=matter_id).first()
    rows = rows_by_ids(found.similar, now=now) if found is not None and found.similar else []
    return tuple(row for row in rows if row.may_lead)


def triage_hint(matter_id: int, *, now: datetime, category: str = "", region_code: str = "") -> TriageHint:
    """The hint for a visible matter; the unit follows the category and region that the desk has chosen instead, if any.

    At most 7 queries. Without a suggestion yet (the background is behind) only the unit is worked out.
    """
    # A typed category may hold what no text in the database can.
    category, region_code = category.replace("\0", ""), region_code.replace("\0", "")
    mine, made = Matter.objects.filter(pk=matter_id), Suggestion.objects.filter(matter_id=matter_id)
    ruled = precedents_wanted(category or _chosen_in(mine, made))
    matters, suggestions, precedents, cases = together(mine, made, ruled, cases_wanted(local_date(now)))
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
        organisation.unit_by_id(unit_id, local_date(now)) if unit_id is not None else None,
        tuple(rows_by_ids(found.similar if found else (), now=now)),
        county.name if county is not None else "",
        finder.is_ruled(chosen, code),
    )


def _chosen_in(mine: QuerySet[Matter], made: QuerySet[Suggestion]) -> Coalesce:
    """The matter's category, else the likeliest: as `triage_hint` chooses, said to the database."""
    own = NullIf(Subquery(mine.values("category")), Value(""))
    return Coalesce(own, Subquery(made.values(first=KeyTextTransform(0, "categories"))))
