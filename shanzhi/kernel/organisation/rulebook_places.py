"""The rule book's section of places: their kinds, how often they are inspected, where the city lies."""

from collections.abc import Mapping
from typing import Any

from shanzhi.core.geo import Box
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.places import BadPlaceCatalogue, PlaceCatalogue, PlaceKind

YEAR = 366


def parse_places(tables: Mapping[str, Any]) -> PlaceCatalogue:
    """The section out of its TOML tables.

    Raises:
        BadPlaceCatalogue: a kind without code or name, a code twice, an interval that is none, a box without a side.
    """
    kinds = tuple(_kind(entry) for entry in tables.get("kind", ()))
    codes = [kind.code for kind in kinds]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice or not kinds:
        raise BadPlaceCatalogue(
            msg("场所类型的代码要有，而且各不相同：%(twice)s。请改正 places.toml。"), twice="、".join(twice)
        )
    return PlaceCatalogue(kinds, _box(tables["box"]) if "box" in tables else None)


def _kind(entry: Mapping[str, Any]) -> PlaceKind:
    code, name, days = entry.get("code"), entry.get("name"), entry.get("inspect_days", 0)
    if not (isinstance(code, str) and code and isinstance(name, str) and name):
        raise BadPlaceCatalogue(msg("每个场所类型都要有 code 和 name。请改正 places.toml。"))
    if not isinstance(days, int) or not 0 <= days <= YEAR:
        raise BadPlaceCatalogue(
            msg("场所类型“%(name)s”的 inspect_days 要是 0 到 366 的天数。请改正 places.toml。"), name=name
        )
    return PlaceKind(code, name, days, bool(entry.get("has_firm")), tuple(entry.get("also", ())))


def _box(entry: Mapping[str, Any]) -> Box:
    sides = [entry.get(side) for side in ("south", "north", "west", "east")]
    if not all(isinstance(side, int | float) for side in sides):
        raise BadPlaceCatalogue(msg("[box] 要写全 south、north、west、east。请改正 places.toml。"))
    south, north, west, east = (float(side) for side in sides if side is not None)
    if south >= north or west >= east:
        raise BadPlaceCatalogue(msg("[box] 的南要小于北、西要小于东。请改正 places.toml。"))
    return Box(south, north, west, east)
