"""What follows from the rows of facts and from the organisation, made again: cubes, regions, units, lines."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from shanzhi.kernel.facts.operations.dimensions import filled_for, lines_stored, region_rows, unit_rows
from shanzhi.kernel.facts.policy import cube_sql
from shanzhi.kernel.facts.policy.columns import REGION, UNIT, Table
from shanzhi.kernel.facts.policy.comparing import Fault, counted_differs, dimension_differs
from shanzhi.kernel.facts.policy.cubes import CUBES
from shanzhi.kernel.facts.policy.lines import State, lines_of
from shanzhi.kernel.organisation import queries as organisation


def counted_faults(most: int) -> Iterator[Fault]:
    """Rows of cubes that aren't what the rows of facts count, at most `most` of each cube; 1 query a cube. In the caller's
    snapshot."""
    with connection.cursor() as cursor:
        for cube in CUBES:
            cursor.execute(cube_sql.differences(cube), {"most": most})
            for key in cursor.fetchall():
                yield counted_differs(cube.name, dict(zip(cube.key_names, key, strict=True)))


def dimension_faults() -> Iterator[Fault]:
    """Rows of regions, units and lines that aren't what the organisation says; none while they are still to be filled anew. In
    the caller's snapshot."""
    if filled_for() != organisation.tree_version():
        return
    spans = organisation.region_spans(grids=True)
    yield from _differ(REGION, region_rows(spans))
    yield from _differ(UNIT, unit_rows())
    should = lines_of(State(s.region_id, s.from_on, s.until_on, s.level, s.parent_id) for s in spans).by_region
    stored = lines_stored().by_region
    for region_id in sorted(should.keys() | stored.keys()):
        if should.get(region_id) != stored.get(region_id):
            yield dimension_differs("fact_line", {"region_id": region_id})


def _differ(table: Table, rows: Iterable[tuple[Any, ...]]) -> Iterator[Fault]:
    """Rows of a small table that differ from those of the organisation, by its key."""
    names, key = [column.name for column in table.columns], len(table.key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608 - own names
        stored: dict[Any, Any] = {row[:key]: row for row in cursor.fetchall()}
    should = {row[:key]: row for row in rows}
    for one in sorted(stored.keys() | should.keys()):
        if stored.get(one) != should.get(one):
            yield dimension_differs(table.name, dict(zip(names, one, strict=False)))
