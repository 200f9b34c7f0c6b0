"""Regions by code, by name and by place in the tree."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.models import RegionState
from shanzhi.kernel.organisation.policy import Level, check_code, level_of
from shanzhi.kernel.organisation.tree import Node, Tree, current_tree, held_grids

GRID_DIGITS = 15


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as of a date. `path` are the names from the county down; `ranges` the codes that belong to it."""

    id: int
    level: Level
    code: str
    name: str
    short_name: str
    path: str
    parent_id: int | None
    ranges: CodeRanges


def region_of_code(code: str, on: date) -> RegionRow | None:
    """The region that held exactly this code on that date; 1 query, 2 for a grid, which a page reads once.

    Raises:
        BadCode: not the shape of a code.
    """
    tree = current_tree()
    if level_of(code) is Level.GRID:
        return _grid(tree, code, on)
    node = tree.by_code(code, on)
    return None if node is None else region_row(tree, node, on)


def region_by_id(region_id: int, on: date) -> RegionRow | None:
    """The region with this permanent id, as of a date; 1 query, 2 for a grid, which a page reads once."""
    tree = current_tree()
    node = tree.by_id(region_id, on)
    if node is not None:
        return region_row(tree, node, on)
    return held_grids(on).get(region_id) or next(iter(_grids(tree, "s.region_id = %s", region_id, on)), None)


def region_at_or_above(code: str, on: date) -> RegionRow | None:
    """The deepest region that holds `code` or a code above it, grids aside; 1 query.

    For a code that came from outside: an unknown community falls to its township, an unknown place to the city.

    Raises:
        BadCode: not the shape of a code.
    """
    check_code(code)
    tree = current_tree()
    node = tree.at_or_above(code, on)
    return None if node is None else region_row(tree, node, on)


def children(parent: int | str, on: date) -> list[RegionRow]:
    """The regions directly below one, given by id or code, ordered by code; 1 query, 2 below a community.

    Below a city its zones come with its counties (tell them by `level`); below a zone what it covers of townships.
    """
    tree = current_tree()
    node = tree.by_id(parent, on) if isinstance(parent, int) else tree.by_code(parent, on)
    if node is None:
        return []
    if node.level is Level.COMMUNITY:
        return _grids(tree, "s.parent_id = %s", node.region_id, on)
    if node.level is Level.ZONE:
        covered = (below for below in tree.of_levels({Level.TOWNSHIP}, on) if node.ranges.contains(below.code))
        return [region_row(tree, below, on) for below in covered]
    return [region_row(tree, below, on) for below in tree.children(node.region_id, on)]


def top_regions(on: date) -> list[RegionRow]:
    """The regions with nothing above them: as a rule the city; 1 query."""
    tree = current_tree()
    return [region_row(tree, node, on) for node in tree.children(None, on)]


def path(code: str, on: date) -> list[RegionRow]:
    """From the top down to the region with this code, itself last; 1 query, 2 for a grid.

    Empty if nobody held the code on that date.

    Raises:
        BadCode: not the shape of a code.
    """
    tree = current_tree()
    grid: list[RegionRow] = []
    node = tree.by_code(code, on)
    if level_of(code) is Level.GRID:
        found = _grid(tree, code, on)
        grid = [found] if found else []
        node = tree.by_id(grid[0].parent_id, on) if grid and grid[0].parent_id is not None else None
    if node is None:
        return grid
    return [region_row(tree, above, on) for above in reversed(tree.upwards(node, on))] + grid


def paths_of(region_ids: Collection[int], on: date) -> dict[int, str]:
    """The path names of many regions by id; 1 query, 2 where grids are among them that the page hasn't read yet."""
    tree = current_tree()
    nodes = {region_id: tree.by_id(region_id, on) for region_id in region_ids}
    paths = {region_id: tree.path_name(node, on) for region_id, node in nodes.items() if node is not None}
    known = held_grids(on)
    paths |= {region_id: known[region_id].path for region_id in nodes if region_id in known}
    grids = [region_id for region_id in nodes if region_id not in paths]
    if grids:
        paths |= {row.id: row.path for row in _grids(tree, "s.region_id = ANY(%s)", grids, on)}
    return paths


def paths_of_codes(codes: Collection[str], on: date) -> dict[str, str]:
    """The path names of the regions that held these codes on that date, by code, grids aside; 1 query."""
    tree = current_tree()
    nodes = {code: tree.by_code(code, on) for code in codes}
    return {code: tree.path_name(node, on) for code, node in nodes.items() if node is not None}


def zones_over(code: str, on: date) -> list[RegionRow]:
    """The functional zones that cover this code; 1 query."""
    tree = current_tree()
    return [region_row(tree, node, on) for node in tree.zones_over(code, on)]


