"""Units: who can be given work here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Level, UnitKind, check_code, level_of
from shanzhi.kernel.organisation.queries.regions import RegionRow, region_of_code, region_row
from shanzhi.kernel.organisation.tree import Tree, current_tree


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit with its region's code as of a date. `department` is the code of its type in the rule book."""

    id: int
    kind: UnitKind
    name: str
    short_name: str
    code: str
    level: Level
    region_id: int
    region_code: str
    parent_id: int | None
    department: str | None


_UNITS = (
    "SELECT u.id, u.kind, u.name, u.short_name, u.code, u.level, u.region_id, s.code, u.parent_id, u.department"
    " FROM organisation_unit u"
    " JOIN organisation_region_state s ON s.region_id = u.region_id AND s.valid @> %(on)s::date"
    " WHERE u.opened_on <= %(on)s AND (u.closed_on IS NULL OR u.closed_on > %(on)s)"
)


def unit_by_id(unit_id: int, on: date) -> UnitRow | None:
    """One unit, if it was open on that date; 1 query."""
    return next(iter(_units(" AND u.id = %(id)s", on, id=unit_id)), None)


def unit_by_code(code: str, on: date) -> UnitRow | None:
    """The unit with this code (`centre-3703`, `urban-management-370303`), if it was open on that date; 1 query."""
    return next(iter(_units(" AND u.code = %(code)s", on, code=code)), None)


def units_by_codes(codes: Iterable[str], on: date) -> dict[str, UnitRow]:
    """Units as of a date by code, those that are there; 1 query."""
    return {unit.code: unit for unit in _units(" AND u.code = ANY(%(codes)s)", on, codes=sorted(set(codes)))}


def units_by_ids(unit_ids: Iterable[int], on: date) -> dict[int, UnitRow]:
    """Many units by id; those closed on that date are left out; 1 query."""
    return {unit.id: unit for unit in _units(" AND u.id = ANY(%(ids)s)", on, ids=list(unit_ids))}


def centre_for(code: str, level: Level, on: date) -> UnitRow | None:
    """The governance centre of a level that answers for a place; 2 queries.

    None where the level doesn't exist there (county in 东莞) or has no centre.

    Raises:
        BadCode: not the shape of a code.
    """
    region_id = _region_ids(code, on).get(level)
    if region_id is None:
        return None
    return next(iter(_units(" AND u.kind = 'centre' AND u.region_id = %(region)s", on, region=region_id)), None)


@dataclass(frozen=True, slots=True)
class Intake:
    """Where a report goes: its region, and the governance centre that takes it in (None where there is none)."""

    region: RegionRow
    centre: UnitRow | None


# The centres of the trees last used; a change of units renews the tree's version, so these are never out of date.
_centres: "WeakKeyDictionary[Tree, dict[int, list[tuple[date, date | None, UnitRow]]]]" = WeakKeyDictionary()


def intake_for(code: str, level: Level, on: date) -> Intake | None:
    """The region that holds a code, with the centre of a level over it, else the nearest centre above; 1 query.

    An empty code means the whole city. None where nobody holds the code (an unknown
    grid counts as its community). 1 query more for a grid.

    Raises:
        BadCode: not the shape of a code.
    """
    tree = current_tree()
    node = next(iter(tree.children(None, on)), None)
    if code:
        check_code(code)
        node = tree.at_or_above(code, on) if level_of(code) is Level.GRID else tree.by_code(code, on)
    if node is None:
        return None
    low_enough = _UPWARDS[: _UPWARDS.index(level)]
    centres = _centres_of(tree)
    found = (
        unit
        for above in tree.upwards(node, on)
        if above.level not in low_enough
        for opened_on, closed_on, unit in centres.get(above.region_id, ())
        if opened_on <= on and (closed_on is None or on < closed_on)
    )
    return Intake(_grid(code, on) or region_row(tree, node, on), next(found, None))


def _grid(code: str, on: date) -> RegionRow | None:
    """The grid with this code; None for another level's."""
    return region_of_code(code, on) if code and level_of(code) is Level.GRID else None


def unit_above(code: str, level: Level, on: date) -> UnitRow | None:
    """Who answers for a place one level above `level`, or the next level that has somebody; 1 or 2 queries.

    Above a grid stands its community (the committee itself, 村（居）民委员会), above that the governance centres. None
    above the city's.

    Raises:
        BadCode: not the shape of a code.
    """
    if level is Level.GRID:
        region_id = _region_ids(code, on).get(Level.COMMUNITY)
        found = _units(" AND u.kind = 'community' AND u.region_id = %(region)s", on, region=region_id)
        if found:
            return found[0]
        level = Level.COMMUNITY
    above = _UPWARDS[_UPWARDS.index(level) + 1 :]
    intake = intake_for(code, above[0], on) if above else None
    return intake.centre if intake else None


