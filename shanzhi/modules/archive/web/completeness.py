"""What each item still lacks in a year: as a page by project, item by item, and as a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence import queries
from shanzhi.kernel.evidence.policy.completeness import Item, Wanted, lacking
from shanzhi.kernel.evidence.policy.objects import FILE
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.policy.places import NoSuchPlace
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import RegionRow, one_tree
from shanzhi.modules.archive.web import said
from shanzhi.ui.components import Column, Row, Table
from shanzhi.ui.downloads import checked_format, send_table

YEARS = 4
NAMED = 2
"""Units that a line names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The region, year and project of a page; `all`: complete items too; `key`: one item alone."""

    region: RegionRow
    year: int
    project: str
    all: bool
    key: str

    def query(self, **more: object) -> str:
        given = {
            "region": self.region.id, "year": self.year, "project": self.project, "only": "all" if self.all else "",
            "key": self.key, **more,
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value})


def _asked(request: ActingRequest) -> _Asked:
    """What the address asks for; the post's own region and this year, where it says nothing.

    Raises:
        NoSuchPlace: no such region.
        InputError: no such year.
    """
    on = local_date(request.now)
    given = request.GET.get("year", "").strip()
    year = read_period(given).first // 100 if given else on.year
    if year > on.year:
        raise InputError(msg("%(year)s 年还没有到。请选择今年或以前的年度。"), year=year)
    wanted, code = said.id_of(request.GET.get("region", "")), request.actor.region_code
    found = organisation.region_by_id(wanted, on) if wanted is not None else None
    if wanted is None:
        found = organisation.region_at_or_above(code, on) if code else next(iter(organisation.top_regions(on)), None)
    if found is None:
        raise NoSuchPlace(msg("没有这个区域。请从“区域”里选一个。"))
    return _Asked(
        found,
        year,
        request.GET.get("project", "")[:40],
        request.GET.get("only") == "all",
        request.GET.get("key", "")[:40],
    )


def _items(asked: _Asked, request: ActingRequest) -> list[Item]:
    found = queries.completeness(asked.region.id, asked.year, local_date(request.now))
    return [one for one in found if asked.project in ("", one.project) and asked.key in ("", one.key)]


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """What is lacking, by project; with `key` every line of one item."""
    said.check(request)
    on = local_date(request.now)
    with one_tree(is_read=True):
        asked = _asked(request)
        items = _items(asked, request)
        regions = list(_regions(asked.region, request))
    book = catalogue_in_force()
    shown = items if asked.all or asked.key else lacking(items)
    here = reverse("archive:completeness")
    context = {
        "asked": asked,
        "catalogue": book,
        "regions": regions,
        "years": [(year, year == asked.year) for year in range(on.year, on.year - YEARS, -1)],
        "projects": [(one.code, one.name, one.code == asked.project) for one in book.projects],
        "items": len(items),
        "lacking": len(lacking(items)),
        "owed": sum(len(one.lacks) for one in items),
        "later": sum(one.later for one in items),
        "gone": sum(one.gone for one in items),
        "all_url": f"?{asked.query(only='' if asked.all else 'all')}",
        "tables": [] if asked.key else list(_tables(asked, shown)),
        "item": shown[0] if asked.key and shown else None,
        "lines": _lines(shown[0], may_file=said.may(request, FILE)) if asked.key and shown else None,
        "back_url": f"{here}?{asked.query(key='')}",
        "file_url": f"{reverse('archive:completeness_file')}?{asked.query(format='xlsx')}",
        "clear_url": here,
    }
    return render(request, "archive/completeness.html", context)


def _regions(here: RegionRow, request: ActingRequest) -> Iterator[tuple[int, str, bool]]:
    """Regions above this one, itself, those below."""
    on = local_date(request.now)
    above = organisation.path(here.code, on)[:-1]
    below = [] if here.level in (Level.COMMUNITY, Level.GRID) else organisation.children(here.id, on)
    rows = [*above, here, *(one for one in below if one.level is not Level.ZONE)]
    for at, row in enumerate(rows):
        yield row.id, "　" * min(at, len(above) + 1) + row.name, row.id == here.id


def _tables(asked: _Asked, items: Sequence[Item]) -> Iterator[tuple[str, Table]]:
    for project in catalogue_in_force().projects:
        lines = [one for one in items if one.project == project.code]
        if lines:
            yield project.name, _table(asked, project.name, lines)


def _table(asked: _Asked, name: str, items: Iterable[Item]) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("paper", gettext(msg("要求的材料"))),
        Column("due", gettext(msg("应有")), "number"),
        Column("there", gettext(msg("在档")), "number"),
        Column("lacks", gettext(msg("缺")), "number"),
        Column("later", gettext(msg("还没到期")), "number"),
        Column("owes", gettext(msg("由谁补"))),
        Column("since", gettext(msg("最早应于"))),
    )
    return Table(name, columns, [_row(asked, one) for one in items])


def _row(asked: _Asked, one: Item) -> Row:
    detail = f"?{asked.query(key=one.key)}"
    listed = f"{reverse('archive:list')}?{urlencode({'key': one.key, 'year': asked.year})}"
    cells: dict[str, object] = {
        "name": one.name,
        "paper": gettext(msg("办理记录，自动归集")) if one.is_computed else one.paper or gettext(msg("不要求附材料")),
        "due": "" if one.is_computed else one.due,
        "there": f"{one.there}"
        + (gettext(msg("（另有 %(count)s 份已销毁）")) % {"count": one.gone} if one.gone else ""),
        "lacks": "" if one.is_computed else len(one.lacks),
        "later": "" if one.is_computed else one.later,
        "owes": _owes(one),
        "since": day_said(one.since, gettext) if one.since else "",
    }
    return Row(listed if one.is_computed else detail, cells, links={"there": listed} if one.there else {})


def _owes(one: Item) -> str:
    """The first units that owe it, and how many more."""
    names = one.owes[:NAMED]
    if not names:
        return gettext(msg("还没有定填报岗位")) if one.lacks else ""
    said_names = gettext(msg("、")).join(names)
    more = len(one.owes) - len(names)
    return (
        gettext(msg("%(names)s等 %(count)s 个单位")) % {"names": said_names, "count": len(one.owes)}
        if more
        else said_names
    )


def _lines(one: Item, *, may_file: bool) -> Table:
    columns = (
        Column("place", gettext(msg("区域"))),
        Column("period", gettext(msg("期间"))),
        Column("owes", gettext(msg("由谁补"))),
        Column("due", gettext(msg("应于"))),
        Column("state", gettext(msg("状态")), "badge"),
    )
    rows = [
        Row(
            _mend_url(one, line) if may_file else f"{reverse('archive:list')}?{urlencode({'key': one.key})}",
            {
                "place": line.place,
                "period": line.period,
                "owes": line.owes,
                "due": day_said(line.due_on, gettext),
                "state": said.wanted_badge(state),
            },
        )
        for line, state in one.states()
    ]
    return Table(gettext(msg("还缺的材料")), columns, rows)


def _mend_url(one: Item, line: Wanted) -> str:
    """Where what is lacking is put in, with what is known of it filled in."""
    title = f"{one.name}：{one.paper}（{line.place}，{line.period}）"
    return f"{reverse('archive:new')}?{urlencode({'key': one.key, 'place': line.place_code, 'title': title})}"


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """Everything that is lacking, line by line, as a file."""
    said.check(request)
    checked_format(request.GET.get("format", ""))
    with one_tree(is_read=True):
        asked = _asked(request)
        items = _items(asked, request)
    names = said.project_names()
    heads = (
        msg("项目"), msg("指标"), msg("编码"), msg("要求的材料"), msg("期间"), msg("区域"), msg("区域代码"), msg("由谁补"),
        msg("应于"), msg("状态"),
    )  # fmt: skip
    rows = (
        (
            names.get(one.project, one.project), one.name, one.key, one.paper, line.period, line.place, line.place_code,
            line.owes, line.due_on.isoformat(), said.wanted_badge(state).text,
        )
        for one in items
        for line, state in one.states()
    )  # fmt: skip
    about = [
        (gettext(msg("区域")), f"{asked.region.name}（{asked.region.code}）"),
        (gettext(msg("年度")), str(asked.year)),
        (gettext(msg("指标目录")), catalogue_in_force().name),
    ]
    return send_table(request, gettext(msg("材料缺项")), [gettext(head) for head in heads], about, rows, "completeness")
