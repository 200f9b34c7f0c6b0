"""Places as of a date: by id, by region, near a point, by words, and what a new one is compared with.

Public by nature: a place's name, point and organisations; nothing about anybody who lives or works there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import connection
from django.db.models import FloatField, Q, QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.core.geo import EARTH_M, Box, Point, box_around
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.organisation.models import PlaceVersion
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import Known, PlaceCatalogue, PlaceKind, PlaceSaid, city_box
from shanzhi.kernel.organisation.queries.regions import RegionRow, grids_told, paths_of, region_by_id
from shanzhi.kernel.organisation.tree import current_tree

PAGE = 25
NEAR_MOST_M = 5_000.0
NEAR_KNOWN_M = 150.0
"""A point so near to known places lies where they lie."""
WORDS_MOST = 6


def place_catalogue() -> PlaceCatalogue:
    """The kinds of places as they are in force; no query."""
    return cast(PlaceCatalogue, catalogue.section("places"))


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place as of a date. `region_path` are the names from the county down; `metres` from where it was asked."""

    id: int
    version: int
    mark: str
    kind: str
    kind_name: str
    name: str
    also: str
    address: str
    region_id: int
    region_code: str
    region_path: str
    point: Point | None
    firm: str
    firm_phone: str
    committee: str
    committee_phone: str
    is_closed: bool
    holds_from: date
    source: str
    source_number: str
    metres: float | None = None

    def said(self) -> PlaceSaid:
        """What is said of it, as it would be said again."""
        return PlaceSaid(
            name=self.name,
            kind=self.kind,
            region_code=self.region_code,
            also=self.also,
            address=self.address,
            latitude=self.point.latitude if self.point else None,
            longitude=self.point.longitude if self.point else None,
            firm=self.firm,
            firm_phone=self.firm_phone,
            committee=self.committee,
            committee_phone=self.committee_phone,
        )


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """Which places: in these ranges, of this kind, with these words in name, other names or address."""

    ranges: CodeRanges | None = None
    kind: str = ""
    words: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """A page of places, by id; `after` leads to the next one (0: there is none). `total` is capped at 1,001."""

    rows: tuple[PlaceRow, ...]
    after: int
    total: int


_COLUMNS = (
    "p.id, v.version, p.mark, v.kind, v.name, v.also, v.address, v.region_id, s.code, v.latitude::float8,"
    " v.longitude::float8, v.firm, v.firm_phone, v.committee, v.committee_phone, v.is_closed, v.holds_from,"
    " COALESCE(p.source, ''), COALESCE(p.source_number, '')"
)
# The grid in which a place lies, read along with it: who asks for a place shows where it is.
_GRID = ", s.level = 'grid' AND s.valid @> %(on)s::date, s.name, s.short_name, s.parent_id, s.ranges::text"
_GRID_WIDTH = 5
# A region that is gone on that day still tells where the place lay, until the place has followed it.
_FROM = (
    " FROM organisation_place p JOIN organisation_place_version v ON v.place_id = p.id"
    " AND v.holds_from <= %(on)s AND (v.holds_until IS NULL OR v.holds_until > %(on)s)"
    " JOIN LATERAL (SELECT s.* FROM organisation_region_state s WHERE s.region_id = v.region_id"
    " AND lower(s.valid) <= %(on)s ORDER BY lower(s.valid) DESC LIMIT 1) s ON true WHERE true"
)
_METRES_FROM = (
    "2 * {earth} * asin(sqrt(least(1, sin(radians(latitude::float8 - {lat}) / 2) ^ 2"
    " + cos(radians({lat})) * cos(radians(latitude::float8))"
    " * sin(radians(longitude::float8 - {lon}) / 2) ^ 2)))"
)
_METRES = _METRES_FROM.format(earth="%(earth)s", lat="%(lat)s", lon="%(lon)s")
TOTAL_CAP = 1_001


