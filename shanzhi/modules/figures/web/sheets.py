"""Sheets on one page: a region's figures, a unit's, two periods beside each other."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import STATES, State, Value
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.shapes import Comparison, ProjectSheet, SheetLine, UnitLine, UnitSheet
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import asked, below_of, check, frame, papers, period_asked, periods
from shanzhi.modules.figures.web.index import moved
from shanzhi.ui.components import Column, Mark, Row, Table


@require_safe
@never_cache
def region(request: ActingRequest) -> HttpResponse:
    """All figures of a region on one sheet; it prints on A4."""
    check(request)
    here = asked(request)
    found = values.region_sheet(here.region_id, here.period)
    context = frame(
        request, here, "sheet", catalogue=found.catalogue, place=found.place, above=found.above, below=found.below
    )
    context |= {
        "indices": [
            (index.name, said.index_said(point), said.index_mark(point), here.url("index", index=index.code))
            for index, point in found.indices
        ],
        "projects": [
            (_project(sheet), [_line(here.url("indicator", line.indicator.key), line) for line in sheet.lines])
            for sheet in found.projects
        ],
        "is_empty": not any(
            line.amount.value.state is not State.MISSING for sheet in found.projects for line in sheet.lines
        ),
        "has_above": bool(found.above),
        "list_url": here.url("list"),
        "compare_url": here.url("compare"),
        "papers": papers(request, here.period),
    }
    return render(request, "figures/sheet.html", context)


def _project(sheet: ProjectSheet) -> dict[str, Any]:
    """A project's head: its points of 100 and what they rest on."""
    result = sheet.result
    if result.vetoed_by:
        score = gettext(msg("一票否决，计 0 分"))
    elif result.value is None:
        score = gettext(msg("没有可计分的数据"))
    else:
        score = gettext(msg("%(points)s 分，有数据的权重 %(share)s%%")) % {
            "points": result.value,
            "share": f"{result.share.normalize():f}",
        }
    return {"name": result.project.name, "score": score}


def _line(url: str, line: SheetLine) -> dict[str, Any]:
    one, value = line.indicator, line.amount.value
    return {
        "name": one.name,
        "url": url,
        "value": said.number_said(one, value),
        "base": said.base_said(one, value),
        "target": said.target_said(one),
        "above": said.number_said(one, line.above),
        "change": said.change_said(one, line.change),
        "mark": said.grade_of(one, line.amount),
    }


@require_safe
@never_cache
def unit(request: ActingRequest, unit_id: int) -> HttpResponse:
    """A unit's figures beside those of its kind; it prints on A4."""
    check(request)
    period = period_asked(request)
    found = values.unit_sheet(unit_id, period)
    context = {
        "found": found,
        "period_name": said.period_said(period),
        "period_options": periods(request, period),
        "table": _unit_table(found),
        "means": [(gettext(line.name), gettext(line.says)) for line in found.lines],
        "exclusions_url": f"{reverse('figures:exclusions')}?period={period}",
        "excluded": found.exclusions,
    }
    return render(request, "figures/unit.html", context)


def _unit_table(found: UnitSheet) -> Table:
    columns = (
        Column("name", gettext(msg("项目"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("base", gettext(msg("基数")), "number"),
        Column("before", gettext(msg("上期")), "number"),
        Column("peers", gettext(msg("同类单位合计")), "number"),
        Column("standing", gettext(msg("与同类比较"))),
    )
    rows = [
        Row(
            "",
            {
                "name": gettext(line.name),
                "value": _plain(line.value),
                "base": "" if line.value.denominator is None else line.value.denominator,
                "before": _plain(line.before),
                "peers": _plain(line.peers),
                "standing": said.standing_said(line.compared, line.value),
            },
            links=_behind(found, line),
        )
        for line in found.lines
    ]
    return Table(found.unit, columns, rows)


_COUNTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "taken": ("reported", {}),
    "done": ("ended", {"took": "any"}),
    "given_back": ("reported", {}),
    "kept": ("ended", {"took": "any"}),
    "solved": ("ended", {"took": "any"}),
    "pleased": ("ended", {"took": "any"}),
}
"""The list of matters that lies nearest to a share: which day of a matter lies in the period, and what else it asks."""
_DAYS = {"reported": ("since", "until"), "ended": ("ended_since", "ended_until")}


def _behind(found: UnitSheet, line: UnitLine) -> dict[str, str]:
    """Where its numbers lead: to the unit's matters of the period, the period before for `before`."""
    day, more = _COUNTED[line.code]
    unit = {"bounced": f"{found.unit_id}~~"} if line.code == "given_back" else {"led": str(found.unit_id)}

    def url(period: Period) -> str:
        days = dict(zip(_DAYS[day], (period.begins_on.isoformat(), period.ends_on.isoformat()), strict=True))
        return f"{reverse('matters:list')}?{urlencode({'which': 'all', **unit, **more, **days})}"

    shown = {
        "value": (line.value, found.period),
        "base": (line.value, found.period),
        "before": (line.before, found.period.before()),
    }
    return {key: url(period) for key, (value, period) in shown.items() if value.denominator}


def _plain(value: Value) -> str:
    """A share in per cent, as all of a unit's are, or why there is none."""
    return gettext(STATES[value.state]) if value.shown is None else f"{value.shown:,}%"


@require_safe
@never_cache
def compare(request: ActingRequest) -> HttpResponse:
    """Two periods of a region, with what can be said of each change."""
    check(request)
    here = asked(request)
    first = period_asked(request, "first") if request.GET.get("first") else here.period.before()
    found = values.comparison(here.region_id, first, here.period)
    context = frame(
        request, here, "compare", catalogue=found.catalogue, place=found.place, above=found.above,
        below=below_of(found.place, here.period), more={"first": str(first)},
    )  # fmt: skip
    context |= {
        "first_name": said.period_said(first),
        "first_options": periods(request, first),
        "table": _compare_table(here.url, found),
        "index_table": _index_table(here.url, found),
        "list_url": here.url("list"),
    }
    return render(request, "figures/compare.html", context)


def _compare_table(url_of: Any, found: Comparison) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("first", said.period_said(found.first), "number"),
        Column("second", said.period_said(found.second), "number"),
        Column("difference", gettext(msg("差")), "number"),
        Column("interval", gettext(msg("差的 95% 区间")), "number"),
        Column("move", gettext(msg("结论"))),
    )
    rows = []
    for line in found.lines:
        one, change = line.indicator, line.change
        cells = {
            "name": one.name,
            "first": said.value_said(one, line.first.value),
            "second": said.value_said(one, line.second.value),
            "difference": "" if change.difference is None else f"{change.difference:+,}",
            "interval": said.interval_said(one, change.interval),
            "move": gettext(said.MOVES[change.move]),
        }
        url = url_of("indicator", one.key)
        rows.append(Row(url, cells, links={"second": url}))
    return Table(gettext(msg("指标")), columns, rows)


def _index_table(url_of: Any, found: Comparison) -> Table:
    columns = (
        Column("name", gettext(msg("指数"))),
        Column("first", said.period_said(found.first), "number"),
        Column("second", said.period_said(found.second), "number"),
        Column("change", gettext(msg("差")), "number"),
        Column("mark", gettext(msg("等级")), "mark"),
    )
    rows = []
    for index, first, second in found.indices:
        mark: Mark = said.index_mark(second)
        cells = {
            "name": index.name,
            "first": said.index_said(first),
            "second": said.index_said(second),
            "change": moved(second, first),
            "mark": mark,
        }
        rows.append(Row(url_of("index", index=index.code), cells))
    return Table(gettext(msg("指数")), columns, rows)
