"""The whole tree and all units at once, with their days: for who counts by them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F

from shanzhi.kernel.organisation.models import RedrawPair, RegionState, Unit


@dataclass(frozen=True, slots=True)
class RegionSpan:
    """A region's code, name and parent from one day up to (not with) another; `until_on` None: still so."""

    region_id: int
    from_on: date
    until_on: date | None
    level: str
    code: str
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class RegionHeir:
    """What took the place of a region from a day on; `heir_id` None where nothing did."""

    region_id: int
    heir_id: int | None
    on: date


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """A unit, open from one day up to (not with) another."""

    unit_id: int
    name: str
    kind: str
    region_id: int
    opened_on: date
    closed_on: date | None


def region_spans(*, grids: bool) -> list[RegionSpan]:
    """All states that regions have ever had, by region and day, with or without grids; 1 query."""
    states = RegionState.objects.order_by("region_id", "valid")
    if not grids:
        states = states.exclude(level="grid")
    rows = states.values_list("region_id", "valid", "level", "code", "name", "parent_id")
    return [
        RegionSpan(region_id, valid.lower or date.min, valid.upper, level, code, name, parent_id)
        for region_id, valid, level, code, name, parent_id in rows.iterator(chunk_size=5000)
    ]


def region_heirs() -> list[RegionHeir]:
    """Which regions ended, and what took their place; 1 query."""
    pairs = RedrawPair.objects.exclude(new_region=F("old_region"))
    rows = pairs.order_by("redraw__effective_on", "id").values_list("old_region", "new_region", "redraw__effective_on")
    return [RegionHeir(*row) for row in rows]


def unit_spans() -> list[UnitSpan]:
    """All units that there have ever been, by id; 1 query."""
    rows = Unit.objects.order_by("id").values_list("id", "name", "kind", "region_id", "opened_on", "closed_on")
    return [UnitSpan(*row) for row in rows.iterator(chunk_size=5000)]