def place_by_id(place_id: int, on: date) -> PlaceRow | None:
    """A place as of a date, closed or not; None where it wasn't there; 2 queries."""
    return next(iter(_rows(" AND p.id = %(id)s", on, id=place_id)), None)


def place_by_mark(place_id: int, mark: str, on: date) -> PlaceRow | None:
    """The place whose QR code this is, as of a date."""
    return next(iter(_rows(" AND p.id = %(id)s AND p.mark = %(mark)s", on, id=place_id, mark=mark)), None)


def place_by_source(source: str, number: str, on: date) -> PlaceRow | None:
    """The place with this number of this source, as of a date."""
    condition = " AND p.source = %(source)s AND p.source_number = %(number)s"
    return next(iter(_rows(condition, on, source=source, number=number)), None)


def places_by_ids(place_ids: Iterable[int], on: date) -> dict[int, PlaceRow]:
    """Places by id, as of a date; 2 queries."""
    return {row.id: row for row in _rows(" AND p.id = ANY(%(ids)s)", on, ids=list(place_ids))}


def places_page(wanted: PlaceFilter, on: date, *, after: int = 0, size: int = PAGE) -> PlacesPage:
    """A page of places by id; 3 queries."""
    condition, params = _condition(wanted)
    rows = _rows(
        condition + " AND p.id > %(after)s ORDER BY p.id LIMIT %(size)s", on, after=after, size=size + 1, **params
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1{_FROM}{condition} LIMIT {TOTAL_CAP}) found",  # noqa: S608
            {"on": on, **params},
        )
        total = cursor.fetchone()[0]
    return PlacesPage(tuple(rows[:size]), rows[size - 1].id if len(rows) > size else 0, total)


def places_within(ranges: CodeRanges, on: date, *, kinds: Iterable[str] = (), limit: int = 2_000) -> list[PlaceRow]:
    """The open places of some ranges, by id; 2 queries."""
    condition = " AND NOT v.is_closed AND s.code <@ %(ranges)s::codemultirange"
    condition += " AND v.kind = ANY(%(kinds)s)" if kinds else ""
    return _rows(
        condition + " ORDER BY p.id LIMIT %(limit)s", on, ranges=ranges.to_pg(), kinds=list(kinds), limit=limit
    )


def places_near(
    point: Point, on: date, *, metres: float = 1_000.0, ranges: CodeRanges | None = None, limit: int = 10
) -> list[PlaceRow]:
    """Open places within so many metres (5 km at most), the nearest first; by a box on the index, then the sphere."""
    box = box_around(point, min(metres, NEAR_MOST_M))
    condition = (
        " AND NOT v.is_closed AND v.latitude BETWEEN %(south)s AND %(north)s AND v.longitude BETWEEN %(west)s AND %(east)s"
        + (" AND s.code <@ %(ranges)s::codemultirange" if ranges is not None else "")
        + f" AND {_METRES} <= %(metres)s ORDER BY {_METRES}, p.id LIMIT %(limit)s"
    )
    return _rows(
        condition,
        on,
        metres_too=True,
        south=box.south,
        north=box.north,
        west=box.west,
        east=box.east,
        ranges=ranges.to_pg() if ranges is not None else "",
        metres=min(metres, NEAR_MOST_M),
        limit=limit,
        lat=point.latitude,
        lon=point.longitude,
        earth=EARTH_M,
    )


def near_wanted(point: Point, on: date, *, metres: float, but: int, limit: int = 10) -> QuerySet[PlaceVersion, Any]:
    """The ids of the open places that `places_near` finds `but` one, not asked yet: for who asks for something about them."""
    box = box_around(point, min(metres, NEAR_MOST_M))
    open_there = PlaceVersion.objects.filter(
        Q(holds_until=None) | Q(holds_until__gt=on),
        holds_from__lte=on,
        is_closed=False,
        latitude__range=(box.south, box.north),
        longitude__range=(box.west, box.east),
    )
    away = RawSQL(  # noqa: S611 - a fixed text
        _METRES_FROM.format(earth="%s", lat="%s", lon="%s"),
        [EARTH_M, point.latitude, point.latitude, point.longitude],
        output_field=FloatField(),
    )
    near = open_there.exclude(place_id=but).annotate(away=away).filter(away__lte=min(metres, NEAR_MOST_M))
    return near.order_by("away", "place_id").values("place_id")[:limit]


