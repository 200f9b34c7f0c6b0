"""A figure followed down: by region, the matters behind it, a matter's proved entries with the verdict. Read-only."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.policy.process import KindUnknown
from shanzhi.kernel.matters.queries import kind_version, step_title
from shanzhi.kernel.organisation.policy import LEVEL_NAMES, Level
from shanzhi.kernel.packs.queries.kept import BehindMatter, ProvedEntry, RegionFigure, Verdict
from shanzhi.kernel.rounds.queries import trace
from shanzhi.kernel.rounds.queries.trace import FigurePage
from shanzhi.modules.assessment.web.said import NONE, figure_said, outside_said, period_said
from shanzhi.modules.assessment.web.upper_forms import check, number_of
from shanzhi.ui.components import Badge, Column, Pager, Row, Table

AUTHORS = {
    "post": msg("岗位"),
    "reporter": msg("反映人"),
    "system": msg("系统"),
    "importer": msg("导入"),
}
RESULTS = {
    "": msg("办理中"),
    "closed": msg("已办结"),
    "refused": msg("不予受理"),
    "withdrawn": msg("已撤回"),
    "lapsed": msg("到期未评价，按办结处理"),
    "joined": msg("并入同一问题"),
}


def _address(name: str, found: FigurePage, region: RegionFigure | None, **more: object) -> str:
    url = reverse(f"assessment:upper_{name}", args=[found.city.pk, found.item.key])
    asked = {"region": region.id if region is not None else None, **more}
    text = "&".join(f"{key}={value}" for key, value in asked.items() if value is not None)
    return f"{url}?{text}" if text else url


def _context(found: FigurePage) -> dict[str, object]:
    at = found.at
    return {
        "found": found,
        "city": found.city,
        "item": found.item,
        "at": at,
        "period": period_said(found.period),
        "outside": outside_said(found.period) if found.is_outside else "",
        "value": figure_said(at.value) if at is not None else NONE,
        "path": [(one.name, _address("figure", found, one)) for one in found.above],
        "behind": _address("behind", found, at),
        "figure_url": _address("figure", found, at),
    }


@require_safe
@never_cache
def figure(request: ActingRequest, pk: int, key: str) -> HttpResponse:
    """A figure of the pack by region."""
    check(request)
    found = trace.figure(pk, key, number_of(request.GET.get("region", "")))
    return render(request, "assessment/upper_figure.html", _context(found) | {"table": _regions(found)})


def _head(unit: str) -> str:
    name = gettext(msg("数值"))
    return gettext(msg("%(name)s（%(unit)s）")) % {"name": name, "unit": unit} if unit else name


def _regions(found: FigurePage) -> Table:
    columns = (
        Column("name", gettext(msg("区域"))),
        Column("level", gettext(msg("层级"))),
        Column("numerator", gettext(msg("分子")), "number"),
        Column("denominator", gettext(msg("分母")), "number"),
        Column("value", _head(found.item.unit), "number"),
    )
    rows = []
    for one in found.below:
        to = _address("behind", found, one) if found.is_computed else ""
        cells = {
            "name": one.name,
            "level": gettext(LEVEL_NAMES[Level(one.level)]) if one.level in set(Level) else one.level,
            "numerator": NONE if one.numbers[0] is None else one.numbers[0],
            "denominator": one.numbers[1],
            "value": figure_said(one.value),
        }
        links = {"numerator": to, "denominator": to} if to else {}
        rows.append(Row(_address("figure", found, one), cells, links=links))
    return Table(gettext(msg("各区域的数")), columns, rows)


@require_safe
@never_cache
def behind(request: ActingRequest, pk: int, key: str) -> HttpResponse:
    """The matters behind a figure, out of the pack's facts."""
    check(request)
    after = number_of(request.GET.get("after", "")) or 0
    found = trace.matters(pk, key, number_of(request.GET.get("region", "")), after)
    further = _address("behind", found.figure, found.figure.at, after=found.further) if found.further else ""
    context = {
        "page": found,
        "table": _matters(found.figure, found.matters),
        "pager": Pager(next_url=further, count=found.total),
    }
    return render(request, "assessment/upper_behind.html", _context(found.figure) | context)


