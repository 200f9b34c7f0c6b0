"""Regions side by side: the index and its classes of each, with what keeps anybody from ranking them; prints on A4 across."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.mixes import APART, MixedShare
from shanzhi.kernel.indicators.policy.places import NoSuchIndex
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.regions import ClassCell, MixLine, RegionLine, RegionTable
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import Asked, asked, check, frame
from shanzhi.modules.figures.web.index import CODE_MOST, moved, none_yet
from shanzhi.ui.components import Column, Mark, Row, Table
from shanzhi.ui.downloads import checked_format, send_table

NOT_RANKED = msg(
    "按区域代码排列，不排名次。各地事项多少、构成和缺的数据不同，分数高低本身说明不了做得好坏；只有超出随机波动的才写“明显”。"
)
RATE_NAMES = {"kept": msg("按期率"), "solved": msg("解决率")}
"""By the keys of `RATES`."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A class of a region as the page draws it: its points, where they lead, and what has to be known about them."""

    head: str
    value: str
    url: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class LineView:
    """A region as the page draws it."""

    name: str
    url: str
    value: str
    mark: Mark
    share: str
    before: str
    year_ago: str
    cells: Sequence[CellView]


@dataclass(frozen=True, slots=True)
class Standout:
    """An indicator of a region that lies beyond what chance does."""

    region: str
    name: str
    word: str
    url: str


