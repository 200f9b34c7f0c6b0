"""Points on the ground: distances, boxes, and the data (GCJ-02, BD-09) in which China's maps are drawn. Pure.

Degrees throughout, distances in metres. Stored points are WGS84; CGCS2000 (GB 22021) differs from it by centimetres.
"""

import math
from dataclasses import dataclass

EARTH_M = 6_371_008.8
"""Mean radius of the earth (IUGG), metres."""
CHINA = (3.0, 54.0, 73.0, 136.0)
"""South, north, west and east of a box round China, degrees."""
DATUMS = ("WGS84", "CGCS2000", "GCJ-02", "BD-09")
# The ellipsoid of Krassowsky 1940, on which GCJ-02 is reckoned.
_AXIS = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943
_BAIDU = math.pi * 3000.0 / 180.0


@dataclass(frozen=True, slots=True)
class Point:
    """A point in degrees, WGS84 unless it is said."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Box:
    """South, north, west and east, degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, point: Point) -> bool:
        """Does the point lie in it?"""
        return self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east


def metres_between(one: Point, other: Point) -> float:
    """The way from one point to another on the sphere (haversine); within 0.5 % of the ellipsoid's."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    up = math.sin((north - south) / 2) ** 2
    across = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, up + math.cos(south) * math.cos(north) * across)))


def box_around(point: Point, metres: float) -> Box:
    """The box that holds every point within so many metres."""
    up = math.degrees(metres / EARTH_M)
    across = up / max(0.01, math.cos(math.radians(point.latitude)))
    return Box(point.latitude - up, point.latitude + up, point.longitude - across, point.longitude + across)


def to_wgs84(point: Point, datum: str) -> Point:
    """A point of another datum in WGS84, within a metre; points outside China's box are left as they are.

    Raises:
        ValueError: no such datum.
    """
    if datum not in DATUMS:
        raise ValueError(datum)
    if datum == "BD-09":
        point = _from_baidu(point)
    if datum in ("WGS84", "CGCS2000") or not Box(*CHINA).holds(point):
        return point
    # The shift is known as a function of the true point: a few rounds of taking it off lead there.
    guess = point
    for _ in range(4):
        there = to_gcj02(guess)
        guess = Point(
            guess.latitude + point.latitude - there.latitude, guess.longitude + point.longitude - there.longitude
        )
    return guess


def to_gcj02(point: Point) -> Point:
    """Where GCJ-02 draws a WGS84 point: 300 to 700 m off."""
    east, north = point.longitude - 105.0, point.latitude - 35.0
    turn = math.radians(point.latitude)
    magic = 1 - _ECCENTRICITY * math.sin(turn) ** 2
    both = 0.1 * east * north
    up = -100.0 + 2.0 * east + 3.0 * north + 0.2 * north * north + both + 0.2 * math.sqrt(abs(east))
    up += _waves(east, north, 160.0, 320.0)
    across = 300.0 + east + 2.0 * north + 0.1 * east * east + both + 0.1 * math.sqrt(abs(east))
    across += _waves(east, east, 150.0, 300.0)
    meridian = _AXIS * (1 - _ECCENTRICITY) / (magic * math.sqrt(magic))
    parallel = _AXIS / math.sqrt(magic) * math.cos(turn)
    return Point(
        point.latitude + math.degrees(up / meridian),
        point.longitude + math.degrees(across / parallel),
    )


def _waves(east: float, axis: float, long: float, longest: float) -> float:
    turn = math.pi * axis
    short = 20.0 * math.sin(6.0 * math.pi * east) + 20.0 * math.sin(2.0 * math.pi * east)
    middle = 20.0 * math.sin(turn) + 40.0 * math.sin(turn / 3)
    return (short + middle + long * math.sin(turn / 12) + longest * math.sin(turn / 30)) * 2 / 3


def _from_baidu(point: Point) -> Point:
    """BD-09 to GCJ-02."""
    east, north = point.longitude - 0.0065, point.latitude - 0.006
    reach = math.hypot(east, north) - 0.00002 * math.sin(north * _BAIDU)
    angle = math.atan2(north, east) - 0.000003 * math.cos(east * _BAIDU)
    return Point(reach * math.sin(angle), reach * math.cos(angle))
