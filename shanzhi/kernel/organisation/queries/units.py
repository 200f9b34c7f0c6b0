"""Units: who can be given work here. Kept in memory with their tree: asking for one by what it is costs no query."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """A unit as it stands in the table, open from a day up to (not with) another; its region's newest code."""

    unit: UnitRow
    opened_on: date
    closed_on: date | None
    in_grid: bool

    def as_of(self, tree: Tree, on: date) -> UnitRow | None:
        """The unit with its region's code of a date; None where either wasn't there."""
        if on < self.opened_on or (self.closed_on is not None and on >= self.closed_on):
            return None
        if self.in_grid:
            return self.unit
        node = tree.by_id(self.unit.region_id, on)
        if node is None:
            return None
        return self.unit if node.code == self.unit.region_code else replace(self.unit, region_code=node.code)


class _Units:
    """All units of a tree by what they are asked for. A city has some ten thousand, and each page names a dozen."""

    __slots__ = ("by_code", "by_id", "by_region")

    def __init__(self, kept: Iterable[_Kept]) -> None:
        self.by_id: dict[int, _Kept] = {}
        self.by_code: dict[str, list[_Kept]] = {}
        self.by_region: dict[int, list[_Kept]] = {}
        for one in kept:
            self.by_id[one.unit.id] = one
            self.by_code.setdefault(one.unit.code, []).append(one)
            self.by_region.setdefault(one.unit.region_id, []).append(one)


# The units of the trees last used; a change of units renews the tree's version, so these are never out of date.
_units_of: "WeakKeyDictionary[Tree, _Units]" = WeakKeyDictionary()


def _all_units(tree: Tree) -> _Units:
    found = _units_of.get(tree)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT u.id, u.kind, u.name, u.short_name, u.code, u.level, u.region_id, s.code, u.parent_id,"
                " u.department, u.opened_on, u.closed_on, s.level = 'grid' FROM organisation_unit u"
                " JOIN LATERAL (SELECT code, level FROM organisation_region_state WHERE region_id = u.region_id"
                " ORDER BY lower(valid) DESC LIMIT 1) s ON true ORDER BY u.code"
            )
            found = _Units(_Kept(_row(line[:10]), *line[10:]) for line in cursor.fetchall())
        _units_of[tree] = found
    return found


def unit_by_id(unit_id: int, on: date) -> UnitRow | None:
    """One unit, if it was open on that date."""
    return units_by_ids((unit_id,), on).get(unit_id)


def unit_by_code(code: str, on: date) -> UnitRow | None:
    """The unit with this code (`centre-3703`, `urban-management-370303`), if it was open on that date."""
    return units_by_codes((code,), on).get(code)


def units_by_codes(codes: Iterable[str], on: date) -> dict[str, UnitRow]:
    """Units as of a date by code, those that are there."""
    tree = current_tree()
    kept = _all_units(tree).by_code
    found = (one.as_of(tree, on) for code in sorted(set(codes)) for one in kept.get(code, ()))
    return {unit.code: unit for unit in found if unit is not None}


def units_by_ids(unit_ids: Iterable[int], on: date) -> dict[int, UnitRow]:
    """Many units by id; those closed on that date are left out."""
    tree = current_tree()
    kept = _all_units(tree).by_id
    found = (kept[unit_id].as_of(tree, on) for unit_id in set(unit_ids) if unit_id in kept)
    return {unit.id: unit for unit in found if unit is not None}


def unit_names(unit_ids: Iterable[int]) -> dict[int, str]:
    """The names of units, open or closed."""
    kept = _all_units(current_tree()).by_id
    return {unit_id: kept[unit_id].unit.name for unit_id in unit_ids if unit_id in kept}


def _units_in(tree: Tree, region_id: int | None, on: date) -> Iterator[UnitRow]:
    """The units that stand in just this region, by code."""
    kept = _all_units(tree).by_region.get(region_id, ()) if region_id is not None else ()
    return (unit for unit in (one.as_of(tree, on) for one in kept) if unit is not None)


def centre_for(code: str, level: Level, on: date) -> UnitRow | None:
    """The governance centre of a level that answers for a place.

    None where the level doesn't exist there (county in 东莞) or has no centre.

    Raises:
        BadCode: not the shape of a code.
    """
    tree = current_tree()
    found = _units_in(tree, _region_ids(tree, code, on).get(level), on)
    return next((one for one in found if one.kind is UnitKind.CENTRE), None)


@dataclass(frozen=True, slots=True)
class Intake:
    """Where a report goes: its region, and the governance centre that takes it in (None where there is none)."""

    region: RegionRow
    centre: UnitRow | None


def intake_for(code: str, level: Level, on: date) -> Intake | None:
    """The region that holds a code, with the centre of a level over it, else the nearest centre above.

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
    found = (
        unit
        for above in tree.upwards(node, on)
        if above.level not in low_enough
        for unit in _units_in(tree, above.region_id, on)
        if unit.kind is UnitKind.CENTRE
    )
    return Intake(_grid(code, on) or region_row(tree, node, on), next(found, None))


def _grid(code: str, on: date) -> RegionRow | None:
    """The grid with this code; None for another level's."""
    return region_of_code(code, on) if code and level_of(code) is Level.GRID else None


def unit_above(code: str, level: Level, on: date) -> UnitRow | None:
    """Who answers for a place one level above `level`, or the next level that has somebody.

    Above a grid stands its community (the committee itself, 村（居）民委员会), above that the governance centres. None
    above the city's.

    Raises:
        BadCode: not the shape of a code.
    """
    if level is Level.GRID:
        tree = current_tree()
        region_id = _region_ids(tree, code, on).get(Level.COMMUNITY)
        found = next((one for one in _units_in(tree, region_id, on) if one.kind is UnitKind.COMMUNITY), None)
        if found is not None:
            return found
        level = Level.COMMUNITY
    above = _UPWARDS[_UPWARDS.index(level) + 1 :]
    intake = intake_for(code, above[0], on) if above else None
    return intake.centre if intake else None


_UPWARDS = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP, Level.ZONE, Level.COUNTY, Level.CITY, Level.PROVINCE)


def unit_for_department(department: str, level: Level | None, code: str, on: date) -> UnitRow | None:
    """The unit of a department's type that answers for a place at a level; with None the nearest above it.

    A zone's own department comes before the county's where no level is asked for.

    Raises:
        BadCode: not the shape of a code.
    """
    tree = current_tree()
    region_ids = _region_ids(tree, code, on)
    wanted = list(region_ids.values()) if level is None else [region_ids[level]] if level in region_ids else []
    if not wanted:
        return None
    found = (one for region_id in wanted for one in _units_in(tree, region_id, on) if one.department == department)
    return next(found, None)


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


def _region_ids(tree: Tree, code: str, on: date) -> dict[Level, int]:
    """Level → region id of the regions over a place, nearest first; a zone after the township, before the county."""
    check_code(code)
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
        return [_row(line) for line in cursor.fetchall()]


def _row(line: tuple[Any, ...]) -> UnitRow:
    id_, kind, name, short_name, code, level, region_id, region_code, parent_id, department = line
    return UnitRow(
        id_, UnitKind(kind), name, short_name, code, Level(level), region_id, region_code, parent_id, department
    )
