"""Regions, units and what counts under what, as the organisation has them now: filled when its tree has changed."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from shanzhi.kernel.facts.operations.cubes import cubes_count, lock_cubes
from shanzhi.kernel.facts.policy import columns, cube_sql, cubes
from shanzhi.kernel.facts.policy.lines import Above, Line, Lines, State, lines_of
from shanzhi.kernel.organisation import queries as organisation


@transaction.atomic
def dimensions_follow() -> bool:
    """Fill regions, units and lines anew where the organisation's tree or units have changed since; were they changed?

    Where something counts under other regions than before (a redraw that holds from today or from an earlier day), the
    cubes follow: it is taken out under the old lines and counted again under the new ones. 2 queries where nothing changed.
    """
    lock_cubes()
    version = organisation.tree_version()
    filled = filled_for()
    if version is None or version == filled:
        return False
    spans = organisation.region_spans(grids=True)
    _refill("fact_region", region_rows(spans))
    _refill("fact_unit", unit_rows())
    before = _read_lines()
    after = lines_of(State(s.region_id, s.from_on, s.until_on, s.level, s.parent_id) for s in spans)
    known = before.by_region.keys() | after.by_region.keys()
    moved = [one for one in known if before.by_region.get(one) != after.by_region.get(one)]
    if filled is None:
        _write_lines(moved, after)
        cubes_count()
    elif moved:
        _move(moved, after)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fact_tree (place, version) VALUES (1, %s)"
            " ON CONFLICT (place) DO UPDATE SET version = excluded.version",
            [version],
        )
    _kept.clear()
    return True


def region_rows(spans: Iterable[organisation.RegionSpan]) -> list[tuple[Any, ...]]:
    """Rows of `fact_region` as the organisation has them; what took a region's place stands with the state that it ended with.
    1 query."""
    became = {(heir.region_id, heir.on): heir.heir_id for heir in organisation.region_heirs()}
    return [
        (s.region_id, s.from_on, s.until_on, s.level, s.code, s.name, s.parent_id,
         None if s.until_on is None else became.get((s.region_id, s.until_on)))
        for s in spans
    ]  # fmt: skip


def unit_rows() -> list[tuple[Any, ...]]:
    """Rows of `fact_unit` as the organisation has them; 1 query."""
    return [(u.unit_id, u.name, u.kind, u.region_id, u.opened_on, u.closed_on) for u in organisation.unit_spans()]


# The lines last read, by the version that they were filled for: tens of thousands of rows that change a few times a year.
_kept: dict[UUID, Lines] = {}


def lines_now() -> Lines:
    """Under which regions things count; 1 query, 2 where they have changed. Empty where `dimensions_follow` never ran."""
    version = filled_for()
    if version is None:
        return Lines({})
    if version not in _kept:
        lines = _read_lines()
        _kept.clear()
        _kept[version] = lines
    return _kept[version]


def lines_stored() -> Lines:
    """The lines as they stand in their table, whatever the process keeps; 1 query."""
    return _read_lines()


def filled_for() -> UUID | None:
    """The version of the organisation's tree that regions, units and lines were filled for; None where they never were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM fact_tree")
        row = cursor.fetchone()
    return row[0] if row else None


def _read_lines() -> Lines:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT region_id, from_on, until_on, above_id, level, is_own FROM fact_line ORDER BY region_id, from_on, nth"
        )
        rows = cursor.fetchall()
    lines: dict[int, dict[Any, tuple[Any, list[Above]]]] = {}
    same: dict[Above, Above] = {}
    for region_id, from_on, until_on, above_id, level, is_own in rows:
        above = Above(above_id, level, is_own)
        lines.setdefault(region_id, {}).setdefault(from_on, (until_on, []))[1].append(same.setdefault(above, above))
    return Lines(
        {
            region_id: tuple(Line(from_on, until_on, tuple(above)) for from_on, (until_on, above) in spans.items())
            for region_id, spans in lines.items()
        }
    )


def _move(regions: list[int], after: Lines) -> None:
    """Take the lines of these regions out and put the new ones in; what was counted under them goes along."""
    with connection.cursor() as cursor:
        for cube in cubes.CUBES:
            if not cube.units:
                cursor.execute(cube_sql.shift(cube, "-"), {"regions": regions})
        _write_lines(regions, after)
        for cube in cubes.CUBES:
            if not cube.units:
                cursor.execute(cube_sql.shift(cube, "+"), {"regions": regions})
                cursor.execute(cube_sql.prune(cube))


def _write_lines(regions: list[int], after: Lines) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fact_line WHERE region_id = ANY(%s)", [regions])
        _copy(
            "fact_line (region_id, from_on, nth, until_on, above_id, level, is_own)",
            (
                (region_id, line.from_on, nth, line.until_on, above.region_id, above.level, above.is_own)
                for region_id in regions
                for line in after.by_region.get(region_id, ())
                for nth, above in enumerate(line.regions)
            ),
        )


def _refill(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """A small table, written whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - one of the program's own names
    table = next(table for table in columns.TABLES if table.name == name)
    _copy(f"{name} ({', '.join(column.name for column in table.columns)})", rows)


def _copy(into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