def find_places(text: str, on: date, *, ranges: CodeRanges | None = None, limit: int = 10) -> list[PlaceRow]:
    """Open places in whose names or address every word of `text` stands; names that begin so first; 2 queries."""
    text = text.replace("\0", "")
    if not text.split():
        return []
    condition, params = _condition(PlaceFilter(ranges, "", text))
    order = " ORDER BY strpos(v.name, %(first)s) <> 1, length(v.name), p.id LIMIT %(limit)s"
    return _rows(condition + order, on, limit=limit, first=text.split(maxsplit=1)[0], **params)


@dataclass(frozen=True, slots=True)
class PlacePast:
    """One version of a place: what it was called, from when up to (not with) when; `post_id` who said so, and when."""

    version: int
    name: str
    kind: str
    is_closed: bool
    holds_from: date
    holds_until: date | None
    post_id: int | None
    made_at: datetime


def place_history(place_id: int) -> list[PlacePast]:
    """All that was ever said of a place, newest first; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, name, kind, is_closed, holds_from, holds_until, post_id, made_at"
            " FROM organisation_place_version WHERE place_id = %s ORDER BY version DESC",
            [place_id],
        )
        return [PlacePast(*row) for row in cursor.fetchall()]


def place_version_said(place_id: int, version: int, on: date) -> PlaceSaid | None:
    """What one version said, with its region's code of `on`: how an edit is undone by a later one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT holds_from, holds_until FROM organisation_place_version WHERE place_id = %s AND version = %s",
            [place_id, version],
        )
        if cursor.fetchone() is None:
            return None
        cursor.execute(
            f"SELECT {_COLUMNS} FROM organisation_place p JOIN organisation_place_version v ON v.place_id = p.id"  # noqa: S608
            " JOIN LATERAL (SELECT s.code FROM organisation_region_state s WHERE s.region_id = v.region_id"
            " AND lower(s.valid) <= %s ORDER BY lower(s.valid) DESC LIMIT 1) s ON true"
            " WHERE p.id = %s AND v.version = %s",
            [on, place_id, version],
        )
        found = cursor.fetchone()
    return _row(found, "", place_catalogue()).said() if found else None


def known_like(plain: str, on: date) -> list[Known]:
    """Open places of the same name as names are compared; 2 queries."""
    rows = _rows(" AND NOT v.is_closed AND v.plain = %(plain)s ORDER BY p.id LIMIT 50", on, plain=plain)
    return [Known(row.id, row.name, plain, row.region_code, row.region_path, row.point) for row in rows]


def box_of_city(on: date) -> Box:
    """Where the city's places lie; 1 query, none where the rule book says it."""
    rules = place_catalogue()
    if rules.box is not None:
        return rules.box
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(latitude)::float8, max(latitude)::float8, min(longitude)::float8, max(longitude)::float8"
            " FROM organisation_place_version WHERE holds_from <= %(on)s AND (holds_until IS NULL OR holds_until > %(on)s)"
            " AND latitude IS NOT NULL AND NOT is_closed",
            {"on": on},
        )
        count, *sides = cursor.fetchone()
    return city_box(rules, Box(*sides) if count else None, count)


def area_names(on: date) -> list[str]:
    """Names of counties and townships, official and short; 1 query."""
    nodes = current_tree().of_levels({Level.COUNTY, Level.TOWNSHIP}, on)
    return sorted({name for node in nodes for name in (node.name, node.short_name)})


