"""The index: nine classes and their indicators, over time and in the regions below, as of any tree of regions."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.fairness import Interval
from shanzhi.kernel.indicators.policy.index import ClassResult, PartResult, grade_of, step_of
from shanzhi.kernel.indicators.policy.known import known_of
from shanzhi.kernel.indicators.policy.places import NoSuchIndex
from shanzhi.kernel.indicators.policy.trend import Move
from shanzhi.kernel.indicators.policy.values import Numbers, State
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.reading import interval_of
from shanzhi.kernel.indicators.queries.values.shapes import IndexPage, IndexPoint
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.figures.web import drawn, said
from shanzhi.modules.figures.web.asked import Asked, asked, check, frame, periods, tree_asked
from shanzhi.modules.figures.web.lost import lost_table
from shanzhi.ui import charts
from shanzhi.ui.components import Column, Mark, Row, Table
from shanzhi.ui.downloads import checked_format, send_table
from shanzhi.ui.words import gettext

CODE_MOST = 60
NO_RULE = msg("本期没有这项指标")


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class as the page draws it."""

    code: str
    name: str
    value: str
    mark: Mark
    weight: Decimal
    share: str
    table: Table


def _found(request: ActingRequest) -> tuple[Asked, dict[str, Any], IndexPage]:
    here, day = asked(request), tree_asked(request)
    code = request.GET.get("index", "")[:CODE_MOST]
    kept: dict[str, Any] = {"index": code, "tree_on": day.isoformat() if day else ""}
    return here, kept, values.index_page(code, here.region_id, here.period, tree_on=day)


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The index on the screen."""
    check(request)
    try:
        here, kept, found = _found(request)
    except NoSuchIndex as error:
        if request.GET.get("index"):
            raise
        return none_yet(request, error)
    name = found.index.name
    now = IndexPoint(found.period, found.now.value, found.now.share, found.now.grade, found.now.exact)
    ids = [row.place.id for row in found.below]
    shapes = organisation.shapes_of(ids, found.tree_on) if ids else []
    context = frame(
        request, here, "index", catalogue=found.catalogue, place=found.place, above=found.above,
        below=[row.place for row in found.below], more=kept,
    )  # fmt: skip
    context |= kept | {
        "page": found,
        "name": name,
        "index_options": [(one.code, one.name, one.code == found.index.code) for one in found.indices],
        "value": said.index_said(now),
        "mark": said.index_mark(now),
        "before": moved(now, found.before),
        "year_ago": moved(now, found.year_ago),
        "line": drawn.index_line(name, found.series),
        "line_table": _series_table(here, found, kept),
        "bars": _bars(found),
        "known": _known(found),
        "lost": lost_table(here, found),
        "share": f"{found.now.share.normalize():f}",
        "classes": list(_classes(here, found, kept)),
        "below": _below_table(here, found, kept),
        "map": drawn.index_map(name, found.below, shapes),
        "missing": _missing(here, found),
        "file_url": here.url("index_file", **kept, format="xlsx"),
        "list_url": here.url("list"),
        "regions_url": here.url("regions", index=kept["index"]),
        "sheet_url": here.url("sheet"),
    }
    return render(request, "figures/index.html", context)


def none_yet(request: ActingRequest, error: NoSuchIndex) -> HttpResponse:
    """No index holds in the period, and none was asked for by its code: another period may be chosen."""
    here = asked(request)
    context = {
        "sentence": error.sentence(gettext),
        "region": here.region_id,
        "period_options": periods(request, here.period),
        "list_url": here.url("list"),
    }
    return render(request, "figures/no_index.html", context)


def moved(now: IndexPoint, before: IndexPoint) -> str:
    """By how much an index rose or fell; says where one of both is missing."""
    step = step_of(before.exact, now.exact)
    if step is None:
        return gettext(said.MOVES[Move.UNKNOWN])
    return f"{step:+}" if step else gettext(said.MOVES[Move.SAME])


def _bars(found: IndexPage) -> charts.BarChart:
    """The classes as bars, coloured by the index's own grades."""
    bars = [
        charts.Bar(each.of.name, _float(each.value), _score(each.value), _mark(found, each.value).tone)
        for each in found.now.classes
    ]
    return charts.BarChart(gettext(msg("各类得分（0–100）")), bars)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _score(value: Decimal | None) -> str:
    return gettext(msg("数据不足")) if value is None else f"{value}"


