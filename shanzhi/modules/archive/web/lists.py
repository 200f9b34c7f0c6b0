"""The archive as a list, and as a file."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence import queries
from shanzhi.kernel.evidence.policy.objects import FILE, SOURCES
from shanzhi.kernel.evidence.queries import EvidenceRow, Filter, rules
from shanzhi.modules.archive.web import said
from shanzhi.ui.components import Column, Pager, Row, Table
from shanzhi.ui.downloads import checked_format, send_table

WORDS_MOST = 60
STATES = {"there": said.THERE, "gone": said.GONE}


def _asked(request: ActingRequest) -> Filter:
    """The conditions of the address; what isn't known is left out."""
    given = {
        name: clean_text(request.GET.get(name, ""))[:WORDS_MOST] for name in ("q", "project", "type", "source", "key")
    }
    state = request.GET.get("state", "")
    year = said.id_of(request.GET.get("year", "")) or 0
    return Filter(
        words=given["q"], year=year if year < 10_000 else 0, project=given["project"], type=given["type"],
        source=given["source"], key=given["key"], state=state if state in STATES else "",
    )  # fmt: skip


def _query(wanted: Filter) -> str:
    given = {
        "q": wanted.words, "year": wanted.year or "", "project": wanted.project, "type": wanted.type,
        "source": wanted.source, "key": wanted.key, "state": wanted.state,
    }  # fmt: skip
    return urlencode({name: value for name, value in given.items() if value})


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The list on the screen."""
    said.check(request)
    wanted = _asked(request)
    found = queries.archive_page(wanted, after=said.id_of(request.GET.get("after", "")))
    query = _query(wanted)
    after = f"{query}&" if query else ""
    last = found.rows[-1].id if found.rows else 0
    context = {
        "wanted": wanted,
        "selects": list(_selects(wanted)),
        "key_name": said.indicator_name(wanted.key) if wanted.key else "",
        "table": _table(found.rows, frozenset(request.GET.getlist("col")) or None),
        "pager": Pager("", f"?{after}after={last}" if found.has_more else "", found.count),
        "is_filtered": bool(query),
        "file_url": f"{reverse('archive:list_file')}?{after}format=xlsx",
        "clear_url": reverse("archive:list"),
        "may_file": said.may(request, FILE),
    }
    return render(request, "archive/list.html", context)


_Choices = Sequence[tuple[str, str]]


def _selects(wanted: Filter) -> Iterator[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Name, label and options of each condition."""
    listed: tuple[tuple[str, str, str, _Choices], ...] = (
        ("year", msg("年度"), str(wanted.year or ""), [(str(one), str(one)) for one in queries.years()]),
        ("project", msg("项目"), wanted.project, list(said.project_names().items())),
        ("type", msg("类型"), wanted.type, [(one.code, gettext(one.name)) for one in rules().types]),
        ("source", msg("来源"), wanted.source, [(code, gettext(name)) for code, name in SOURCES.items()]),
        ("state", msg("状态"), wanted.state, [(code, gettext(name)) for code, name in STATES.items()]),
    )
    for name, label, chosen, options in listed:
        yield name, gettext(label), [(code, text, code == chosen) for code, text in options]


def _table(rows: Sequence[EvidenceRow], shown: frozenset[str] | None) -> Table:
    columns = (
        Column("title", gettext(msg("材料"))),
        Column("type", gettext(msg("类型"))),
        Column("project", gettext(msg("项目"))),
        Column("place", gettext(msg("地点")), optional=True),
        Column("source", gettext(msg("来源")), optional=True),
        Column("arose", gettext(msg("形成日期"))),
        Column("state", gettext(msg("状态")), "badge"),
    )
    names = said.project_names()
    return Table(gettext(msg("档案")), columns, [_row(row, names) for row in rows], shown)


def _row(row: EvidenceRow, names: dict[str, str]) -> Row:
    cells: dict[str, object] = {
        "title": row.title,
        "type": said.type_said(row),
        "project": names.get(row.project, row.project),
        "place": row.place,
        "source": gettext(SOURCES[row.source]),
        "arose": said.arose_said(row),
        "state": said.state_badge(row),
    }
    return Row(reverse("archive:object", args=[row.id]), cells)


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The same list as a file."""
    said.check(request)
    checked_format(request.GET.get("format", ""))
    wanted, names = _asked(request), said.project_names()
    heads = (
        msg("编号"), msg("材料"), msg("类型"), msg("项目"), msg("年度"), msg("地点"), msg("区域代码"), msg("来源"),
        msg("形成时间"), msg("保管单位"), msg("保管到"), msg("状态"), msg("指纹（SHA-256）"),
    )  # fmt: skip
    rows = (
        (
            said.number_of(row.id), row.title, said.type_said(row), names.get(row.project, row.project), row.year, row.place,
            row.scope_code, said.source_said(row), f"{row.arose_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}", row.unit,
            said.kept_said(row), said.state_badge(row).text, row.sha256,
        )
        for row in queries.archive_rows(wanted)
    )  # fmt: skip
    about = [(gettext(msg("范围")), gettext(msg("您现在的岗位看得到的材料，最多 20,000 份。")))]
    return send_table(request, gettext(msg("档案")), [gettext(head) for head in heads], about, rows, "evidence")