def nearest_region(point: Point, on: date) -> tuple[float, str] | None:
    """Metres to the nearest known place and its region's code; None where none is within 150 m."""
    found = places_near(point, on, metres=NEAR_KNOWN_M, limit=1)
    return (found[0].metres or 0.0, found[0].region_code) if found else None


def region_state(region_id: int, on: date) -> RegionRow | None:
    """A region by its permanent id; 1 query, 2 for a grid."""
    return region_by_id(region_id, on)


@dataclass(frozen=True, slots=True)
class Astray:
    """A place whose region is gone."""

    place_id: int
    region_id: int
    holds_from: date


def places_astray(on: date, most: int) -> list[Astray]:
    """Places whose region is gone on that day; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.place_id, v.region_id, v.holds_from FROM organisation_place_version v"
            " WHERE v.holds_from <= %(on)s AND (v.holds_until IS NULL OR v.holds_until > %(on)s)"
            " AND NOT EXISTS (SELECT 1 FROM organisation_region_state s WHERE s.region_id = v.region_id"
            " AND s.valid @> %(on)s::date) ORDER BY v.place_id LIMIT %(most)s",
            {"on": on, "most": most},
        )
        return [Astray(*row) for row in cursor.fetchall()]


def kind_of_place(code: str) -> PlaceKind | None:
    """A kind of place by its code; no query."""
    return place_catalogue().kind(code)


def _condition(wanted: PlaceFilter) -> tuple[str, dict[str, Any]]:
    parts = [" AND v.is_closed" if wanted.closed else " AND NOT v.is_closed"]
    params: dict[str, Any] = {}
    if wanted.ranges is not None:
        parts.append(" AND s.code <@ %(ranges)s::codemultirange")
        params["ranges"] = wanted.ranges.to_pg()
    if wanted.kind:
        parts.append(" AND v.kind = %(kind)s")
        params["kind"] = wanted.kind
    for place, word in enumerate(wanted.words.replace("\0", "").split()[:WORDS_MOST]):
        parts.append(f" AND strpos(v.name || ' ' || v.also || ' ' || v.address, %(word{place})s) > 0")
        params[f"word{place}"] = word
    return "".join(parts), params


def _rows(condition: str, on: date, *, metres_too: bool = False, **params: Any) -> list[PlaceRow]:
    """Places that meet a condition; `condition` is one of this module's own texts."""
    metres = f", {_METRES}" if metres_too else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS}{metres}{_GRID}{_FROM}{condition}", {"on": on, **params})
        found = cursor.fetchall()
    if not found:
        return []
    paths, rules = _paths_of(found, on), place_catalogue()
    return [_row(row[:-_GRID_WIDTH], paths.get(row[7], ""), rules) for row in found]


def _paths_of(found: list[tuple[Any, ...]], on: date) -> dict[int, str]:
    """The path names of the regions in which places lie, the grids' out of what was read with them; the tree's query."""
    grids: dict[int, tuple[Any, ...]] = {}
    for row in found:
        is_grid, *names, ranges = row[-_GRID_WIDTH:]
        if is_grid:
            grids[row[7]] = (row[7], row[8], *names, CodeRanges.parse(ranges))
    paths = {grid.id: grid.path for grid in grids_told(grids.values(), on)}
    return paths | paths_of({row[7] for row in found} - paths.keys(), on)


def _row(row: tuple[Any, ...], path: str, rules: PlaceCatalogue) -> PlaceRow:
    kind = rules.kind(row[3])
    return PlaceRow(
        id=row[0],
        version=row[1],
        mark=row[2],
        kind=row[3],
        kind_name=kind.name if kind else row[3],
        name=row[4],
        also=row[5],
        address=row[6],
        region_id=row[7],
        region_code=row[8],
        region_path=path,
        point=None if row[9] is None else Point(row[9], row[10]),
        firm=row[11],
        firm_phone=row[12],
        committee=row[13],
        committee_phone=row[14],
        is_closed=row[15],
        holds_from=row[16],
        source=row[17],
        source_number=row[18],
        metres=row[19] if len(row) > 19 else None,
    )