def _mark(found: IndexPage, value: Decimal | None) -> Mark:
    return said.index_mark(IndexPoint(found.period, value, Decimal(0), grade_of(found.index, value)))


def _classes(here: Asked, found: IndexPage, kept: dict[str, Any]) -> Iterator[ClassView]:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("value", gettext(msg("数值")), "number"),
        Column("interval", gettext(msg("95% 区间")), "number"),
        Column("score", gettext(msg("折算分")), "number"),
        Column("weight", gettext(msg("类内权重")), "number"),
        Column("adds", gettext(msg("计入指数")), "number"),
        Column("change", gettext(msg("比上期"))),
    )
    for each in found.now.classes:
        rows = [_part(here, found, part, kept["tree_on"]) for part in each.parts]
        yield ClassView(
            each.of.code, each.of.name, _score(each.value), _mark(found, each.value), each.of.weight,
            f"{each.share.normalize():f}", Table(each.of.name, columns, rows),
        )  # fmt: skip


def _part(here: Asked, found: IndexPage, part: PartResult, tree_on: str) -> Row:
    key = part.part.indicator
    one, change = found.indicators.get(key), found.changes.get(key)
    if one is None:
        return Row("", {"name": key, "value": gettext(NO_RULE), "weight": f"{part.part.weight.normalize():f}%"})
    url = here.url("indicator", key, tree_on=tree_on)
    cells = {
        "name": one.name,
        "value": said.value_said(one, part.value),
        "interval": said.interval_said(one, _interval(one, part)),
        "score": "" if part.normalised is None else f"{part.normalised}",
        "weight": f"{part.part.weight.normalize():f}%",
        "adds": "" if part.adds is None else f"{part.adds}",
        "change": said.change_said(one, change) if change else "",
    }
    return Row(url, cells, links={"value": url})


def _interval(one: Indicator, part: PartResult) -> Interval | None:
    """The 95 % interval of a part that is a share; None of anything else, and where there is no value."""
    if part.value.state is not State.VALUE or part.value.denominator is None:
        return None
    return interval_of(one, Numbers(part.value.numerator, part.value.denominator))


UNKNOWN = (
    (State.TOO_FEW, msg("样本不足的占 %(weight)s%%")),
    (State.NOT_APPLICABLE, msg("没有此类事项的占 %(weight)s%%")),
    (State.MISSING, msg("没有填报或没有算到的占 %(weight)s%%")),
)


def _known(found: IndexPage) -> list[str]:
    """What is known of the index, in sentences: which weight has figures, of which an interval can be said, what isn't known,
    and between what it would lie whatever that was. Empty where nothing is known."""
    known = known_of(found.now, found.indicators)
    if known.least is None or known.most is None:
        return []
    told = [
        gettext(msg("可以给出区间的率占权重的 %(weight)s%%，其余有数据的（数量、中位数等）占 %(rest)s%%。"))
        % {"weight": _plain(known.with_interval), "rest": _plain(known.without_interval)}
    ]
    if known.missing:
        parts = [
            gettext(text) % {"weight": _plain(known.unknown[state])}
            for state, text in UNKNOWN
            if state in known.unknown
        ]
        told.append(
            gettext(
                msg(
                    "没有数据的占 %(weight)s%%：%(parts)s。它们要是都得 0 分，指数是 %(least)s；都得满分，是 %(most)s。"
                )
            )
            % {
                "weight": _plain(known.missing),
                "parts": gettext(msg("，")).join(parts),
                "least": known.least,
                "most": known.most,
            }
        )
    return told


def _plain(weight: Decimal) -> str:
    return f"{weight.normalize():f}"


