"""Maps as markup: outlines as they lie, or tiles in order where outlines are missing."""

from math import cos, radians

from django.utils.safestring import SafeString

from shanzhi.ui.charts.model import Area, MapChart, Ring
from shanzhi.ui.charts.svg import Pair, area_of, element, together

HIGHEST = 420.0
TILE_WIDE, TILE_HIGH, GAP, STRIP = 118.0, 64.0, 8.0, 18.0
LETTER = 13.0
"""How wide a character is."""


def map_drawn(chart: MapChart, width: float) -> tuple[SafeString, float]:
    """The map's markup and its height."""
    return _tiles(chart, width) if chart.is_schematic else _outlines(chart, width)


def _told(area: Area) -> SafeString:
    return element("title", f"{area.name} {area.shown}")


def _tiles(chart: MapChart, width: float) -> tuple[SafeString, float]:
    columns = max(1, int((width + GAP) // (TILE_WIDE * (0.86 if width < TILE_WIDE * 4 else 1) + GAP)))
    wide = (width - GAP * (columns - 1) - 2) / columns
    most = int((wide - 10) // LETTER)
    parts = []
    for at, area in enumerate(chart.areas):
        x, y = 1 + at % columns * (wide + GAP), 1 + at // columns * (TILE_HIGH + GAP)
        css = f"ui-chart__area ui-step--{chart.step(area.value)}"
        name = area.name if len(area.name) <= most else f"{area.name[: most - 1]}…"
        parts += [
            element("rect", _told(area), x=x, y=y, width=wide, height=TILE_HIGH, css="ui-chart__tile"),
            element("rect", _told(area), x=x, y=y, width=wide, height=STRIP, css=css),
            element("text", name, x=x + 6, y=y + STRIP + 17, css="ui-chart__text"),
            element("text", area.shown, x=x + 6, y=y + STRIP + 36, css="ui-chart__text ui-chart__last"),
        ]
    rows = -(-len(chart.areas) // columns)
    return together(parts), max(rows, 1) * (TILE_HIGH + GAP)


def _outlines(chart: MapChart, width: float) -> tuple[SafeString, float]:
    """Degrees on a plane about the middle's latitude: for looking at, not for measuring."""
    corners = [corner for area in chart.areas for ring in area.rings for corner in ring]
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    slim = cos(radians((south + north) / 2))
    scale = min((width - 4) / max((east - west) * slim, 1e-9), HIGHEST / max(north - south, 1e-9))
    edge = (width - (east - west) * slim * scale) / 2

    def placed(ring: Ring) -> list[Pair]:
        return [(edge + (x - west) * slim * scale, 2 + (north - y) * scale) for x, y in ring]

    parts, names = [], []
    for area in chart.areas:
        rings = [placed(ring) for ring in area.rings]
        css = f"ui-chart__area ui-step--{chart.step(area.value)}"
        parts.append(element("path", _told(area), d=area_of(rings), css=css, fill_rule="evenodd"))
        largest = max(rings, key=_size)
        x, y = _middle(largest)
        names.append(element("text", area.name, x=x, y=y, css="ui-chart__text ui-chart__place", text_anchor="middle"))
        names.append(
            element("text", area.shown, x=x, y=y + 15, css="ui-chart__text ui-chart__place", text_anchor="middle")
        )
    return together(parts + names), (north - south) * scale + 4


def _size(ring: list[Pair]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)))


def _middle(ring: list[Pair]) -> Pair:
    """The middle of a ring's area; of its corners where it has none."""
    turned = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    whole = sum(cross for _, _, cross in turned)
    if abs(whole) < 1e-6:
        return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
    return (
        sum((a[0] + b[0]) * cross for a, b, cross in turned) / (3 * whole),
        sum((a[1] + b[1]) * cross for a, b, cross in turned) / (3 * whole),
    )