def _found(request: ActingRequest) -> tuple[Asked, str, RegionTable]:
    here, code = asked(request), request.GET.get("index", "")[:CODE_MOST]
    return here, code, values.region_table(code, here.region_id, here.period)


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The table of the regions below one."""
    check(request)
    try:
        here, code, found = _found(request)
    except NoSuchIndex as error:
        if request.GET.get("index"):
            raise
        return none_yet(request, error)
    context = frame(
        request, here, "regions", catalogue=found.catalogue, place=found.place, above=found.above,
        below=[line.place for line in found.lines], more={"index": code},
    )  # fmt: skip
    context |= {
        "name": found.index.name,
        "index_options": [(one.code, one.name, one.code == found.index.code) for one in found.indices],
        "heads": [(each.name, f"{each.weight.normalize():f}%") for each in found.index.classes],
        "whole": _line(here, found.whole, code),
        "lines": [_line(here, line, code) for line in found.lines],
        "standouts": list(_standouts(here, found)),
        "mixes": _mix_table(here, found.mixes),
        "index_url": here.url("index", index=code),
        "file_url": here.url("regions_file", index=code, format="xlsx"),
    }
    return render(request, "figures/regions.html", context)


def _line(here: Asked, line: RegionLine, code: str) -> LineView:
    url = here.url("index", region=line.place.id, index=code)
    return LineView(
        line.place.name,
        url,
        said.index_said(line.now),
        said.index_mark(line.now),
        f"{line.now.share.normalize():f}%",
        moved(line.now, line.before),
        moved(line.now, line.year_ago),
        [
            CellView(cell.result.of.name, _points(cell), f"{url}#class-{cell.result.of.code}", _notes(cell))
            for cell in line.classes
        ],
    )


def _points(cell: ClassCell) -> str:
    return gettext(msg("数据不足")) if cell.result.value is None else f"{cell.result.value}"


def _notes(cell: ClassCell) -> list[str]:
    """What has to be known of a class before it is compared."""
    counts = (
        (msg("明显好 %(count)s 项"), len(cell.better)),
        (msg("明显差 %(count)s 项"), len(cell.worse)),
        (msg("样本不足 %(count)s 项"), cell.few),
        (msg("缺 %(count)s 项"), cell.missing),
    )
    return [gettext(text) % {"count": count} for text, count in counts if count]


def _standouts(here: Asked, found: RegionTable) -> Iterator[Standout]:
    keys = {one.name: one.key for one in found.catalogue.in_month(found.period.last)}
    for line in found.lines:
        for cell in line.classes:
            for names, word in ((cell.better, msg("明显好于全体")), (cell.worse, msg("明显差于全体"))):
                for name in names:
                    url = here.url("indicator", keys[name], region=line.place.id)
                    yield Standout(line.place.name, name, gettext(word), url)


def _mix_table(here: Asked, mixes: Sequence[MixLine]) -> Table | None:
    """Shares with the mix of cases taken out; None where there is nothing to read."""
    if not mixes:
        return None
    columns = [
        Column("name", gettext(msg("区域"))),
        Column("cases", gettext(msg("收到事项")), "number"),
        Column("apart", gettext(msg("事项构成与全体不同的"))),
    ]
    for key, name in RATE_NAMES.items():
        columns.append(Column(key, gettext(name), "number"))
        columns.append(Column(f"{key}_alike", gettext(msg("%(name)s（同样构成）")) % {"name": gettext(name)}, "number"))
    rows = []
    for line in mixes:
        cells: dict[str, object] = {"name": line.place.name, "cases": line.cases, "apart": _apart(line)}
        for key in RATE_NAMES:
            cells[key], cells[f"{key}_alike"] = _share(line.rates[key]), _alike(line.rates[key])
        rows.append(Row(here.url("list", region=line.place.id), cells))
    return Table(gettext(msg("同样的事项构成下比较")), columns, rows)


def _apart(line: MixLine) -> str:
    if line.apart is None:
        return gettext(msg("样本不足"))
    part = f"{100 * line.apart:.1f}%"
    return gettext(msg("%(part)s，构成差别大")) % {"part": part} if line.apart >= APART else part


def _share(share: MixedShare) -> str:
    if share.share is None or share.interval is None:
        return gettext(msg("样本不足")) if share.bottom else gettext(msg("不适用"))
    low, high = 100 * share.interval.low, 100 * share.interval.high
    return f"{100 * share.share:.1f}%（{low:.1f} – {high:.1f}）"


def _alike(share: MixedShare) -> str:
    return "" if share.alike is None else f"{100 * share.alike:.1f}%"


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The same as a file, each class with what has to be known of it."""
    check(request)
    checked_format(request.GET.get("format", ""))
    _, _, found = _found(request)
    heads = [gettext(head) for head in (msg("区域"), msg("代码"), msg("指数"), msg("等级"), msg("有数据的权重"), msg("比上期"),
                                        msg("比上年同期"))]  # fmt: skip
    for each in found.index.classes:
        heads += [each.name, gettext(msg("%(name)s的提示")) % {"name": each.name}]
    mixes = {line.place.id: line for line in found.mixes}
    heads += [gettext(msg("收到事项")), gettext(msg("事项构成与全体不同的"))]
    for name in RATE_NAMES.values():
        heads += [gettext(name), gettext(msg("%(name)s（同样构成）")) % {"name": gettext(name)}]
    about = [
        (gettext(msg("指数")), found.index.name),
        (gettext(msg("区域")), f"{found.place.name}（{found.place.code}）"),
        (gettext(msg("期间")), said.period_said(found.period)),
        (gettext(msg("说明")), gettext(NOT_RANKED)),
    ]
    rows = (_cells(line, mixes.get(line.place.id)) for line in (found.whole, *found.lines))
    return send_table(request, gettext(msg("各区域对照")), heads, about, rows, f"regions-{found.index.code}")


def _cells(line: RegionLine, mix: MixLine | None) -> tuple[str | int, ...]:
    cells: list[str | int] = [
        line.place.name,
        line.place.code,
        said.index_said(line.now),
        said.index_mark(line.now).word,
        f"{line.now.share}",
        moved(line.now, line.before),
        moved(line.now, line.year_ago),
    ]
    for cell in line.classes:
        cells += [_points(cell), gettext(msg("、")).join([*_notes(cell), *cell.better, *cell.worse])]
    if mix is None:
        return (*cells, "", "", *("" for _ in RATE_NAMES for _ in range(2)))
    cells += [mix.cases, _apart(mix)]
    for key in RATE_NAMES:
        cells += [_share(mix.rates[key]), _alike(mix.rates[key])]
    return tuple(cells)
