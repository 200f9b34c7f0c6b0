"""One indicator: what it means, where it stands, over time and in the regions below; the matters behind it."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.definitions import Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import CONTEST
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.shapes import REASONS, Amount, IndicatorPage, RecordRow, Records
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.figures.web import drawn, said
from shanzhi.modules.figures.web.asked import Asked, asked, check, frame, id_of, may, tree_asked
from shanzhi.modules.figures.web.exclusions import exclusion_table
from shanzhi.ui.components import Column, Pager, Row, Table
from shanzhi.ui.downloads import checked_format, send_table

PARTS = {"": msg("全部"), "numerator": msg("计入分子的"), "rest": msg("只计入总数的")}


@require_safe
@never_cache
def page(request: ActingRequest, key: str) -> HttpResponse:
    """The indicator's page."""
    check(request)
    here, day = asked(request), tree_asked(request)
    kept: dict[str, Any] = {"tree_on": day.isoformat() if day else ""}
    found = values.indicator_page(key, here.region_id, here.period, tree_on=day)
    shapes = organisation.shapes_of([row.place.id for row in found.below], found.tree_on) if found.below else []
    one, amount = found.indicator, found.amount
    context = frame(
        request, here, "indicator", key, catalogue=found.catalogue, place=found.place, above=found.above,
        below=[row.place for row in found.below], more=kept,
    )  # fmt: skip
    context |= kept | {
        "page": found,
        "indicator": one,
        "number": said.number_said(one, amount.value),
        "base": said.base_said(one, amount.value),
        "interval": said.interval_said(one, amount.interval),
        "mark": said.mark_of(one, amount),
        "target": said.target_said(one),
        "source": gettext(said.SOURCES[one.source]),
        "of_other": said.period_said(amount.of) if amount.of != here.period else "",
        "before": said.change_said(one, found.seasonal.before),
        "year_ago": said.change_said(one, found.seasonal.year_ago),
        "facts": _facts(found),
        "line": drawn.line_of(one, found.series),
        "line_table": _series_table(here, found, kept),
        "map": drawn.map_of(one, found.below, shapes),
        "below": _below_table(here, found, kept),
        "funnel": drawn.funnel_of(one, found.below, found.overall),
        "revisions": _revision_table(here, found),
        "exclusions": exclusion_table(found.exclusions),
        "entered": _entered_table(found),
        "papers": _papers(found),
        "records_url": here.url("records", one.key) if _has_records(found, found.place.id, amount) else "",
        "file_url": here.url("indicator_file", one.key, format="xlsx", **kept),
        "is_missing": amount.value.state is State.MISSING,
        "exclusions_url": here.url("exclusions", key=one.key),
    }
    return render(request, "figures/indicator.html", context)


def is_counted(indicator: Indicator) -> bool:
    """Do records stand behind it?"""
    return indicator.source is Source.COMPUTED


def _has_records(found: IndicatorPage, region_id: int, amount: Amount) -> bool:
    """Do the records of the region's own page say the figure? Not where it was made up of other regions."""
    return is_counted(found.indicator) and bool(amount.value.denominator) and region_id not in found.remade


def _facts(found: IndicatorPage) -> list[tuple[str, object]]:
    """What the definition says besides."""
    one, amount = found.indicator, found.amount
    computed = amount.computed_at
    lengths = {Length.MONTH: msg("按月"), Length.QUARTER: msg("按季"), Length.YEAR: msg("按年")}
    handed = (
        gettext(msg("%(there)s 个已填，应填 %(owed)s 个")) % {"there": amount.handed_in, "owed": amount.owed}
        if amount.owed
        else ""
    )
    return [
        (gettext(msg("所属项目")), found.project.name),
        (gettext(msg("来源")), gettext(said.SOURCES[one.source])),
        (gettext(msg("期间")), gettext(lengths[one.period])),
        (gettext(msg("目标")), said.target_said(one)),
        (gettext(msg("最小样本")), one.minimum if one.minimum > 1 else ""),
        (gettext(msg("得分")), "" if found.points.points is None else f"{found.points.points} / {found.points.most}"),
        (gettext(msg("填报情况")), handed),
        (gettext(msg("算于")), "" if computed is None else said.moment_of(computed)),
        (gettext(msg("算到台账条目")), amount.cursor or ""),
    ]


