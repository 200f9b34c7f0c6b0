"""Outlines of regions as of a day, and which region holds a point. Public by nature: where a community ends is no secret."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import numpy as np
import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from shanzhi.core.geo import Point
from shanzhi.kernel.organisation.models import ShapeDraft, ShapeLoad
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.shape_file import read_shapes
from shanzhi.kernel.organisation.policy.shapes import Judged, KnownPlace, KnownRegion, judge
from shanzhi.kernel.organisation.queries.regions import RegionRow, region_by_id

_DEEPEST = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP, Level.COUNTY, Level.CITY)
_HOLDS = "sh.holds_from <= %(on)s AND (sh.holds_until IS NULL OR sh.holds_until > %(on)s)"
_STATES = " JOIN organisation_region_state s ON s.region_id = sh.region_id AND s.valid @> %(on)s::date"
_KEEP = 2


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """A region's outline as of a day; `sketch` in degrees of WGS84, simplified for a page."""

    region_id: int
    code: str
    name: str
    sketch: BaseGeometry
    area_m2: float
    holds_from: date


def shape_of(region_id: int, on: date) -> ShapeRow | None:
    """A region's outline; 1 query."""
    return next(iter(shapes_of([region_id], on)), None)


def shapes_of(region_ids: Collection[int], on: date) -> list[ShapeRow]:
    """The outlines of some regions, as far as they have one, by code; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sh.region_id, s.code, s.short_name, sh.sketch, sh.area_m2, sh.holds_from"  # noqa: S608
            f" FROM organisation_region_shape sh{_STATES} WHERE {_HOLDS} AND sh.region_id = ANY(%(ids)s) ORDER BY s.code",
            {"on": on, "ids": list(region_ids)},
        )
        return [
            ShapeRow(region_id, code, name, shapely.from_wkb(bytes(sketch)), area, since)
            for region_id, code, name, sketch, area, since in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class LoadLine:
    """One taking over of outlines."""

    id: int
    datum: str
    holds_from: date
    shapes: int
    made_at: datetime


def shape_loads(limit: int = 20) -> list[LoadLine]:
    """What was taken over, the last first; 1 query."""
    rows = ShapeLoad.objects.order_by("-id").values_list("id", "datum", "holds_from", "shapes", "made_at")[:limit]
    return [LoadLine(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that a post has uploaded: its digest, its datum, the property with the code; inflated."""

    digest: str
    datum: str
    code_field: str
    content: bytes
    made_at: datetime


def shape_draft(post_id: int | None) -> Draft | None:
    """The file that this post has uploaded last and not taken over; 1 query."""
    found = None if post_id is None else ShapeDraft.objects.filter(post_id=post_id).first()
    if found is None:
        return None
    return Draft(found.digest, found.datum, found.code_field, zlib.decompress(found.content), found.made_at)


def shapes_judged(data: bytes, datum: str, on: date, code_field: str = "") -> Judged:
    """What taking over this file from `on` would give, and all that is wrong with it; 3 queries.

    Raises:
        BadShapeFile: it can't be read at all.
    """
    file = read_shapes(data, code_field)
    known = known_regions(on)
    return judge(file, datum, known, _held(on), _known_places(on))


def known_regions(on: date) -> dict[str, KnownRegion]:
    """All regions of the day by code, grids too; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.region_id, s.code, s.short_name, s.level, COALESCE(p.code, '') FROM organisation_region_state s"
            " LEFT JOIN organisation_region_state p ON p.region_id = s.parent_id AND p.valid @> %(on)s::date"
            " WHERE s.valid @> %(on)s::date ORDER BY s.code",
            {"on": on},
        )
        return {row[1]: KnownRegion(row[0], row[1], row[2], Level(row[3]), row[4]) for row in cursor.fetchall()}


def _held(on: date) -> dict[str, BaseGeometry]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.code, sh.outline FROM organisation_region_shape sh{_STATES} WHERE {_HOLDS}",  # noqa: S608
            {"on": on},
        )
        return {code: shapely.from_wkb(bytes(outline)) for code, outline in cursor.fetchall()}


def _known_places(on: date) -> list[KnownPlace]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.name, s.code, v.latitude::float8, v.longitude::float8 FROM organisation_place_version v"
            " JOIN organisation_region_state s ON s.region_id = v.region_id AND s.valid @> %(on)s::date"
            " WHERE v.holds_from <= %(on)s AND (v.holds_until IS NULL OR v.holds_until > %(on)s)"
            " AND v.latitude IS NOT NULL AND NOT v.is_closed ORDER BY v.place_id LIMIT 2000",
            {"on": on},
        )
        return [KnownPlace(name, code, Point(lat, lon)) for name, code, lat, lon in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Index:
    """All outlines of a day in a tree of boxes; `rank` is 0 for the deepest level."""

    tree: shapely.STRtree
    regions: tuple[int, ...]
    ranks: tuple[int, ...]


_Key = tuple[str, int, UUID | None, date]
_indexes: dict[_Key, _Index] = {}


def region_at_point(point: Point, on: date) -> RegionRow | None:
    """The deepest region whose outline holds a point of WGS84; None where none does, or there are no outlines.

    1 query, 2 or 3 with a find; 2 more in a process that hasn't read these outlines yet. The point goes nowhere.
    """
    index = _index(on)
    if index is None:
        return None
    hits = index.tree.query(shapely.Point(point.longitude, point.latitude), predicate="intersects")
    if not len(hits):
        return None
    deepest = min((int(hit) for hit in np.sort(hits)), key=lambda hit: index.ranks[hit])
    return region_by_id(index.regions[deepest], on)


def _index(on: date) -> _Index | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM organisation_shape_load),"
            " (SELECT version FROM organisation_tree_version WHERE id = 1)"
        )
        load_id, tree_version = cursor.fetchone()
    if load_id is None:
        return None
    key = (str(connection.settings_dict["NAME"]), load_id, tree_version, on)
    found = _indexes.get(key)
    if found is None:
        found = _read_index(on)
        while len(_indexes) >= _KEEP:
            _indexes.pop(next(iter(_indexes)), None)
        _indexes[key] = found
    return found


def _read_index(on: date) -> _Index:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sh.region_id, s.level, sh.outline"  # noqa: S608
            f" FROM organisation_region_shape sh{_STATES} WHERE {_HOLDS} AND s.level <> 'zone' ORDER BY s.code",
            {"on": on},
        )
        rows = cursor.fetchall()
    geometries = shapely.from_wkb([bytes(outline) for _, _, outline in rows])
    shapely.prepare(geometries)
    ranks = tuple(_DEEPEST.index(Level(level)) if level in _DEEPEST else len(_DEEPEST) for _, level, _ in rows)
    return _Index(shapely.STRtree(geometries), tuple(row[0] for row in rows), ranks)