def communities_for_picker(city_code: str, on: date) -> list[RegionRow]:
    """All communities of a city, by code and so by county and township; 1 query. 淄博: 2,931 rows."""
    tree = current_tree()
    city = tree.by_code(city_code, on)
    if city is None:
        return []
    return [
        region_row(tree, node, on) for node in tree.of_levels({Level.COMMUNITY}, on) if city.ranges.contains(node.code)
    ]


def find_regions(
    text: str,
    *,
    on: date,
    within: CodeRanges | None = None,
    levels: Collection[Level] = (Level.COMMUNITY,),
    limit: int = 20,
) -> list[RegionRow]:
    """Regions whose path holds every word of `text`, best first; 1 query.

    “世纪”, “马尚 世纪花园”, “张店区马尚街道世纪花园社区” and the code all find the same. Best is a name that begins
    with the last word, then one that holds it, then those where only the path does. An empty text finds nothing.
    """
    words = text.split()
    if not words or limit < 1:
        return []
    tree = current_tree()
    found: list[tuple[int, str, RegionRow]] = []
    for node in tree.of_levels(set(levels), on):
        if within is not None and not within.contains(node.code):
            continue
        rank = _rank(tree, node, words, on)
        if rank is not None:
            found.append((rank, node.code, region_row(tree, node, on)))
    found.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in found[:limit]]


def _rank(tree: Tree, node: Node, words: list[str], on: date) -> int | None:
    """How well a region fits; smaller is better, None is not at all."""
    last = words[-1]
    if last in {node.code, node.name, node.short_name}:
        return 0
    spelt = tree.path_name(node, on).replace(" ", "")
    if not all(word in spelt or word in node.name or node.code.startswith(word) for word in words):
        # The whole path in one word, with the official ending: 张店区马尚街道世纪花园社区居委会.
        official = spelt.removesuffix(node.short_name) + node.name
        return 3 if all(word in official for word in words) else None
    if node.short_name.startswith(last):
        return 1
    return 2 if last in node.name else 3


def region_row(tree: Tree, node: Node, on: date) -> RegionRow:
    """A tree's node as a row."""
    return RegionRow(
        node.region_id,
        node.level,
        node.code,
        node.name,
        node.short_name,
        tree.path_name(node, on),
        node.parent_id,
        node.ranges,
    )


def _grid(tree: Tree, code: str, on: date) -> RegionRow | None:
    known = (row for row in held_grids(on).values() if row.code == code)
    return next(known, None) or next(iter(_grids(tree, "s.code = %s", code, on)), None)


def _grids(tree: Tree, condition: str, value: int | str | list[int], on: date) -> list[RegionRow]:
    """Grids from the database, by code; `condition` is one of this module's own texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.region_id, s.code, s.name, s.short_name, s.parent_id, s.ranges::text"  # noqa: S608
            f" FROM organisation_region_state s WHERE {condition} AND s.level = 'grid' AND s.valid @> %s::date"
            " ORDER BY s.code",
            [value, on],
        )
        rows = cursor.fetchall()
    return _told(tree, ((*row[:5], CodeRanges.parse(row[5])) for row in rows), on)


def grids_wanted(region_ids: QuerySet[Any, Any], on: date) -> QuerySet[RegionState, Any]:
    """The grids among some regions as of a day, not asked yet: for who reads them in one statement with other things, and
    tells them by `grids_told`, so that a page needn't ask for their names."""
    return _as_grids(RegionState.objects.filter(region_id__in=region_ids), on)


def grid_wanted(code: str, on: date) -> QuerySet[RegionState, Any]:
    """The grid that holds this code as of a day, not asked yet (`grids_told`); nothing where no grid's code is like that."""
    is_grid = code.isascii() and code.isdigit() and len(code) == GRID_DIGITS
    grids = RegionState.objects.filter(code=code) if is_grid else RegionState.objects.none()
    return _as_grids(grids, on)


def _as_grids(states: QuerySet[RegionState], on: date) -> QuerySet[RegionState, Any]:
    grids = states.filter(level=Level.GRID.value, valid__contains=on)
    return grids.values_list("region_id", "code", "name", "short_name", "parent_id", "ranges")


def grids_told(found: Iterable[tuple[Any, ...]], on: date) -> list[RegionRow]:
    """What `grids_wanted` found; no query but the tree's."""
    return _told(current_tree(), found, on)


def _told(tree: Tree, rows: Iterable[tuple[Any, ...]], on: date) -> list[RegionRow]:
    """Grids as rows, which the page knows from then on."""
    grids = []
    for region_id, code, name, short_name, parent_id, ranges in rows:
        community = tree.by_id(parent_id, on)
        above = "" if community is None else tree.path_name(community, on) + " "
        grids.append(RegionRow(region_id, Level.GRID, code, name, short_name, above + short_name, parent_id, ranges))
    held_grids(on).update((row.id, row) for row in grids)
    return grids