def _series_table(here: Asked, found: IndexPage, kept: dict[str, Any]) -> Table:
    columns = (
        Column("period", gettext(msg("期间"))),
        Column("value", gettext(msg("指数")), "number"),
        Column("mark", gettext(msg("等级")), "mark"),
        Column("share", gettext(msg("有数据的权重")), "number"),
    )
    rows = [
        Row(
            Asked(here.region_id, point.period).url("index", index=kept["index"]),
            {
                "period": said.period_said(point.period),
                "value": said.index_said(point),
                "mark": said.index_mark(point),
                "share": f"{point.share.normalize():f}%",
            },
        )
        for point in reversed(found.series)
    ]
    return Table(found.index.name, columns, rows)


def _below_table(here: Asked, found: IndexPage, kept: dict[str, Any]) -> Table:
    """The regions below in the order of their codes: no rank."""
    columns = (
        Column("name", gettext(msg("区域"))),
        Column("value", gettext(msg("指数")), "number"),
        Column("mark", gettext(msg("等级")), "mark"),
        Column("share", gettext(msg("有数据的权重")), "number"),
        Column("before", gettext(msg("上期")), "number"),
        Column("change", gettext(msg("比上期"))),
    )
    rows = []
    for row in found.below:
        url = here.url("index", region=row.place.id, **kept)
        cells = {
            "name": row.place.name,
            "value": said.index_said(row.now),
            "mark": said.index_mark(row.now),
            "share": f"{row.now.share.normalize():f}%",
            "before": said.index_said(row.before),
            "change": moved(row.now, row.before),
        }
        rows.append(Row(url, cells, links={"value": url}))
    return Table(gettext(msg("下级区域（按代码排列）")), columns, rows)


def _missing(here: Asked, found: IndexPage) -> list[tuple[str, str, str]]:
    """Indicators without a value, with the reason."""
    listed = []
    for part in found.missing:
        one = found.indicators.get(part.part.indicator)
        if one is None:
            listed.append((part.part.indicator, gettext(NO_RULE), ""))
        else:
            listed.append((one.name, said.number_said(one, part.value), here.url("indicator", one.key)))
    return listed


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """Classes with their parts, and the regions below, as a file."""
    check(request)
    checked_format(request.GET.get("format", ""))
    _, _, found = _found(request)
    heads = (msg("类别或区域"), msg("指标"), msg("数值"), msg("95% 区间"), msg("折算分"), msg("权重"), msg("等级"))
    about = [
        (gettext(msg("指数")), found.index.name),
        (gettext(msg("区域")), f"{found.place.name}（{found.place.code}）"),
        (gettext(msg("期间")), said.period_said(found.period)),
        (gettext(msg("按哪天的区划")), found.tree_on.isoformat()),
        (gettext(msg("说明")), found.index.text),
        *((gettext(msg("有多少是已知的")), sentence) for sentence in _known(found)),
    ]
    named = [gettext(head) for head in heads]
    return send_table(request, found.index.name, named, about, _cells(found), f"index-{found.index.code}")


def _cells(found: IndexPage) -> Iterator[tuple[str, ...]]:
    whole = IndexPoint(found.period, found.now.value, found.now.share, found.now.grade)
    yield found.place.name, "", said.index_said(whole), "", "", "100", said.index_mark(whole).word
    each: ClassResult
    for each in found.now.classes:
        yield each.of.name, "", _score(each.value), "", "", f"{each.of.weight}", _mark(found, each.value).word
        for part in each.parts:
            one = found.indicators.get(part.part.indicator)
            score = "" if part.normalised is None else f"{part.normalised}"
            name = one.name if one else part.part.indicator
            value = said.number_said(one, part.value) if one else gettext(NO_RULE)
            interval = said.interval_said(one, _interval(one, part)) if one else ""
            yield each.of.name, name, value, interval, score, f"{part.part.weight}", ""
    for row in found.below:
        yield row.place.name, "", said.index_said(row.now), "", "", "", said.index_mark(row.now).word
