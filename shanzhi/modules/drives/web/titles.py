"""Titles: the list for everybody, its file, the paper of a decision; withdrawing one, after its holder was heard."""

from io import BytesIO
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.papers import MEDIA_TYPES, Document, Heading, Paragraph, to_docx, to_pdf
from shanzhi.core.papers import Column as PaperColumn
from shanzhi.core.papers import Table as PaperTable
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.drives import operations, queries
from shanzhi.modules.drives.policy.states import State, TitleState
from shanzhi.modules.drives.policy.words import APPLY, DECIDE, missing
from shanzhi.modules.drives.queries import TitleFilter
from shanzhi.modules.drives.queries.shapes import ApplicationView, TitleRow
from shanzhi.modules.drives.web import said
from shanzhi.modules.drives.web.applying import DECIDED, draw
from shanzhi.modules.drives.web.asking import check, day_of, number_of, post_of
from shanzhi.ui.components import Column, Pager, Row, Table
from shanzhi.ui.downloads import checked_format, send_file, send_table
from shanzhi.ui.invented import invented_lines

WRITERS = {"pdf": to_pdf, "docx": to_docx}
WORDS_MOST = 40


def _asked(request: ActingRequest) -> TitleFilter:
    """The conditions of the address; what isn't known is left out."""
    region = request.GET.get("region", "")
    return TitleFilter(
        request.GET.get("title", "")[:40], clean_text(request.GET.get("q", ""))[:WORDS_MOST],
        region if region.isascii() and region.isdecimal() and len(region) <= 15 else "",
    )  # fmt: skip


def _query(wanted: TitleFilter) -> str:
    given = {"title": wanted.code, "q": wanted.words, "region": wanted.region}
    return urlencode({name: value for name, value in given.items() if value})


@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """The titles in force: places, never persons."""
    wanted = _asked(request)
    found = queries.titles_page(wanted, local_date(request.now), after=number_of(request.GET.get("after", "")))
    query = _query(wanted)
    joined = f"{query}&" if query else ""
    columns = (
        Column("place", gettext(msg("场所"))),
        Column("name", gettext(msg("称号"))),
        Column("region", gettext(msg("区域")), optional=True),
        Column("granted", gettext(msg("授予日期"))),
        Column("until", gettext(msg("有效期至"))),
    )
    rows = [Row("", _cells(one, found.region_of(one))) for one in found.rows]
    context = {
        "wanted": wanted,
        "names": [(code, name, code == wanted.code) for code, name in found.names],
        "table": Table(gettext(msg("有效的称号")), columns, rows, frozenset(request.GET.getlist("col")) or None),
        "pager": Pager(next_url=f"?{joined}after={found.after}" if found.after else "", count=found.count),
        "is_filtered": bool(query),
        "file_url": f"{reverse('drives:titles_file')}?{joined}format=xlsx",
        "clear_url": reverse("drives:titles"),
    }
    return render(request, "drives/titles.html", context)


