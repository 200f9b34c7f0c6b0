"""Ids into names, many at once."""

from collections.abc import Iterable
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import Light, light
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.organisation import queries as organisation


class Names:
    """Names of the units and regions that a page shows: 1 query for the tree, 1 more for grids that weren't read yet."""

    def __init__(self, matters: Iterable[Matter], now: datetime, more_units: Iterable[int] = ()) -> None:
        rows = list(matters)
        self.on = local_date(now)
        ids = {unit for row in rows for unit in (row.holder_unit_id, row.intake_unit_id) if unit is not None}
        wanted = ids | set(more_units)
        self._units = organisation.units_by_ids(wanted, self.on)
        # What a closed unit did stays its own.
        self._closed = organisation.unit_names(missing) if (missing := wanted - self._units.keys()) else {}
        self._regions = organisation.paths_of({row.region_id for row in rows}, self.on)

    def unit(self, unit_id: int | None) -> str:
        """A unit's short name, of a closed one too; a dash for none."""
        found = self._units.get(unit_id) if unit_id is not None else None
        return found.short_name if found else self._closed.get(unit_id or 0, "—")

    def unit_full(self, unit_id: int | None) -> str:
        """A unit's official name."""
        found = self._units.get(unit_id) if unit_id is not None else None
        return found.name if found else self._closed.get(unit_id or 0, "—")

    def region(self, region_id: int) -> str:
        """A region's names from the county down."""
        return self._regions.get(region_id, "—")


def light_of(matter: Matter, now: datetime) -> Light | None:
    """Where the matter's clock stands; None when it has ended."""
    if matter.due_at is None or matter.warn_at is None:
        return None
    return light(now, matter.warn_at, matter.due_at)
