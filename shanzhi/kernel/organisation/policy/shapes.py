"""Whether outlines fit the city: its codes, each other, the regions above them, and where its places are known to be. Pure.

An error lets nothing be taken over; a warning has to be confirmed by somebody who has seen it. Strips narrower than two
metres and pieces under 100 m² are borders that were drawn twice, and no fault.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from shanzhi.core.errors import Conflict, NotFound
from shanzhi.core.geo import DATUMS, Point
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import LEVEL_NAMES, Level
from shanzhi.kernel.organisation.policy.shape_file import BadShapeFile, Feature, Finding, Severity, ShapeFile
from shanzhi.kernel.organisation.policy.shaping import (
    Geometries,
    Plane,
    as_array,
    broken,
    drawn_in,
    in_wgs84,
    is_more_than_a_line,
)

SHARE_WRONG = 0.01
"""From this share on an overlap or what lies outside is an error: a hundredth of the smaller of the two."""
PLACES_LEAST = 3
PLACES_MOST = 2_000
FITS_SHARE = 0.6
"""So many of the places on which two datums differ must speak for the other one."""
OFF_M = 50.0
"""A place so far outside its region is not at its gate any more."""
NAMED_MOST = 5


class ShapesRefused(Conflict):
    """There are errors, or warnings that nobody has confirmed; nothing was taken over."""

    code = "shapes-refused"
    findings: tuple[Finding, ...] = ()


class NoSuchShapes(NotFound):
    """No such file, or no such outlines."""

    code = "no-shapes"


@dataclass(frozen=True, slots=True)
class KnownRegion:
    """A region of the tree on the day from which the outlines hold; `parent` is the code of the region above."""

    region_id: int
    code: str
    name: str
    level: Level
    parent: str


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A known place with the code of its region and its point in WGS84."""

    name: str
    region_code: str
    point: Point


@dataclass(frozen=True, slots=True)
class Shape:
    """A region's outline in WGS84; `area_m2` on the sphere."""

    region: KnownRegion
    outline: BaseGeometry
    area_m2: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file would give: outlines by code, and everything that was found, errors first."""

    shapes: tuple[Shape, ...]
    findings: tuple[Finding, ...]
    total: int
    levels: tuple[tuple[Level, int], ...]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.severity is Severity.ERROR for one in self.findings)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return len(self.findings) - self.errors


def judge(
    file: ShapeFile,
    datum: str,
    known: Mapping[str, KnownRegion],
    held: Mapping[str, BaseGeometry],
    places: Sequence[KnownPlace],
) -> Judged:
    """Judge a file against the city: `known` its regions by code, `held` the outlines that there are, in WGS84.

    Raises:
        BadShapeFile: no such datum.
    """
    if datum not in DATUMS:
        raise BadShapeFile(msg("没有这个坐标系。请选 WGS84、CGCS2000、GCJ-02 或 BD-09。"))
    findings = list(file.findings)
    named = _named(file.features, known, findings)
    sound = _sound(named, findings)
    regions = [known[one.code] for one in sound]
    outlines = in_wgs84([one.outline for one in sound], datum)
    levels = tuple(Counter(one.level for one in regions).most_common())
    if len(levels) > 1:
        names = tuple(LEVEL_NAMES[level] for level, _ in levels)
        findings.append(
            _warn("mixed", None, msg("文件里混有不同层级的区域：%(levels)s。请确认是有意的。"), levels=names)
        )
    shapes: list[Shape] = []
    if sound:
        stand = _Stand(regions, outlines, known, held)
        shapes = [
            Shape(region, outline, float(area))
            for region, outline, area in zip(regions, outlines, shapely.area(stand.laid[: len(regions)]), strict=True)
        ]
        findings += [*_overlaps(stand), *_outside(stand), *_missing(stand), *_gaps(stand)]
        findings += _shifted(sound, datum, known, places)
    findings.sort(key=lambda one: (one.severity is not Severity.ERROR, _RANK.get(one.kind, 0), one.code))
    return Judged(tuple(shapes), tuple(findings), file.total, levels)


_RANK = {"shifted": -1, "overlap": 2, "outside": 2, "gap": 3, "missing": 4}


def _fault(kind: str, region: KnownRegion | None, text: str, point: Point | None = None, **facts: object) -> Finding:
    return Finding(
        Severity.ERROR, kind, region.code if region else "", region.name if region else "", text, facts, point
    )


def _warn(kind: str, region: KnownRegion | None, text: str, point: Point | None = None, **facts: object) -> Finding:
    return replace(_fault(kind, region, text, point, **facts), severity=Severity.WARNING)


def _named(features: Iterable[Feature], known: Mapping[str, KnownRegion], findings: list[Finding]) -> list[Feature]:
    """Features whose code is a region's, each once, under the region's own code."""
    found: dict[str, Feature] = {}
    for one in features:
        code = _own_code(one.code, known)
        if not code:
            text = msg("这一天没有代码为“%(code)s”的区域。请核对代码，或先在“区划”里新设。")
            findings.append(Finding(Severity.ERROR, "unknown", one.code, one.name, text, {"code": one.code}, _at(one)))
        elif code in found:
            text = msg("代码重复：第 %(first)s 个和第 %(place)s 个图形是同一个区域。一个区域只留一个图形。")
            findings.append(_fault("twice", known[code], text, _at(one), first=found[code].place, place=one.place))
        else:
            found[code] = replace(one, code=code)
    return list(found.values())


def _own_code(code: str, known: Mapping[str, KnownRegion]) -> str:
    """The region's code; many systems fill codes up with noughts to nine or twelve digits."""
    while code not in known:
        if not code.endswith("00") or len(code) <= len("3703") or not code.isdigit():
            return ""
        code = code[:-3] if len(code) > len("370303") and code.endswith("000") else code[:-2]
    return code


