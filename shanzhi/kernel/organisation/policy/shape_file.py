"""A file of outlines as it comes: GeoJSON (RFC 7946) out of a geographic information system, read without trust. Pure.

What can't be read at all is an error; what is wrong with one feature is a finding with its place in the file, and the
rest is read on, so that whoever mends the file sees everything at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from shanzhi.core.errors import InputError
from shanzhi.core.geo import CHINA, Point
from shanzhi.core.text import msg

FILE_MOST = 50_000_000
"""Bytes. A city of 16,000 grids has some 20 MB."""
LISTS_MOST = 2_000_000
"""Opening brackets, one a point: what is larger would fill the memory before it could be judged."""
OBJECTS_MOST = 400_000
VALUES_MOST = 8_000_000
CODE_FIELDS = (
    "code",
    "区划代码",
    "行政区划代码",
    "区域代码",
    "网格编码",
    "网格代码",
    "代码",
    "编码",
    "adcode",
    "xzqdm",
    "pac",
    "gridcode",
    "grid_code",
    "region_code",
)
"""Names under which a code stands, by rank; capitals don't count."""
NAME_FIELDS = ("name", "名称", "区划名称", "网格名称", "xzqmc", "mc")
_NUMBERS = (int, float)
_DEGREES_MOST = 360.0
_ONCE = ("swapped", "metres")
Ring = NDArray[np.float64]


class BadShapeFile(InputError):
    """The file can't be read as outlines at all."""

    code = "bad-shape-file"


class Severity(StrEnum):
    """How grave a finding is: an error lets nothing be taken over, a warning has to be confirmed."""

    ERROR = "error"
    WARNING = "warning"


SEVERITY_NAMES = {Severity.ERROR: msg("错误"), Severity.WARNING: msg("提醒")}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one region's outline, or the file's; `text` is a sentence with `facts` to fill in, `point` where."""

    severity: Severity
    kind: str
    code: str
    name: str
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its code and name as written, its outline in the file's own degrees (longitude, latitude)."""

    place: int
    code: str
    name: str
    outline: BaseGeometry


@dataclass(frozen=True, slots=True)
class ShapeFile:
    """What could be read, and what was wrong with single features. `total` counts all features."""

    features: tuple[Feature, ...]
    findings: tuple[Finding, ...]
    total: int


class _Wrong(Exception):
    """One feature's fault."""

    def __init__(self, kind: str, text: str, point: Point | None = None, **facts: object) -> None:
        super().__init__(kind)
        self.kind, self.text, self.point, self.facts = kind, text, point, facts


def read_shapes(data: bytes, code_field: str = "") -> ShapeFile:
    """The features of a GeoJSON file; `code_field` names the property with the code, else a usual one is looked for.

    Raises:
        BadShapeFile: too large, not JSON in UTF-8, not a FeatureCollection, no features, no property with a code.
    """
    given = _features(_parsed(data))
    name_of_code = _code_field(given, code_field)
    features: list[Feature] = []
    wrongs: list[tuple[str, str, _Wrong]] = []
    for place, one in enumerate(given, start=1):
        properties = _properties(one)
        code = _code(properties.get(name_of_code))
        name = next(
            (str(value)[:60] for key, value in properties.items() if key.casefold() in NAME_FIELDS and value), ""
        )
        try:
            if not code:
                raise _Wrong("no-code", msg("第 %(place)s 个图形没有区域代码。请在 GIS 里补上再导出。"), place=place)
            features.append(Feature(place, code, name, _outline(one.get("geometry"))))
        except _Wrong as wrong:
            wrongs.append((code, name, wrong))
    return ShapeFile(tuple(features), tuple(_told(wrongs)), len(given))


def _parsed(data: bytes) -> Any:
    if len(data) > FILE_MOST:
        raise BadShapeFile(msg("文件超过 50 MB。请按区县分开，或在 GIS 里简化边界后再上传。"))
    counts = ((b"[", LISTS_MOST), (b"{", OBJECTS_MOST), (b",", VALUES_MOST))
    if any(data.count(sign) > most for sign, most in counts):
        raise BadShapeFile(msg("文件里的点太多（最多约 200 万个）。请按区县分开，或在 GIS 里简化边界后再上传。"))
    try:
        # The parser itself ends at 1,024 levels of nesting.
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise BadShapeFile(
            msg("这不是 UTF-8 编码的 GeoJSON 文件（第 %(line)s 行读不下去）。请在 GIS 里导出为 GeoJSON 再上传。"),
            line=error.lineno,
        ) from None


def _features(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, dict) or given.get("type") != "FeatureCollection":
        raise BadShapeFile(msg("文件里不是一组图形（FeatureCollection）。请在 GIS 里把整个图层导出为 GeoJSON。"))
    features = given.get("features")
    if not isinstance(features, list) or not features:
        raise BadShapeFile(msg("文件里一个图形都没有。请检查导出的图层。"))
    if not all(isinstance(one, dict) and one.get("type") == "Feature" for one in features):
        raise BadShapeFile(msg("features 里有的不是图形（Feature）。请在 GIS 里重新导出为 GeoJSON。"))
    return features


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    given = feature.get("properties")
    return given if isinstance(given, dict) else {}