_UPWARDS = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP, Level.ZONE, Level.COUNTY, Level.CITY, Level.PROVINCE)


def _centres_of(tree: Tree) -> dict[int, list[tuple[date, date | None, UnitRow]]]:
    found = _centres.get(tree)
    if found is None:
        found = {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT u.id, u.kind, u.name, u.short_name, u.code, u.level, u.region_id, s.code, u.parent_id,"
                " u.department, u.opened_on, u.closed_on FROM organisation_unit u"
                " JOIN LATERAL (SELECT code FROM organisation_region_state WHERE region_id = u.region_id"
                " ORDER BY lower(valid) DESC LIMIT 1) s ON true WHERE u.kind = 'centre'"
            )
            for (
                id_,
                kind,
                name,
                short,
                slug,
                level,
                region,
                code,
                parent,
                department,
                opened,
                closed,
            ) in cursor.fetchall():
                unit = UnitRow(id_, UnitKind(kind), name, short, slug, Level(level), region, code, parent, department)
                found.setdefault(region, []).append((opened, closed, unit))
        _centres[tree] = found
    return found


def unit_for_department(department: str, level: Level | None, code: str, on: date) -> UnitRow | None:
    """The unit of a department's type that answers for a place at a level; with None the nearest above it; 2 queries.

    A zone's own department comes before the county's where no level is asked for.

    Raises:
        BadCode: not the shape of a code.
    """
    region_ids = _region_ids(code, on)
    wanted = list(region_ids.values()) if level is None else [region_ids[level]] if level in region_ids else []
    if not wanted:
        return None
    found = {
        unit.region_id: unit
        for unit in _units(
            " AND u.department = %(department)s AND u.region_id = ANY(%(regions)s)",
            on,
            department=department,
            regions=wanted,
        )
    }
    return next((found[region_id] for region_id in wanted if region_id in found), None)


def units_within(
    ranges: CodeRanges,
    on: date,
    *,
    kinds: Collection[UnitKind] = tuple(UnitKind),
    levels: Collection[Level] = tuple(Level),
    text: str = "",
    limit: int = 200,
) -> list[UnitRow]:
    """Units that stand in `ranges`, from the city down and by code; `text` must be part of a name; 1 query."""
    return _units(
        " AND s.code <@ %(ranges)s::codemultirange"
        " AND u.kind = ANY(%(kinds)s) AND u.level = ANY(%(levels)s)"
        " AND (strpos(u.name, %(text)s) > 0 OR strpos(u.short_name, %(text)s) > 0)"
        " ORDER BY length(s.code), s.code, u.code LIMIT %(limit)s",
        on,
        ranges=ranges.to_pg(),
        kinds=[str(kind) for kind in kinds],
        levels=[str(level) for level in levels],
        text=text.strip(),
        limit=limit,
    )


def units_named(words: str, on: date) -> list[UnitRow]:
    """The open units with just this code, name or short name; 1 query."""
    return _units(" AND %(words)s IN (u.code, u.name, u.short_name) ORDER BY u.code LIMIT 20", on, words=words)


def _region_ids(code: str, on: date) -> dict[Level, int]:
    """Level → region id of the regions over a place, nearest first; a zone after the township, before the county."""
    check_code(code)
    tree = current_tree()
    node = tree.at_or_above(code, on)
    if node is None:
        return {}
    line = tree.upwards(node, on)
    local = [above for above in line if above.level in (Level.COMMUNITY, Level.TOWNSHIP)]
    higher = [above for above in line if above not in local]
    return {above.level: above.region_id for above in (*local, *tree.zones_over(code, on)[:1], *higher)}


def _units(condition: str, on: date, **params: Any) -> list[UnitRow]:
    """Units that meet a condition; `condition` is one of this module's own texts."""
    with connection.cursor() as cursor:
        cursor.execute(_UNITS + condition, {"on": on, **params})
        return [
            UnitRow(id_, UnitKind(kind), name, short, code, Level(level), region, region_code, parent, department)
            for id_, kind, name, short, code, level, region, region_code, parent, department in cursor.fetchall()
        ]
