"""Where the parts of a chart lie, in millimetres: what `paper.typ` draws with lines, circles and words."""

from typing import Any

from shanzhi.core.papers.charts import Axis, BarChart, Chart, FunnelChart, LineChart, segments, spread

WIDE, LABELS, HIGH = 102.0, 40.0, 48.0
"""Width of the plot, of the labels at its right, and its height (all with 14 mm for the axis are 156 mm)."""
ROW, BARS = 8.0, 90.0
"""Height of a bar's row, width of the bars' plot."""
LINE = 4.6
"""Least distance between two labels."""


def drawn(chart: Chart) -> dict[str, Any]:
    """A chart as the template reads it."""
    match chart:
        case BarChart():
            return _bars(chart)
        case LineChart():
            return _line(chart)
        case FunnelChart():
            return _funnel(chart)


def _place(value: float, axis: Axis, length: float) -> float:
    return (value - axis.low) / (axis.high - axis.low) * length


def _up(value: float, axis: Axis) -> float:
    """Down from the top of the plot."""
    return HIGH - _place(value, axis, HIGH)


def _bars(chart: BarChart) -> dict[str, Any]:
    axis = chart.axis()
    bars = [
        {
            "label": bar.label,
            "shown": bar.shown,
            "long": None if bar.value is None else _place(bar.value, axis, BARS),
        }
        for bar in chart.bars
    ]
    return {
        "kind": "bars",
        "title": chart.title,
        "said": chart.said(),
        "row": ROW,
        "bars": bars,
        "marks": [[_place(mark, axis, BARS), shown] for mark, shown in axis.marks],
        "target": None if chart.target is None else _place(chart.target, axis, BARS),
        "target_said": chart.target_said,
    }


def _line(chart: LineChart) -> dict[str, Any]:
    axis = chart.axis()
    step = WIDE / max(1, len(chart.points) - 1)
    across = [at * step for at in range(len(chart.points))] if len(chart.points) != 1 else [WIDE / 2]
    ups = [None if point.value is None else _up(point.value, axis) for point in chart.points]
    lines = [
        [[across[at], ups[at]] for at in range(first, last + 1)]
        for first, last in segments([point.value for point in chart.points])
    ]
    bands = [
        _band([(across[at], chart.points[at].low or 0, chart.points[at].high or 0) for at in range(a, b + 1)], axis)
        for a, b in segments([point.low if point.high is not None else None for point in chart.points])
    ]
    known = [at for at, point in enumerate(chart.points) if point.value is not None]
    return _plot(chart, axis) | {
        "kind": "line",
        "lines": lines,
        "bands": bands,
        "dots": [[across[at], ups[at]] for at in known],
        "ticks": [[place, point.label] for place, point in zip(across, chart.points, strict=True)],
        "target": None if chart.target is None else _up(chart.target, axis),
        "labels": _labels(chart, axis, known),
    }


def _labels(chart: LineChart, axis: Axis, known: list[int]) -> list[dict[str, Any]]:
    """At the right: the last point's value, the target, what was expected; none over another."""
    wanted: list[tuple[float, str, str]] = []
    if known:
        last = chart.points[known[-1]]
        wanted.append((_up(last.value or 0, axis), last.shown, "value"))
    if chart.target is not None:
        wanted.append((_up(chart.target, axis), chart.target_said, "target"))
    ends = chart.points[-1] if chart.points else None
    if ends is not None and ends.low is not None and ends.high is not None:
        wanted.append((_up((ends.low + ends.high) / 2, axis), chart.band_said, "band"))
    places = spread([place for place, *_ in wanted], LINE)
    return [{"up": up, "text": text, "as": kind} for up, (_, text, kind) in zip(places, wanted, strict=True) if text]


def _funnel(chart: FunnelChart) -> dict[str, Any]:
    axis, sizes = chart.axis(), chart.size_axis()
    placed = [(_place(dot.size, sizes, WIDE), _up(dot.value, axis), dot.label) for dot in chart.dots]
    named = sorted(dot for dot in placed if dot[2])
    ups = spread([up for _, up, _ in named], LINE)
    limits = [(_place(size, sizes, WIDE), low, high) for size, low, high in chart.limits]
    labels = [{"up": _up(chart.centre, axis), "text": chart.centre_said, "as": "target"}]
    if chart.limits and chart.band_said:
        labels.append({"up": _up(chart.limits[-1][1], axis), "text": chart.band_said, "as": "band"})
    for label, up in zip(labels, spread([float(str(label["up"])) for label in labels], LINE), strict=True):
        label["up"] = up
    return _plot(chart, axis) | {
        "kind": "funnel",
        "bands": [_band(limits, axis)] if limits else [],
        "dots": [[x, y, bool(label)] for x, y, label in placed],
        "named": [{"x": x, "y": y, "up": up, "text": label} for (x, y, label), up in zip(named, ups, strict=True)],
        "ticks": [[_place(mark, sizes, WIDE), shown] for mark, shown in sizes.marks],
        "target": _up(chart.centre, axis),
        "labels": labels,
        "size_said": chart.size_said,
    }


def _band(edges: list[tuple[float, float, float]], axis: Axis) -> list[list[float]]:
    """An area as its corners: along the upper edge and back along the lower one, within the plot."""
    low, high = axis.low, axis.high
    above = [[x, _up(min(max(top, low), high), axis)] for x, _, top in edges]
    below = [[x, _up(min(max(bottom, low), high), axis)] for x, bottom, _ in reversed(edges)]
    return above + below


def _plot(chart: LineChart | FunnelChart, axis: Axis) -> dict[str, Any]:
    return {
        "title": chart.title,
        "said": chart.said(),
        "wide": WIDE,
        "high": HIGH,
        "marks": [[_up(mark, axis), shown] for mark, shown in axis.marks],
    }