def _code_field(features: list[dict[str, Any]], wanted: str) -> str:
    names: Counter[str] = Counter(name for one in features for name in _properties(one))
    if wanted:
        if wanted in names:
            return wanted
        missing = msg("图形没有“%(field)s”这个属性。文件里有：%(names)s。")
        raise BadShapeFile(missing, field=wanted[:40], names=_listed(names))
    for usual in CODE_FIELDS:
        for name in names:
            if name.casefold() == usual:
                return name
    raise BadShapeFile(
        msg("图形里找不到区域代码（code、区划代码、adcode 等属性）。文件里有：%(names)s。请填写代码所在的属性名。"),
        names=_listed(names),
    )


def _listed(names: Counter[str]) -> str:
    return "、".join(name[:20] for name, _ in names.most_common(8)) or "—"


def _code(value: object) -> str:
    """A code as text: systems write it as a number too, some as 370303.0."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float):
        value = int(value) if abs(value) < 1e15 and value.is_integer() else str(value)
    text = str(value).strip()
    return text[:40]


def _outline(geometry: Any) -> BaseGeometry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    given = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(given, list) or not given:
        raise _Wrong("geometry", msg("不是面（Polygon 或 MultiPolygon）。点和线不能当作区域的边界。"))
    polygons = [_polygon(one) for one in ([given] if kind == "Polygon" else given)]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _polygon(given: Any) -> Polygon:
    if not isinstance(given, list) or not given:
        raise _Wrong("ring", msg("有一个面是空的。请在 GIS 里重新画。"))
    rings = [_ring(one) for one in given]
    return Polygon(rings[0], rings[1:])


def _ring(given: Any) -> Ring:
    if not isinstance(given, list) or not all(map(_is_position, given)):
        raise _Wrong("position", msg("坐标不是一对数字。请在 GIS 里重新导出。"))
    if len(given) < 4:
        raise _Wrong("ring", msg("边界有一圈不到 4 个点，围不成面。请在 GIS 里重新画。"))
    ring = np.array([position[:2] for position in given], dtype=float)
    _check_in_china(ring)
    if (ring[0] != ring[-1]).any():
        raise _Wrong("unclosed", msg("边界没有闭合：最后一点不是第一点。请在 GIS 里闭合。"), _at(ring[-1]))
    return ring


def _is_position(given: Any) -> bool:
    return isinstance(given, list) and len(given) >= 2 and type(given[0]) in _NUMBERS and type(given[1]) in _NUMBERS


def _check_in_china(ring: Ring) -> None:
    beyond = ~_inside(ring[:, 0], ring[:, 1])
    if not beyond.any():
        return
    if np.abs(ring).max() > _DEGREES_MOST:
        raise _Wrong("metres", msg("坐标是平面坐标（米），不是经纬度。请在 GIS 里转成经纬度再导出。"))
    if _inside(ring[:, 1], ring[:, 0]).all():
        raise _Wrong("swapped", msg("经度和纬度写反了：GeoJSON 先写经度。请在 GIS 里对调再导出。"))
    first = ring[beyond][0]
    raise _Wrong(
        "range",
        msg("有的点不在国内（经度 %(longitude)s，纬度 %(latitude)s）。请核对这一点。"),
        longitude=f"{first[0]:g}",
        latitude=f"{first[1]:g}",
    )


def _inside(longitudes: Ring, latitudes: Ring) -> NDArray[np.bool_]:
    south, north, west, east = CHINA
    return (longitudes >= west) & (longitudes <= east) & (latitudes >= south) & (latitudes <= north)


def _at(position: Ring) -> Point:
    return Point(float(position[1]), float(position[0]))


def _told(wrongs: list[tuple[str, str, _Wrong]]) -> Iterator[Finding]:
    """A finding for each fault; what is wrong with the whole file is said once, with how many features have it."""
    seen: Counter[str] = Counter(wrong.kind for _, _, wrong in wrongs)
    for code, name, wrong in wrongs:
        if wrong.kind in _ONCE and seen[wrong.kind] > 1:
            yield Finding(
                Severity.ERROR,
                wrong.kind,
                "",
                "",
                _FOR_ALL[wrong.kind],
                {"count": seen[wrong.kind]},
            )
            seen[wrong.kind] = 0
        elif wrong.kind not in _ONCE or seen[wrong.kind]:
            yield Finding(Severity.ERROR, wrong.kind, code, name, wrong.text, wrong.facts, wrong.point)


_FOR_ALL = {
    "swapped": msg("%(count)s 个图形的经度和纬度写反了：GeoJSON 先写经度。请在 GIS 里对调再导出。"),
    "metres": msg("%(count)s 个图形的坐标是平面坐标（米），不是经纬度。请在 GIS 里转成经纬度再导出。"),
}
