"""Charts as tags: `{% load charts %}`, `{% chart line table=table %}`. Shown in COMPONENTS.md."""

from django import template

from shanzhi.ui.charts import Chart, MapChart, drawn
from shanzhi.ui.components import Table

register = template.Library()


@register.inclusion_tag("ui/components/chart.html", takes_context=True)
def chart(context: template.Context, given: Chart, table: Table | None = None, note: str = "") -> dict[str, object]:
    """`{% chart line table=table note="…" %}`: the drawing with its title, and its numbers as a table one click away."""
    is_map = isinstance(given, MapChart)
    return {
        "title": given.title,
        "drawing": drawn(given),
        "legend": given.legend() if isinstance(given, MapChart) else (),
        "has_gaps": is_map and any(area.value is None for area in given.areas),  # type: ignore[union-attr]
        "is_schematic": isinstance(given, MapChart) and given.is_schematic,
        "table": table,
        "note": note,
        "request": context.get("request"),
        "now": context.get("now"),
    }
