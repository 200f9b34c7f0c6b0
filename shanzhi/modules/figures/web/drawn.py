"""Figures as charts: 24 periods, a funnel of the regions below, their map."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from django.utils.translation import gettext
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator
from shanzhi.kernel.indicators.policy.fairness import Z99_8, Standing, funnel_limits
from shanzhi.kernel.indicators.policy.values import Value
from shanzhi.kernel.indicators.queries.values.shapes import Below, IndexBelow, IndexPoint, Point
from shanzhi.kernel.organisation.queries import ShapeRow
from shanzhi.modules.figures.web import said
from shanzhi.ui import charts

_Any = TypeVar("_Any", Point, IndexPoint)
LIMIT_POINTS = 24
"""Corners of a funnel's curves."""
LINE_LEAST = 6
"""A line is drawn over so many periods at least, those without a value too."""
DOTS_LEAST = 3
"""Fewer regions are compared by their table alone."""
_VERDICTS: Mapping[Standing, str] = {
    Standing.USUAL: "in",
    Standing.HIGH: "above",
    Standing.VERY_HIGH: "above",
    Standing.LOW: "below",
    Standing.VERY_LOW: "below",
    Standing.TOO_FEW: "small",
}


def line_of(indicator: Indicator, series: Sequence[Point]) -> charts.LineChart | None:
    """The periods as a line; None while fewer than two have a value."""
    points = [
        charts.Point(
            str(point.period),
            _float(point.amount.value),
            said.number_said(indicator, point.amount.value),
            point.expected.low if point.expected else None,
            point.expected.high if point.expected else None,
            point.unusual,
        )
        for point in _begun(series, [_float(point.amount.value) is not None for point in series])
    ]
    if sum(point.value is not None for point in points) < 2:
        return None
    title = gettext(msg("%(name)s：%(count)s 期")) % {"name": _titled(indicator), "count": len(points)}
    target = None if indicator.target is None else float(indicator.target)
    told = gettext(msg("目标 %(target)s")) % {"target": said.target_said(indicator)}
    return charts.LineChart(title, points, target, told, 0, 100 if indicator.unit == "%" else None)


def _begun(series: Sequence[_Any], known: Sequence[bool]) -> Sequence[_Any]:
    """The periods from the first with a value on, at least `LINE_LEAST`: an empty past is no course."""
    first = next((at for at, is_known in enumerate(known) if is_known), len(series))
    return series[max(0, min(first, len(series) - LINE_LEAST)) :]


def index_line(name: str, series: Sequence[IndexPoint]) -> charts.LineChart | None:
    """An index over its periods; None while fewer than two have a value."""
    points = [
        charts.Point(str(point.period), None if point.value is None else float(point.value), said.index_said(point))
        for point in _begun(series, [point.value is not None for point in series])
    ]
    if sum(point.value is not None for point in points) < 2:
        return None
    title = gettext(msg("%(name)s（0–100）：%(count)s 期")) % {"name": name, "count": len(points)}
    return charts.LineChart(title, points, floor=0, ceiling=100)


def funnel_of(indicator: Indicator, below: Sequence[Below], overall: Value) -> charts.FunnelChart | None:
    """Regions below by size and share; None where the figure is no share, or too few have one."""
    dots = [
        charts.Dot(
            row.place.name,
            row.compared.trials,
            row.compared.share * float(indicator.scale),
            said.value_said(indicator, row.amount.value),
            _VERDICTS[row.compared.standing],
        )
        for row in below
        if row.compared is not None and row.compared.share is not None
    ]
    if len(dots) < DOTS_LEAST or overall.exact is None or not overall.denominator:
        return None
    share, scale = float(overall.exact / indicator.scale), float(indicator.scale)
    largest = max(dot.size for dot in dots)
    title = gettext(msg("%(name)s：各区域与全体的比较")) % {"name": _titled(indicator)}
    mean = gettext(msg("全体 %(value)s")) % {"value": said.number_said(indicator, overall)}
    return charts.FunnelChart(
        title, dots, list(_limits(share, largest, scale)), share * scale, mean, gettext(msg("基数（件数）")), 0, scale
    )


def _limits(share: float, largest: int, scale: float) -> Iterator[charts.Limit]:
    # Closer together where the curves bend: at few cases.
    sizes = sorted({max(1, round(largest * (at / LIMIT_POINTS) ** 2)) for at in range(1, LIMIT_POINTS + 1)})
    for size in sizes:
        inner, outer = funnel_limits(share, size), funnel_limits(share, size, Z99_8)
        if inner is not None and outer is not None:
            yield charts.Limit(size, *(edge * scale for edge in (inner.low, inner.high, outer.low, outer.high)))


def map_of(indicator: Indicator, below: Sequence[Below], shapes: Iterable[ShapeRow]) -> charts.MapChart | None:
    """Regions below as a map, schematic where outlines are missing; None without regions."""
    if not below:
        return None
    known = {row.region_id: _rings(row.sketch) for row in shapes}
    areas = [
        charts.Area(
            row.place.name,
            _float(row.amount.value),
            said.number_said(indicator, row.amount.value),
            known.get(row.place.id, ()),
        )
        for row in below
    ]
    return charts.MapChart(_titled(indicator), areas, indicator.decimals)


def index_map(name: str, below: Sequence[IndexBelow], shapes: Iterable[ShapeRow]) -> charts.MapChart | None:
    """The same of an index."""
    if not below:
        return None
    known = {row.region_id: _rings(row.sketch) for row in shapes}
    areas = [
        charts.Area(
            row.place.name,
            None if row.now.value is None else float(row.now.value),
            said.index_said(row.now),
            known.get(row.place.id, ()),
        )
        for row in below
    ]
    return charts.MapChart(gettext(msg("%(name)s（0–100）")) % {"name": name}, areas, 1)


def _rings(shape: BaseGeometry) -> list[list[tuple[float, float]]]:
    """Outlines with their holes, as degrees."""
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [
        [(float(x), float(y)) for x, y, *_ in ring.coords]
        for part in parts
        if isinstance(part, Polygon)
        for ring in (part.exterior, *part.interiors)
    ]


def _titled(indicator: Indicator) -> str:
    """Name and unit."""
    if not indicator.unit or indicator.figure is Figure.YES_NO:
        return indicator.name
    return gettext(msg("%(name)s（%(unit)s）")) % {"name": indicator.name, "unit": indicator.unit}


def _float(value: Value) -> float | None:
    return None if value.exact is None or value.shown is None else float(value.shown)
