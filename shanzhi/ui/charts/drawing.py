"""A chart as markup: the same drawn for a phone and for a laptop, of which the style sheet shows one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString

from shanzhi.ui.charts.axis import Axis, axis_of, spread
from shanzhi.ui.charts.maps import map_drawn
from shanzhi.ui.charts.model import BarChart, Chart, Dot, FunnelChart, LineChart, MapChart, Point
from shanzhi.ui.charts.svg import Pair, area_of, element, line_of, together

WIDE, NARROW = 760.0, 330.0
"""Units of a drawing's width, each a pixel: at these widths its letters are as large as the page's."""
LINE = 15.0
"""From one label to the next."""
LETTER = 12.0
MONTHS_A_TICK = {WIDE: 3, NARROW: 6}


@dataclass(frozen=True, slots=True)
class Plot:
    """The part of a drawing in which values stand."""

    left: float
    top: float
    wide: float
    high: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.wide

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.high

    def up(self, value: float, axis: Axis) -> float:
        """Where a value stands, from above."""
        return self.bottom - axis.place(value, self.high)


def drawn(chart: Chart) -> SafeString:
    """The chart at both widths; each says its title to who can't see it, the table beside it says the rest."""
    return together(_at(chart, width, name) for width, name in ((WIDE, "wide"), (NARROW, "narrow")))


def _at(chart: Chart, width: float, name: str) -> SafeString:
    inside, high = _inside(chart, width)
    return element(
        "svg",
        inside,
        css=f"ui-chart__{name}",
        viewBox=f"0 0 {width:.0f} {high:.0f}",
        role="img",
        aria_label=chart.title,
    )


def _inside(chart: Chart, width: float) -> tuple[SafeString, float]:
    match chart:
        case LineChart():
            return _line(chart, width)
        case FunnelChart():
            return _funnel(chart, width)
        case MapChart():
            return map_drawn(chart, width)
        case BarChart():
            return _bars(chart, width)


def _text(x: float, y: float, text: str, css: str = "", anchor: str = "") -> SafeString:
    return element("text", text, x=x, y=y, css=f"ui-chart__text {css}".strip(), text_anchor=anchor)


def _grid(plot: Plot, axis: Axis) -> list[SafeString]:
    parts = []
    for mark, said in axis.marks:
        y = plot.up(mark, axis)
        parts.append(element("path", d=line_of([(plot.left, y), (plot.right, y)]), css="ui-chart__grid"))
        parts.append(_text(plot.left - 6, y + 4, said, "ui-chart__mark", "end"))
    return parts


# --- a line over time ------------------------------------------------------------------------------------------------


def _line(chart: LineChart, width: float) -> tuple[SafeString, float]:
    points = chart.points
    known = [value for point in points for value in (point.value, point.low, point.high)]
    axis = axis_of([*known, chart.target], floor=chart.floor, ceiling=chart.ceiling)
    plot = Plot(48, 12, width - 48 - 74, 190)
    step = plot.wide / max(1, len(points) - 1)
    across = [plot.left + at * step for at in range(len(points))]
    parts = [*_bands(chart, plot, axis, across), *_grid(plot, axis), *_target(chart, plot, axis)]
    for run in _runs([point.value is not None for point in points]):
        if len(run) > 1:
            path = [(across[at], plot.up(points[at].value or 0, axis)) for at in run]
            parts.append(element("path", d=line_of(path), css="ui-chart__line"))
    parts += _dots_of(points, plot, axis, across)
    every = MONTHS_A_TICK[width]
    for at, point in enumerate(points):
        if (len(points) - 1 - at) % every == 0:
            parts.append(_text(across[at], plot.bottom + 20, point.label, "ui-chart__mark", "middle"))
    return together(parts), plot.bottom + 28


def _runs(known: Sequence[bool]) -> list[list[int]]:
    """Places one after the other at which something is known: no line is drawn over a gap."""
    return [
        [at for at, _ in group] for is_known, group in groupby(enumerate(known), key=lambda pair: pair[1]) if is_known
    ]


def _bands(chart: LineChart, plot: Plot, axis: Axis, across: list[float]) -> list[SafeString]:
    """What was to be expected, shaded."""
    parts = []
    for run in _runs([point.low is not None and point.high is not None for point in chart.points]):
        above = [(across[at], plot.up(chart.points[at].high or 0, axis)) for at in run]
        below = [(across[at], plot.up(chart.points[at].low or 0, axis)) for at in reversed(run)]
        parts.append(element("path", d=area_of([above + below]), css="ui-chart__band"))
    return parts


def _target(chart: LineChart, plot: Plot, axis: Axis) -> list[SafeString]:
    if chart.target is None:
        return []
    y = plot.up(chart.target, axis)
    # Above its line, unless that is where the drawing ends.
    text = y - 5 if y - 5 > LETTER else y + LETTER + 3
    return [
        element("path", d=line_of([(plot.left, y), (plot.right, y)]), css="ui-chart__target"),
        _text(plot.left + 4, text, chart.target_said, "ui-chart__said"),
    ]