def _series_table(here: Asked, found: IndicatorPage, kept: dict[str, Any]) -> Table:
    one = found.indicator
    columns = (
        Column("period", gettext(msg("期间"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("base", gettext(msg("基数")), "number"),
        Column("expected", gettext(msg("预期范围")), "number"),
        Column("note", gettext(msg("说明"))),
    )
    rows = [
        Row(
            Asked(here.region_id, point.period).url("indicator", one.key, **kept),
            {
                "period": said.period_said(point.period),
                "value": said.number_said(one, point.amount.value),
                "base": said.base_said(one, point.amount.value),
                "expected": said.interval_said(one, point.expected),
                "note": gettext(msg("超出预期")) if point.unusual else "",
            },
        )
        for point in reversed(found.series)
    ]
    return Table(one.name, columns, rows)


def _below_table(here: Asked, found: IndicatorPage, kept: dict[str, Any]) -> Table:
    """The regions below in the order of their codes: no rank."""
    one = found.indicator
    columns = (
        Column("name", gettext(msg("区域"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("base", gettext(msg("基数")), "number"),
        Column("interval", gettext(msg("95% 区间")), "number"),
        Column("standing", gettext(msg("与全体比较"))),
        Column("mark", gettext(msg("评定")), "mark"),
    )
    rows = []
    for row in found.below:
        value = row.amount.value
        cells = {
            "name": row.place.name,
            "value": said.number_said(one, value),
            "base": said.base_said(one, value),
            "interval": said.interval_said(one, row.amount.interval),
            "standing": said.standing_said(row.compared, value),
            "mark": said.grade_of(one, row.amount) or "",
        }
        url = here.url("indicator", one.key, region=row.place.id, **kept)
        links = {"value": url}
        if _has_records(found, row.place.id, row.amount):
            links["base"] = here.url("records", one.key, region=row.place.id)
        rows.append(Row(url, cells, links=links))
    return Table(gettext(msg("下级区域（按代码排列）")), columns, rows)


def _revision_table(here: Asked, found: IndicatorPage) -> Table:
    """What was changed after its month was cut, and why."""
    one = found.indicator
    columns = (
        Column("why", gettext(msg("原因"))),
        Column("place", gettext(msg("区域"))),
        Column("period", gettext(msg("期间"))),
        Column("before", gettext(msg("原来")), "number"),
        Column("after", gettext(msg("现在")), "number"),
        Column("at", gettext(msg("时间")), "time"),
    )
    rows = [
        Row(
            reverse("figures:exclusion", args=[row.about]) if row.about else "",
            {
                "why": gettext(REASONS[row.reason]),
                "place": row.place.name,
                "period": said.period_said(row.period),
                "before": said.value_said(one, row.before),
                "after": said.value_said(one, row.after),
                "at": row.made_at,
            },
        )
        for row in found.revisions
    ]
    return Table(gettext(msg("更改记录")), columns, rows)


def _entered_table(found: IndicatorPage) -> Table:
    """What was typed in, corrections too."""
    columns = (
        Column("place", gettext(msg("区域"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("unit", gettext(msg("填报单位"))),
        Column("words", gettext(msg("说明"))),
        Column("state", gettext(msg("状态"))),
        Column("at", gettext(msg("时间")), "time"),
    )
    rows = [
        Row(
            "",
            {
                "place": row.place.name,
                "value": said.value_said(found.indicator, row.value),
                "unit": row.unit,
                "words": row.words,
                "state": said.entered_state(row),
                "at": row.entered_at,
            },
        )
        for row in found.entered
    ]
    return Table(gettext(msg("填报记录")), columns, rows)


def _papers(found: IndicatorPage) -> list[tuple[str, str, str]]:
    """The evidence that was brought with what was typed in: name, address, and whose it is."""
    return [
        (one.name, reverse("files:attachment", args=[one.id]), f"{row.place.name} · {said.moment_of(row.entered_at)}")
        for row in found.entered
        for one in row.evidence
    ]


@require_GET
def file(request: ActingRequest, key: str) -> FileResponse:
    """The regions below and the periods as a file."""
    check(request)
    checked_format(request.GET.get("format", ""))
    here = asked(request)
    found = values.indicator_page(key, here.region_id, here.period, tree_on=tree_asked(request))
    one = found.indicator
    heads = (msg("区域"), msg("代码"), msg("期间"), msg("数值"), msg("分子"), msg("分母"), msg("95% 区间"))
    listed = [(found.place, point.period, point.amount) for point in found.series]
    listed += [(row.place, found.period, row.amount) for row in found.below]
    rows = (
        (
            place.name,
            place.code,
            str(period),
            f"{amount.value.shown:f}" if amount.value.shown is not None else said.number_said(one, amount.value),
            "" if amount.value.numerator is None else amount.value.numerator,
            "" if amount.value.denominator is None else amount.value.denominator,
            said.interval_said(one, amount.interval),
        )
        for place, period, amount in listed
    )
    about = [
        (gettext(msg("指标")), one.name),
        (gettext(msg("定义")), one.definition),
        *((gettext(msg("依据")), f"{ground.law} {ground.article}".strip()) for ground in one.ground),
        (gettext(msg("公式")), one.formula),
        (gettext(msg("按哪天的区划")), found.tree_on.isoformat()),
    ]
    return send_table(request, one.name, [gettext(head) for head in heads], about, rows, f"figure-{one.key}")


@require_safe
@never_cache
def records(request: ActingRequest, key: str) -> HttpResponse:
    """The matters behind the figure: as many as it counts; those out of sight are counted and said so."""
    check(request)
    here = asked(request)
    only = request.GET.get("only", "")
    only = only if only in PARTS else ""
    found = values.records_behind(
        key, here.region_id, here.period, only=only, after=id_of(request.GET.get("after", ""))
    )
    more: dict[str, Any] = {"only": only} if only else {}
    next_url = here.url("records", key, after=found.next_after, **more) if found.next_after else ""
    context: dict[str, Any] = {
        "found": found,
        "indicator": found.indicator,
        "period_name": said.period_said(found.period),
        "back_url": here.url("indicator", key),
        "tabs": [(gettext(name), here.url("records", key, only=code), code == only) for code, name in PARTS.items()],
        "table": _records_table(found, may_contest=may(request, CONTEST) and found.indicator.exclusions),
        "hidden": max(0, found.total - found.in_sight) if not found.capped else 0,
        "elsewhere": max(0, found.base - found.base_listed) if not only else 0,
        "pager": Pager(here.url("records", key, **more) if request.GET.get("after") else "", next_url),
    }
    return render(request, "figures/records.html", context)


def _records_table(found: Records, *, may_contest: bool) -> Table:
    columns = [
        Column("number", gettext(msg("事项编号"))),
        Column("title", gettext(msg("标题"))),
        Column("category", gettext(msg("分类"))),
        Column("place", gettext(msg("区域"))),
        Column("stage", gettext(msg("环节"))),
        Column("counts", gettext(msg("计入方式"))),
    ]
    if may_contest:
        columns.append(Column("contest", gettext(msg("申诉"))))
    return Table(gettext(msg("事项")), columns, [_record(found, row, may_contest=may_contest) for row in found.rows])


def _counts(row: RecordRow) -> str:
    """How a matter counts: most do once; what was rated twice, twice."""
    if row.excluded:
        return gettext(msg("已剔除"))
    if row.denominator > 1:
        return gettext(msg("计 %(times)s 次，%(among)s 次计入分子")) % {
            "times": row.denominator,
            "among": row.numerator,
        }
    return gettext(msg("计入分子")) if row.numerator else gettext(msg("只计入总数"))


def _record(found: Records, row: RecordRow, *, may_contest: bool) -> Row:
    counts = _counts(row)
    cells: dict[str, object] = {
        "number": row.number,
        "title": row.title,
        "category": gettext(row.category_name),
        "place": row.place_name,
        "stage": gettext(row.stage_name),
        "counts": counts,
    }
    links = {}
    if may_contest and not row.excluded:
        cells["contest"] = gettext(msg("申请剔除"))
        links["contest"] = Asked(found.place.id, found.period).url(
            "exclusion_new", number=row.number, key=found.indicator.key
        )
    return Row(reverse("matters:matter", args=[row.number]), cells, links=links)
