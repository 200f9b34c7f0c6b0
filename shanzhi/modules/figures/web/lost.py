"""What keeps an index from its whole: the indicators that cost it most, so that one minute is enough to know where to look."""

from decimal import Decimal

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.index import IndexResult, PartResult
from shanzhi.kernel.indicators.queries.values.shapes import IndexPage
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import Asked
from shanzhi.ui.components import Column, Row, Table
from shanzhi.ui.words import gettext

MOST = 5


def lost_of(found: IndexResult) -> list[tuple[Decimal, str, PartResult]]:
    """Points of 100 that each indicator with a value doesn't bring, the most first: points, class, indicator."""
    listed = [
        (each.of.weight * part.part.weight / 100 - part.adds, each.of.name, part)
        for each in found.classes
        for part in each.parts
        if part.adds is not None
    ]
    return sorted((one for one in listed if one[0] > 0), key=lambda one: (-one[0], one[2].part.indicator))


def lost_table(here: Asked, found: IndexPage) -> Table | None:
    """The few that cost most; None where nothing is lost."""
    rows = []
    for points, name, part in lost_of(found.now)[:MOST]:
        one, change = found.indicators.get(part.part.indicator), found.changes.get(part.part.indicator)
        if one is None:
            continue
        url = here.url("indicator", one.key)
        cells = {
            "name": one.name,
            "lost": f"-{points:.2f}",
            "value": said.value_said(one, part.value),
            "target": said.target_said(one),
            "change": said.change_said(one, change) if change else "",
            "class": name,
        }
        rows.append(Row(url, cells, links={"value": url}))
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("lost", gettext(msg("失分")), "number"),
        Column("value", gettext(msg("数值")), "number"),
        Column("target", gettext(msg("目标")), "number"),
        Column("change", gettext(msg("比上期"))),
        Column("class", gettext(msg("类别"))),
    )
    return Table(gettext(msg("失分最多的指标")), columns, rows) if rows else None