def _matters(found: FigurePage, matters: tuple[BehindMatter, ...]) -> Table:
    columns = (
        Column("number", gettext(msg("事项"))),
        Column("region", gettext(msg("区域"))),
        Column("reported", gettext(msg("报告日"))),
        Column("result", gettext(msg("结果"))),
        Column("verdict", gettext(msg("群众评价"))),
        Column("numerator", gettext(msg("计入分子")), "number"),
        Column("denominator", gettext(msg("计入分母")), "number"),
    )
    rows = [
        Row(
            reverse("assessment:upper_matter", args=[found.city.pk, one.number]),
            {
                "number": one.number,
                "region": one.region,
                "reported": day_said(one.reported_on, gettext) if one.reported_on else "",
                "result": _result(one.result),
                "verdict": _opinion(one.solved, one.satisfied),
                "numerator": one.numerator,
                "denominator": one.denominator,
            },
        )
        for one in matters
    ]
    return Table(gettext(msg("这个数背后的事项")), columns, rows)


def _result(code: str) -> str:
    return gettext(RESULTS[code]) if code in RESULTS else code


def _opinion(solved: int | None, satisfied: int | None) -> str:
    """A resident's verdict in words; a dash without."""
    told = []
    if solved is not None:
        told.append(gettext(msg("解决了")) if solved else gettext(msg("没有解决")))
    if satisfied is not None:
        told.append(gettext(msg("%(score)s 分")) % {"score": satisfied})
    return gettext(msg("，")).join(told) or NONE


@require_safe
@never_cache
def matter(request: ActingRequest, pk: int, number: str) -> HttpResponse:
    """A matter of the pack with its proved entries."""
    check(request)
    found = trace.matter(pk, number)
    told = found.told
    verdicts = {one.step: one for one in told.verdicts}
    context = {
        "city": found.city,
        "told": told,
        "result": _result(told.matter.result),
        "verdict": _said(told.verdicts[-1]) if told.verdicts else "",
        "table": _entries(told.entries, verdicts),
        "keys": "、".join(told.keys),
    }
    return render(request, "assessment/upper_matter.html", context)


def _said(one: Verdict) -> str:
    return gettext(msg("到期未评价，按办结处理")) if one.is_lapsed else _opinion(one.solved, one.satisfied)


def _titles(entries: tuple[ProvedEntry, ...]) -> dict[int, str]:
    """What each entry tells of, by its step: the process is looked up once."""
    said = next((one.payload for one in entries if one.payload.get("kind")), {})
    try:
        kind = kind_version(str(said.get("kind", "")), int(said.get("kind_version") or 0)) if said else None
    except KindUnknown:
        kind = None
    found = {}
    for one in entries:
        title, done_by = step_title(one.action, {}), str(one.payload.get("done_by", ""))
        is_named = title == one.action and kind is not None and kind.has_action(done_by)
        found[one.step] = kind.action(done_by).name if is_named and kind is not None else title
    return found


def _entries(entries: tuple[ProvedEntry, ...], verdicts: dict[int, Verdict]) -> Table:
    titles = _titles(entries)
    columns = (
        Column("title", gettext(msg("做了什么"))),
        Column("at", gettext(msg("时间")), "time"),
        Column("who", gettext(msg("谁"))),
        Column("verdict", gettext(msg("群众评价"))),
        Column("leaf", gettext(msg("台账里的位置"))),
        Column("proved", gettext(msg("证明")), "badge"),
    )
    good, bad = Badge(gettext(msg("已证明")), "good"), Badge(gettext(msg("证明不了")), "bad")
    rows = [
        Row(
            "",
            {
                "title": gettext(titles[one.step]),
                "at": one.happened_at,
                "who": gettext(AUTHORS[one.author]) if one.author in AUTHORS else one.author,
                "verdict": _said(verdicts[one.step]) if one.step in verdicts else "",
                "leaf": f"{one.epoch}-{one.leaf}",
                "proved": good if one.is_proved else bad,
            },
        )
        for one in entries
    ]
    return Table(gettext(msg("留痕")), columns, rows)
