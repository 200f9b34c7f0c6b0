"""All indicators of a region and period by project; as a file too."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.definitions import Source
from shanzhi.kernel.indicators.policy.entering import CONTEST, DECIDE, ENTER
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.shapes import IndicatorList, ListLine
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import Asked, asked, below_of, check, frame, may
from shanzhi.ui.components import Column, Row, Table
from shanzhi.ui.downloads import checked_format, send_table

WORDS_MOST = 60


def _wanted(request: ActingRequest) -> dict[str, Any]:
    """The conditions of the list."""
    return {name: clean_text(request.GET.get(name, ""))[:WORDS_MOST] for name in ("project", "words")}


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The list on the screen."""
    check(request)
    here, wanted = asked(request), _wanted(request)
    found = values.indicator_list(here.region_id, here.period, **wanted)
    context = frame(
        request, here, "list", catalogue=found.catalogue, place=found.place, above=found.above,
        below=below_of(found.place, found.period), more=wanted,
    )  # fmt: skip
    context |= wanted | {
        "projects": found.catalogue.projects,
        "tables": list(_tables(here, found, frozenset(request.GET.getlist("col")) or None)),
        "is_empty": not any(line.amount.value.state is not State.MISSING for line in found.lines),
        "may_enter": may(request, ENTER),
        "may_decide": may(request, DECIDE),
        "may_contest": may(request, CONTEST),
        "file_url": here.url("list_file", **wanted, format="xlsx"),
        "clear_url": here.url("list"),
        "index_url": here.url("index"),
        "sheet_url": here.url("sheet"),
        "compare_url": here.url("compare"),
        "exclusions_url": here.url("exclusions"),
        "unit_url": here.url("unit", request.actor.unit_id) if request.actor.unit_id else "",
    }
    return render(request, "figures/list.html", context)


def _tables(here: Asked, found: IndicatorList, shown: frozenset[str] | None) -> Iterator[tuple[str, str, Table]]:
    """A table for each project that has a line; the first one has the switch of columns for all."""
    is_first = True
    for project in found.catalogue.projects:
        lines = [line for line in found.lines if line.indicator.project == project.code]
        if lines:
            table = _table(here, project.name, lines, shown)
            yield project.name, project.text, table if is_first else replace(table, columns=_plain(table))
            is_first = False


def _plain(table: Table) -> list[Column]:
    """The columns that are shown, without a switch."""
    return [replace(column, optional=False) for column in table.visible_columns()]


def _table(here: Asked, name: str, lines: list[ListLine], shown: frozenset[str] | None) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("base", gettext(msg("基数")), "number"),
        Column("interval", gettext(msg("95% 区间")), "number", optional=True),
        Column("target", gettext(msg("目标")), "number", optional=True),
        Column("change", gettext(msg("比上期")), optional=True),
        Column("mark", gettext(msg("评定")), "mark"),
    )
    return Table(name, columns, [_row(here, line) for line in lines], shown)


def _row(here: Asked, line: ListLine) -> Row:
    one, amount = line.indicator, line.amount
    cells: dict[str, Any] = {
        "name": one.name,
        "value": said.number_said(one, amount.value),
        "base": said.base_said(one, amount.value),
        "interval": said.interval_said(one, amount.interval),
        "target": said.target_said(one),
        "change": said.change_said(one, line.change),
        "mark": said.grade_of(one, amount) or "",
    }
    records = here.url("records", one.key) if one.source is Source.COMPUTED and amount.value.denominator else ""
    links = {"value": here.url("indicator", one.key), "base": records}
    return Row(here.url("indicator", one.key), cells, links={key: url for key, url in links.items() if url})


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The same list as a file, every number in a cell of its own."""
    check(request)
    checked_format(request.GET.get("format", ""))
    here = asked(request)
    found = values.indicator_list(here.region_id, here.period, **_wanted(request))
    names = {project.code: project.name for project in found.catalogue.projects}
    heads = (
        msg("项目"), msg("指标"), msg("编码"), msg("单位"), msg("数值"), msg("分子"), msg("分母"), msg("区间下限"),
        msg("区间上限"), msg("目标"), msg("上期"), msg("比上期"), msg("评定"),
    )  # fmt: skip
    rows = (_cells(names.get(line.indicator.project, ""), line) for line in found.lines)
    about = [
        (gettext(msg("区域")), f"{found.place.name}（{found.place.code}）"),
        (gettext(msg("期间")), said.period_said(found.period)),
        (gettext(msg("指标目录")), found.catalogue.name),
        *((line.indicator.name, line.indicator.definition) for line in found.lines),
    ]
    return send_table(request, gettext(msg("指标")), [gettext(head) for head in heads], about, rows, "figures")


def _cells(project: str, line: ListLine) -> tuple[str | int, ...]:
    one, amount, value = line.indicator, line.amount, line.amount.value
    interval = amount.interval
    return (
        project,
        one.name,
        one.key,
        one.unit,
        f"{value.shown:f}" if value.shown is not None else said.number_said(one, value),
        "" if value.numerator is None else value.numerator,
        "" if value.denominator is None else value.denominator,
        f"{interval.low:.{one.decimals}f}" if interval else "",
        f"{interval.high:.{one.decimals}f}" if interval else "",
        said.target_said(one),
        said.number_said(one, line.change.earlier),
        said.change_said(one, line.change),
        said.mark_of(one, amount).word,
    )
