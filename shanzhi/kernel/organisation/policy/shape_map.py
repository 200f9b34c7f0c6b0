"""Outlines as an SVG map: what a file would give with its faults numbered as in the list, a region with what lies below it.

Server-made, no tiles, no script, no style: all strokes and letters are in the current colour, dark on light paper and light
on a dark page. `title` and `desc` say it to a screen reader; whoever can't use the map has the list beside it.
"""

import math
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry

from shanzhi.core.geo import Point
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.shape_file import Severity
from shanzhi.kernel.organisation.policy.shapes import Judged

_WIDE, _HIGH, _MARGIN = 720.0, 520.0, 22.0
_PIXEL = 0.6
NUMBERED_MOST = 99
_NAMED_MOST = 40
_FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


class _Paper:
    """From degrees to the picture's own units; as wide as the page, as high as the outlines need."""

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self._west, self._north = west, north
        self._across = math.cos(math.radians((south + north) / 2))
        width, height = max((east - west) * self._across, 1e-9), max(north - south, 1e-9)
        self._scale = min((_WIDE - 2 * _MARGIN) / width, (_HIGH - 2 * _MARGIN) / height)
        self.width = width * self._scale + 2 * _MARGIN
        self.height = height * self._scale + 2 * _MARGIN
        self.pixel_degrees = _PIXEL / self._scale

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = _MARGIN + (longitude - self._west) * self._across * self._scale
        return x, _MARGIN + (self._north - latitude) * self._scale

    def holds(self, point: Point) -> bool:
        x, y = self.at(point.longitude, point.latitude)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def path(self, outline: BaseGeometry) -> str:
        """The rings of an outline, without what is smaller than a pixel."""
        parts = []
        for polygon in shapely.get_parts(shapely.simplify(outline, self.pixel_degrees)):
            for ring in (polygon.exterior, *polygon.interiors):
                points = [self.at(*position[:2]) for position in ring.coords[:-1]]
                if len(points) > 2:
                    parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
        return "".join(parts)


def draw_findings(judged: Judged, translate: Callable[[str], str]) -> str:
    """What a file would give: outlines with faults shaded, numbers where the list's findings are. Empty without outlines."""
    if not judged.shapes:
        return ""
    outlines = [one.outline for one in judged.shapes]
    paper = _Paper(*shapely.total_bounds(outlines))
    wrong = {one.code for one in judged.findings if one.severity is Severity.ERROR}
    doubtful = {one.code for one in judged.findings} - wrong
    parts = []
    for shape in sorted(judged.shapes, key=lambda one: -one.area_m2):
        code = shape.region.code
        shade = 0.35 if code in wrong else 0.15 if code in doubtful and shape.area_m2 < _most(judged) else 0.03
        parts.append(_outline(paper, shape.outline, shade, heavy=code in wrong))
    numbered = [
        (number, one) for number, one in enumerate(judged.findings[:NUMBERED_MOST], start=1) if one.point is not None
    ]
    parts += [
        _number(paper, number, one.point, one.severity is Severity.ERROR)
        for number, one in reversed(numbered)
        if one.point is not None and paper.holds(one.point)
    ]
    title = translate(msg("区域边界检查图"))
    words = msg("%(count)s 个区域的边界，%(faults)s 处标了号，号码和下面清单里的一致；深色的有错误，浅色的有提醒。")
    return _svg(paper, title, translate(words) % {"count": len(outlines), "faults": len(numbered)}, parts)


def _most(judged: Judged) -> float:
    """Whole parents aren't shaded for a gap somewhere in them, unless there is nothing else."""
    return max(one.area_m2 for one in judged.shapes) if len(judged.levels) > 1 else math.inf


def draw_region(
    title: str,
    description: str,
    own: BaseGeometry | None,
    below: Sequence[tuple[str, str, BaseGeometry]],
) -> str:
    """A region's outline with those below it: (name, address, outline) each. Empty where there is none at all."""
    outlines = [one for one in (own, *(outline for _, _, outline in below)) if one is not None]
    if not outlines:
        return ""
    paper = _Paper(*shapely.total_bounds(outlines))
    parts = []
    for name, url, outline in below:
        shown = _outline(paper, outline, 0.05) + (_name(paper, name, outline) if len(below) <= _NAMED_MOST else "")
        parts.append(f"<a href={quoteattr(url)} aria-label={quoteattr(name)}>{shown}</a>")
    if own is not None:
        parts.append(_outline(paper, own, 0.0 if below else 0.06, heavy=True))
    return _svg(paper, title, description, parts, role="group")


def _outline(paper: _Paper, outline: BaseGeometry, shade: float, *, heavy: bool = False) -> str:
    fill = f'fill="currentColor" fill-opacity="{shade:g}"' if shade else 'fill="none" pointer-events="none"'
    return (
        f'<path d="{paper.path(outline)}" {fill} fill-rule="evenodd" stroke="currentColor"'
        f' stroke-width="{2 if heavy else 0.8}" stroke-linejoin="round"/>'
    )


def _name(paper: _Paper, name: str, outline: BaseGeometry) -> str:
    inner = outline.representative_point()
    x, y = paper.at(inner.x, inner.y)
    west, _, east, _ = outline.bounds
    room = paper.at(east, 0)[0] - paper.at(west, 0)[0]
    if len(name) * 16 > room:
        return ""
    return f'<text x="{x:.1f}" y="{y + 5.5:.1f}" font-size="16" text-anchor="middle" fill="currentColor">{escape(name)}</text>'


def _number(paper: _Paper, number: int, point: Point, is_error: bool) -> str:
    x, y = paper.at(point.longitude, point.latitude)
    return (
        f'<g><circle cx="{x:.1f}" cy="{y:.1f}" r="14" fill="Canvas" stroke="currentColor"'
        f' stroke-width="{2.5 if is_error else 1}"/><text x="{x:.1f}" y="{y + 5.5:.1f}" font-size="16"'
        f' font-weight="{700 if is_error else 400}" text-anchor="middle" fill="currentColor">{number}</text></g>'
    )


def _svg(paper: _Paper, title: str, description: str, parts: Sequence[str], role: str = "img") -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {paper.width:.0f} {paper.height:.0f}"'
        f' width="{paper.width:.0f}" height="{paper.height:.0f}" role="{role}"'
        f' aria-labelledby="map-title map-desc" font-family="{_FONT}">'
        f'<title id="map-title">{escape(title)}</title><desc id="map-desc">{escape(description)}</desc>'
        + "".join(parts)
        + "</svg>"
    )