def _at(feature: Feature) -> Point | None:
    first = shapely.get_coordinates(feature.outline)[0]
    return Point(float(first[1]), float(first[0]))


_BROKEN = {
    "Self-intersection": msg("边界自己相交。请在 GIS 里用“修复几何”改正。"),
    "Ring Self-intersection": msg("边界有一圈自己碰到自己。请在 GIS 里用“修复几何”改正。"),
    "Hole lies outside shell": msg("挖空的部分在边界外面。请在 GIS 里改正。"),
    "Holes are nested": msg("挖空的部分套着挖空。请在 GIS 里改正。"),
    "Nested shells": msg("一个面里面又套着一个面。请在 GIS 里合并。"),
    "Interior is disconnected": msg("挖空把这个区域切成了几块。请在 GIS 里改正。"),
    "Duplicate Rings": msg("同一圈边界画了两次。请在 GIS 里删去一圈。"),
}


def _sound(features: list[Feature], findings: list[Finding]) -> list[Feature]:
    sound = []
    for one, wrong in zip(features, broken([one.outline for one in features]), strict=True):
        if wrong is None:
            sound.append(one)
            continue
        text = _BROKEN.get(wrong[0], msg("边界围不成面。请在 GIS 里用“修复几何”改正。"))
        findings.append(Finding(Severity.ERROR, "ring", one.code, one.name, text, {}, wrong[1] or _at(one)))
    return sound


class _Stand:
    """The file's outlines first, then those held of other regions, all on one plane."""

    def __init__(
        self,
        regions: list[KnownRegion],
        outlines: Geometries,
        known: Mapping[str, KnownRegion],
        held: Mapping[str, BaseGeometry],
    ) -> None:
        given = {one.code for one in regions}
        others = [code for code in held if code in known and code not in given]
        everything = [*outlines, *(held[code] for code in others)]
        _, south, _, north = shapely.total_bounds(outlines)
        self.plane = Plane((south + north) / 2)
        self.known = known
        self.laid = self.plane.lay(everything)
        self.given = len(regions)
        self.regions = [*regions, *(known[code] for code in others)]
        self.place = {one.code: place for place, one in enumerate(self.regions)}

    def above(self, code: str) -> int | None:
        """The nearest region above that has an outline."""
        parent = self.known[code].parent
        while parent:
            if parent in self.place:
                return self.place[parent]
            parent = self.known[parent].parent if parent in self.known else ""
        return None