def _dots_of(points: Sequence[Point], plot: Plot, axis: Axis, across: list[float]) -> list[SafeString]:
    """Each value with its words on hover; those out of what was expected stand out; the last one is labelled."""
    parts = []
    last = max((at for at, point in enumerate(points) if point.value is not None), default=None)
    for at, point in enumerate(points):
        if point.value is None:
            continue
        x, y = across[at], plot.up(point.value, axis)
        told = element("title", f"{point.label} {point.shown}")
        if point.unusual:
            parts.append(element("path", told, d=_diamond(x, y), css="ui-chart__unusual"))
        else:
            parts.append(element("circle", told, cx=x, cy=y, r=4.5 if at == last else 2.5, css="ui-chart__dot"))
        if at == last:
            parts.append(_text(x + 9, y + 4, point.shown, "ui-chart__last"))
    return parts


def _diamond(x: float, y: float, size: float = 6) -> str:
    return area_of([[(x, y - size), (x + size, y), (x, y + size), (x - size, y)]])


# --- a funnel ----------------------------------------------------------------------------------------------------------


def _funnel(chart: FunnelChart, width: float) -> tuple[SafeString, float]:
    # At fewer cases than anybody has, the curves leave the drawing.
    least = min((dot.size for dot in chart.dots), default=0)
    edges = [value for limit in chart.limits if limit.size >= least for value in (limit.low998, limit.high998)]
    axis = axis_of([*(dot.value for dot in chart.dots), *edges, chart.mean], floor=chart.floor, ceiling=chart.ceiling)
    sizes = axis_of(
        [*(float(dot.size) for dot in chart.dots), *(float(limit.size) for limit in chart.limits)], from_zero=True
    )
    plot = Plot(48, 12, width - 48 - 14, 260)

    def placed(size: float, value: float) -> Pair:
        return plot.left + sizes.place(size, plot.wide), plot.up(value, axis)

    parts: list[SafeString] = []
    for low, high, css in (("low998", "high998", "outer"), ("low95", "high95", "inner")):
        above = [placed(limit.size, getattr(limit, high)) for limit in chart.limits]
        below = [placed(limit.size, getattr(limit, low)) for limit in reversed(chart.limits)]
        parts.append(element("path", d=area_of([above + below]), css=f"ui-chart__{css}"))
    parts += _grid(plot, axis)
    y = plot.up(chart.mean, axis)
    parts.append(element("path", d=line_of([(plot.left, y), (plot.right, y)]), css="ui-chart__target"))
    parts.append(_text(plot.right, y - 5, chart.mean_said, "ui-chart__said", "end"))
    for dot in chart.dots:
        parts.append(_dot(dot, placed(dot.size, dot.value)))
    parts += _names(chart, plot, placed)
    for mark, said in sizes.marks:
        x, _ = placed(mark, axis.low)
        parts.append(_text(x, plot.bottom + 18, said, "ui-chart__mark", "end" if x > plot.right - 10 else "middle"))
    parts.append(_text(plot.right, plot.bottom + 36, chart.size_said, "ui-chart__mark", "end"))
    return together(parts), plot.bottom + 44


def _dot(dot: Dot, at: Pair) -> SafeString:
    """A shape for each verdict, so that colour isn't alone: up and down, a ring for few cases."""
    x, y = at
    told = element("title", f"{dot.name} {dot.shown}")
    if dot.verdict == "above":
        return element("path", told, d=area_of([[(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)]]), css="ui-chart__above")
    if dot.verdict == "below":
        return element("path", told, d=area_of([[(x, y + 6), (x + 6, y - 5), (x - 6, y - 5)]]), css="ui-chart__below")
    css = "ui-chart__small" if dot.verdict == "small" else "ui-chart__dot"
    return element("circle", told, cx=x, cy=y, r=4.0, css=css)


def _names(chart: FunnelChart, plot: Plot, placed: Callable[[float, float], Pair]) -> list[SafeString]:
    """Names of those outside the limits, none over another."""
    out = sorted(
        (placed(dot.size, dot.value)[1], placed(dot.size, dot.value)[0], dot.name)
        for dot in chart.dots
        if dot.verdict in ("above", "below")
    )
    places = spread([y + 4 for y, _, _ in out], LINE, plot.bottom)
    middle = plot.left + plot.wide / 2
    return [
        _text(x - 10 if x > middle else x + 10, place, name, "ui-chart__said", "end" if x > middle else "")
        for place, (_, x, name) in zip(places, out, strict=True)
    ]


# --- bars --------------------------------------------------------------------------------------------------------------


def _bars(chart: BarChart, width: float) -> tuple[SafeString, float]:
    """One under the other: the label above its bar, so that it may be long; a bar that has no value says so."""
    row, top = 40.0, 4.0
    wide = width - 90
    parts: list[SafeString] = []
    for at, bar in enumerate(chart.bars):
        y = top + at * row
        parts.append(_text(0, y + LETTER, bar.label))
        parts.append(element("rect", x=0, y=y + 18, width=wide, height=12, css="ui-chart__ground"))
        if bar.value is not None:
            long = max(1.0, min(bar.value, chart.full) / chart.full * wide)
            parts.append(
                element("rect", x=0, y=y + 18, width=long, height=12, css=f"ui-chart__bar ui-tone--{bar.tone}")
            )
        parts.append(_text(wide + 8, y + 29, bar.shown, "ui-chart__last"))
    return together(parts), top + len(chart.bars) * row
