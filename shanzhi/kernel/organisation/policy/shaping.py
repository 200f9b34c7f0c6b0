"""Measuring outlines: in metres on an equal-area plane, from one datum into another, simplified, where they are broken. Pure.

Lambert's cylindrical equal-area projection, stretched so that it is true at the city's own latitude: areas are those of the
sphere everywhere, distances true within one in a thousand over a city.
"""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from shanzhi.core.geo import EARTH_M, Point, to_wgs84

STEP_DEGREES = 0.01
"""The shift of a datum is computed at the corners of this lattice and read off between them: within 0.3 m."""
SKETCH_PARTS = 400.0
"""An outline's sketch leaves away what is smaller than this part of its size: less than a point on a page."""
NARROW_M = 2.0
"""A strip narrower than this is the same line, drawn twice."""
SMALL_M2 = 100.0
"""What is smaller is no place."""
_REASON = re.compile(r"^(?P<what>[A-Za-z ,-]+?)\s*\[(?P<x>\S+) (?P<y>\S+)\]")
Geometries = NDArray[np.object_]


class Plane:
    """The plane round one latitude: degrees to metres."""

    __slots__ = ("_scale",)

    def __init__(self, latitude: float) -> None:
        """`latitude` is the city's, degrees."""
        self._scale = math.cos(math.radians(latitude))

    def lay(self, outlines: Sequence[BaseGeometry]) -> Geometries:
        """Outlines in degrees, in metres."""
        return np.asarray(shapely.transform(as_array(outlines), self._forward), dtype=object)

    def point_of(self, geometry: BaseGeometry) -> Point:
        """A point that lies within a geometry on the plane, in degrees."""
        inner = geometry.representative_point()
        latitude = math.degrees(math.asin(inner.y * self._scale / EARTH_M))
        return Point(latitude, math.degrees(inner.x / (EARTH_M * self._scale)))

    def points(self, points: Sequence[Point]) -> Geometries:
        """Points in degrees, in metres."""
        coordinates = np.array([(one.longitude, one.latitude) for one in points], dtype=float).reshape(-1, 2)
        return np.asarray(shapely.points(self._forward(coordinates)), dtype=object)

    def _forward(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        turned = np.radians(degrees)
        return np.column_stack((EARTH_M * self._scale * turned[:, 0], EARTH_M * np.sin(turned[:, 1]) / self._scale))


def as_array(outlines: Sequence[BaseGeometry]) -> Geometries:
    """Geometries in one array of objects, never spread out."""
    array = np.empty(len(outlines), dtype=object)
    array[:] = list(outlines)
    return array


def in_wgs84(outlines: Sequence[BaseGeometry], datum: str) -> Geometries:
    """Outlines drawn in `datum`, in WGS84, within 0.3 m; those of WGS84 and CGCS2000 as they are."""
    given = as_array(outlines)
    if datum in ("WGS84", "CGCS2000") or not len(given):
        return given
    return np.asarray(shapely.transform(given, _shifter(datum)), dtype=object)


def _shifter(datum: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    known: dict[tuple[int, int], tuple[float, float]] = {}

    def corner(east: int, north: int) -> tuple[float, float]:
        found = known.get((east, north))
        if found is None:
            longitude, latitude = east * STEP_DEGREES, north * STEP_DEGREES
            there = to_wgs84(Point(latitude, longitude), datum)
            found = known[east, north] = (there.longitude - longitude, there.latitude - latitude)
        return found

    def shift(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        cells, within = np.divmod(degrees / STEP_DEGREES, 1.0)
        corners, index = np.unique(cells.astype(int), axis=0, return_inverse=True)
        index = index.reshape(-1)
        moved = np.zeros_like(degrees)
        for right, up in ((0, 0), (1, 0), (0, 1), (1, 1)):
            shifts = np.array([corner(int(east) + right, int(north) + up) for east, north in corners])
            across = within[:, 0] if right else 1 - within[:, 0]
            along = within[:, 1] if up else 1 - within[:, 1]
            moved += shifts[index] * (across * along)[:, None]
        return degrees + moved

    return shift


def drawn_in(point: Point, datum: str) -> Point:
    """Where `datum` draws a WGS84 point: the way of `to_wgs84` back."""
    guess = point
    for _ in range(6):
        there = to_wgs84(guess, datum)
        guess = Point(
            guess.latitude + point.latitude - there.latitude, guess.longitude + point.longitude - there.longitude
        )
    return guess


def broken(outlines: Sequence[BaseGeometry]) -> list[tuple[str, Point | None] | None]:
    """For each outline None if it is sound, else what the geometry library says of it and where."""
    given = as_array(outlines)
    sound = shapely.is_valid(given)
    found: list[tuple[str, Point | None] | None] = []
    for outline, is_sound in zip(given, sound, strict=True):
        if is_sound and not outline.is_empty and outline.area > 0:
            found.append(None)
            continue
        reason = _REASON.match(shapely.is_valid_reason(outline))
        point = Point(float(reason["y"]), float(reason["x"])) if reason else None
        if point is not None and not (math.isfinite(point.latitude) and math.isfinite(point.longitude)):
            point = None
        found.append((reason["what"] if reason else "", point))
    return found


def is_more_than_a_line(area: BaseGeometry) -> bool:
    """Is this piece (on the plane) a place, and not a border that was drawn twice?"""
    return bool(area.area > SMALL_M2 and not area.buffer(-NARROW_M / 2).is_empty)


def sketch(outline: BaseGeometry) -> BaseGeometry:
    """An outline in degrees with as few points as a page can show."""
    west, south, east, north = outline.bounds
    return shapely.simplify(outline, max(east - west, north - south) / SKETCH_PARTS)