def _overlaps(stand: _Stand) -> Iterator[Finding]:
    by_level: dict[Level, list[int]] = defaultdict(list)
    for place, region in enumerate(stand.regions):
        if region.level is not Level.ZONE:
            by_level[region.level].append(place)
    for places in by_level.values():
        if places[0] >= stand.given:
            continue
        yield from _overlaps_of(stand, np.array(places))


def _overlaps_of(stand: _Stand, places: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> Iterator[Finding]:
    geometries = stand.laid[places]
    tree = shapely.STRtree(geometries)
    mine, theirs = tree.query(geometries[places < stand.given], predicate="intersects")
    keep = mine < theirs
    mine, theirs = mine[keep], theirs[keep]
    common = shapely.intersection(geometries[mine], geometries[theirs])
    areas = shapely.area(common)
    for at in np.flatnonzero(areas > 0):
        if not is_more_than_a_line(common[at]):
            continue
        one, other = stand.regions[places[mine[at]]], stand.regions[places[theirs[at]]]
        share = areas[at] / min(geometries[mine[at]].area, geometries[theirs[at]].area)
        say = _fault if share >= SHARE_WRONG else _warn
        text = msg("和“%(other)s”（%(code)s）重叠 %(area)s，占较小一个的 %(share)s。请在 GIS 里让两个边界相接。")
        yield say(
            "overlap",
            one,
            text,
            stand.plane.point_of(common[at]),
            other=other.name,
            code=other.code,
            area=say_area(float(areas[at])),
            share=f"{share:.1%}",
        )


def _outside(stand: _Stand) -> Iterator[Finding]:
    pairs = []
    for place, region in enumerate(stand.regions):
        above = stand.above(region.code) if region.level is not Level.ZONE else None
        if above is not None and (place < stand.given or above < stand.given):
            pairs.append((place, above))
    if not pairs:
        return
    below, over = np.array(pairs).T
    rest = shapely.difference(stand.laid[below], stand.laid[over])
    areas = shapely.area(rest)
    for at in np.flatnonzero(areas > 0):
        if not is_more_than_a_line(rest[at]):
            continue
        region, above = stand.regions[below[at]], stand.regions[over[at]]
        share = areas[at] / stand.laid[below[at]].area
        say = _fault if share >= SHARE_WRONG else _warn
        text = msg("有 %(area)s（%(share)s）在上级“%(above)s”的边界外面。请核对代码和边界。")
        yield say(
            "outside",
            region,
            text,
            stand.plane.point_of(rest[at]),
            area=say_area(float(areas[at])),
            share=f"{share:.1%}",
            above=above.name,
        )


def _families(stand: _Stand) -> dict[str, set[Level]]:
    """Parents under which the file has something, and on which levels."""
    families: dict[str, set[Level]] = defaultdict(set)
    for region in stand.regions[: stand.given]:
        if region.level is not Level.ZONE and region.parent:
            families[region.parent].add(region.level)
    return families


def _children(stand: _Stand) -> dict[str, list[KnownRegion]]:
    families = _families(stand)
    # A parent that is in the file counts too, where its children are held.
    given = {region.code for region in stand.regions[: stand.given]}
    below: dict[str, list[KnownRegion]] = defaultdict(list)
    for region in stand.known.values():
        if region.level is not Level.ZONE and (region.parent in families or region.parent in given):
            below[region.parent].append(region)
    return below


def _missing(stand: _Stand) -> Iterator[Finding]:
    below = _children(stand)
    for parent, levels in _families(stand).items():
        lacking = [one for one in below[parent] if one.level in levels and one.code not in stand.place]
        if not lacking:
            continue
        text = msg("还缺 %(count)s 个下级区域的边界：%(names)s。可以以后再补，缺的地方按坐标找不到区域。")
        names = "、".join(one.name for one in lacking[:NAMED_MOST]) + ("…" if len(lacking) > NAMED_MOST else "")
        yield _warn("missing", stand.known.get(parent), text, count=len(lacking), names=names)


def _gaps(stand: _Stand) -> Iterator[Finding]:
    for parent, children in _children(stand).items():
        places = [stand.place.get(one.code) for one in children]
        whole = [place for place in places if place is not None]
        if not whole or len(whole) < len(places):
            continue
        union = shapely.union_all(stand.laid[whole])
        above = stand.place.get(parent)
        rest = shapely.difference(stand.laid[above], union) if above is not None else _holes(stand, union, whole)
        parts = [part for part in shapely.get_parts(rest) if is_more_than_a_line(part)]
        if not parts:
            continue
        largest = max(parts, key=lambda part: float(part.area))
        text = msg("下级之间有 %(count)s 处空白，共 %(area)s，最大一处 %(largest)s。那里按坐标找不到区域。")
        yield _warn(
            "gap",
            stand.known.get(parent),
            text,
            stand.plane.point_of(largest),
            count=len(parts),
            area=say_area(sum(float(part.area) for part in parts)),
            largest=say_area(float(largest.area)),
        )


def _holes(stand: _Stand, union: BaseGeometry, whole: list[int]) -> BaseGeometry:
    """What is left open within children without a parent's outline; what another region fills is none (飞地)."""
    rings = [ring for part in shapely.get_parts(union) for ring in getattr(part, "interiors", ())]
    if not rings:
        return shapely.GeometryCollection()
    holes = shapely.union_all(shapely.polygons(as_array(rings)))
    level = stand.regions[whole[0]].level
    others = [place for place, one in enumerate(stand.regions) if one.level is level and place not in set(whole)]
    near = [place for place in others if stand.laid[place].intersects(holes)]
    return shapely.difference(holes, shapely.union_all(stand.laid[near])) if near else holes


def _shifted(
    features: list[Feature], datum: str, known: Mapping[str, KnownRegion], places: Sequence[KnownPlace]
) -> Iterator[Finding]:
    """Do the known places lie in their regions, and would they under another datum?

    The file is left as it was drawn, and each place is drawn as each datum would: so four readings cost no conversion.
    """
    pairs = _placed(features, known, places)
    if len(pairs) < PLACES_LEAST:
        return
    _, south, _, north = shapely.total_bounds(as_array([one.outline for one in features]))
    plane = Plane((south + north) / 2)
    laid = plane.lay([feature.outline for feature, _ in pairs])
    away = {
        name: shapely.distance(laid, plane.points([drawn_in(place.point, name) for _, place in pairs]))
        for name in ("WGS84", "GCJ-02", "BD-09")
    }
    declared = away["WGS84" if datum == "CGCS2000" else datum]
    best, off, fits, left = "", 0.0, 0, math.inf
    for name, metres in away.items():
        differ = np.abs(metres - declared) > 1.0
        better = differ & (metres < declared)
        speak = int(better.sum())
        if speak >= max(PLACES_LEAST, FITS_SHARE * int(differ.sum())) and metres.sum() < left:
            best, fits, left, off = name, speak, float(metres.sum()), float(median(declared[better]))
    point = pairs[int(np.argmax(declared))][1].point
    if best:
        text = msg(
            "坐标像是 %(best)s，不是 %(datum)s：%(fits)s 个已知场所按 %(datum)s 在所属区域外，中位数偏出 %(metres)s 米，"
            "按 %(best)s 就对上了。请选对坐标系再检查。"
        )
        yield _warn("shifted", None, text, point, best=best, datum=datum, fits=fits, metres=f"{off:,.0f}")
    elif (count := int((declared > OFF_M).sum())) * 2 > len(pairs):
        text = msg("%(all)s 个已知场所里有 %(count)s 个不在所属区域内，中位数偏出 %(metres)s 米。请核对坐标系和边界。")
        off = float(median(declared[declared > OFF_M]))
        yield _warn("shifted", None, text, point, all=len(pairs), count=count, metres=f"{off:,.0f}")


def _placed(
    features: list[Feature], known: Mapping[str, KnownRegion], places: Sequence[KnownPlace]
) -> list[tuple[Feature, KnownPlace]]:
    """Each place with the smallest outline in the file that should hold it."""
    drawn = {one.code: one for one in features}
    pairs = []
    for place in places[:PLACES_MOST]:
        code = place.region_code
        while code and code not in drawn:
            code = known[code].parent if code in known else ""
        if code:
            pairs.append((drawn[code], place))
    return pairs


def say_area(square_metres: float) -> str:
    """An area as people say it."""
    if square_metres < 10_000:
        return f"{square_metres:,.0f} m²"
    return f"{square_metres / 1_000_000:,.2f} km²"