def _cells(one: TitleRow, region: str) -> dict[str, object]:
    return {
        "place": one.place_name,
        "name": one.name,
        "region": region,
        "granted": day_said(one.granted_on, gettext),
        "until": day_said(one.until_on, gettext),
    }


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The same list as a file."""
    checked_format(request.GET.get("format", ""))
    heads = (msg("场所"), msg("称号"), msg("区域代码"), msg("授予日期"), msg("有效期至"))
    lines = (
        (one.place_name, one.name, one.scope_code, one.granted_on.isoformat(), one.until_on.isoformat())
        for one in queries.title_rows(_asked(request))
    )
    about = [(gettext(msg("范围")), gettext(msg("今天有效的称号，到期和撤销的不在内。")))]
    return send_table(request, gettext(msg("称号")), [gettext(head) for head in heads], about, lines, "titles")


@require_GET
@never_cache
def paper(request: ActingRequest, pk: int) -> FileResponse:
    """The decision about an application as an official paper."""
    check(request)
    kind = request.GET.get("format", "")
    view = queries.application_view(pk, local_date(request.now), proposes=False)
    if kind not in WRITERS:
        raise InputError(msg("没有这种格式。可以下载 pdf 或 docx。"))
    if view.row.state not in DECIDED:
        raise InputError(msg("还没有决定，没有可以下载的决定书。"))
    content = WRITERS[kind](_document(request, view))
    return send_file(BytesIO(content), f"{view.row.place_name}-{view.row.title}.{kind}", MEDIA_TYPES[kind])


def _document(request: ActingRequest, view: ApplicationView) -> Document:
    made_at = request.now.astimezone(CITY_ZONE)
    decided_on = local_date(view.row.decided_at or request.now)
    is_granted = view.row.state is State.GRANTED and view.title is not None
    text = msg(
        "%(unit)s：你单位为“%(place)s”申报的“%(title)s”，经对照创建标准核查，决定授予，自 %(since)s 起，至 %(until)s 止。"
    )
    refusal = msg("%(unit)s：你单位为“%(place)s”申报的“%(title)s”，经对照创建标准核查，决定不予授予。理由：%(reason)s")
    title = view.title
    params = {
        "unit": view.row.unit, "place": view.row.place_name, "title": view.row.title, "reason": view.reason,
        "since": day_said(title.granted_on, gettext) if title else "",
        "until": day_said(title.until_on, gettext) if title else "",
    }  # fmt: skip
    rows = tuple(
        (
            one.item.name,
            said.answer_badge(one).text,
            said.found_said(one) or (one.look.words if one.look else one.words),
        )
        for one in view.items
    )
    blocks: list[Heading | Paragraph | PaperTable] = [Paragraph(gettext(text if is_granted else refusal) % params)]
    if title is not None and title.state is not TitleState.IN_FORCE and title.ended_on:
        over = gettext(msg("这一称号 %(day)s 起不再有效：%(state)s。"))
        state = said.title_badge(title.state).text
        blocks.append(Paragraph(over % {"day": day_said(title.ended_on, gettext), "state": state}))
    blocks.append(Heading(gettext(msg("逐项结果"))))
    columns = (
        PaperColumn(gettext(msg("标准")), width=3), PaperColumn(gettext(msg("结果"))),
        PaperColumn(gettext(msg("记录")), width=2),
    )  # fmt: skip
    blocks.append(PaperTable(gettext(msg("逐项结果")), columns, rows))
    blocks.append(
        Paragraph(
            gettext(msg("创建标准 %(name)s 第 %(version)s 版；填写 %(typed)s 栏，其余由日常记录回答。"))
            % {"name": view.checklist.name, "version": view.checklist.version, "typed": view.row.typed}
        )
    )
    heading = msg("关于授予“%(title)s”的决定") if is_granted else msg("关于不予授予“%(title)s”的决定")
    invented = list(invented_lines())
    return Document(
        gettext(heading) % {"title": view.row.title}, queries.decider_of(view, decided_on), decided_on, made_at, tuple(blocks),
        subtitle=view.row.place_name, mark=gettext(msg("示例")) if invented or view.checklist.sample else "",
    )  # fmt: skip


def _title_id(pk: int, request: ActingRequest) -> int:
    view = queries.application_view(pk, local_date(request.now), proposes=False)
    if view.title is None:
        raise missing()
    return view.title.id


def _done(pk: int, request: ActingRequest, sentence: str) -> HttpResponse:
    messages.success(request, gettext(sentence))
    return HttpResponseRedirect(reverse("drives:application", args=[pk]) + "#title")


@require_POST
def hear(request: ActingRequest, pk: int) -> HttpResponse:
    """Tell a holder that the title may be withdrawn."""
    check(request, DECIDE)
    title_id = _title_id(pk, request)
    try:
        operations.hearing_open(
            title_id=title_id, ground=post_of(request, "ground"), words=post_of(request, "words"),
            until_on=day_of(post_of(request, "until_on")), actor=request.actor, now=request.now,
        )  # fmt: skip
    except DomainError as error:
        return draw(request, pk, error, "hear")
    return _done(pk, request, msg("已经告知申报单位，等待申辩。"))


@require_POST
def statement(request: ActingRequest, pk: int) -> HttpResponse:
    """What a holder says."""
    check(request, APPLY)
    title_id = _title_id(pk, request)
    try:
        operations.statement_make(
            title_id=title_id, words=post_of(request, "statement"), actor=request.actor, now=request.now
        )
    except DomainError as error:
        return draw(request, pk, error, "statement")
    return _done(pk, request, msg("申辩已经交出。"))


@require_POST
def heard(request: ActingRequest, pk: int) -> HttpResponse:
    """Withdraw the title, or drop the matter."""
    check(request, DECIDE)
    title_id = _title_id(pk, request)
    try:
        operations.hearing_end(
            title_id=title_id, withdraw=post_of(request, "do") == "withdraw", words=post_of(request, "decision"),
            actor=request.actor, now=request.now,
        )  # fmt: skip
    except DomainError as error:
        return draw(request, pk, error, "heard")
    return _done(pk, request, msg("已经决定。"))
