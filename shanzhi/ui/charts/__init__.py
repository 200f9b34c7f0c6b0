"""Charts drawn by the server as SVG: `{% chart line table=table %}`. See docs/adr/0017-charts-are-drawn-by-the-server.md.

A page gives what is to be seen (`model`), `drawing` makes markup of it at two widths, and the style sheet shows the one
that fits. No script, no inline style: colours are classes.
"""

from shanzhi.ui.charts.drawing import drawn
from shanzhi.ui.charts.model import (
    Area,
    Bar,
    BarChart,
    Chart,
    Dot,
    FunnelChart,
    Limit,
    LineChart,
    MapChart,
    Point,
)

__all__ = [
    "Area",
    "Bar",
    "BarChart",
    "Chart",
    "Dot",
    "FunnelChart",
    "Limit",
    "LineChart",
    "MapChart",
    "Point",
    "drawn",
]
