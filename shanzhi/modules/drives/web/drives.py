"""Drives: the list with what waits for me, a new one, one with its applications and its file."""

from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.drives import operations, queries
from shanzhi.modules.drives.operations import NewDrive
from shanzhi.modules.drives.policy.checklist import FILE_MOST
from shanzhi.modules.drives.policy.states import STATES, State
from shanzhi.modules.drives.policy.words import APPLY, OPEN
from shanzhi.modules.drives.queries.shapes import ApplicationRow, DriveView
from shanzhi.modules.drives.web import said
from shanzhi.modules.drives.web.asking import check, day_of, headline, may, number_of, post_of, problems_of
from shanzhi.modules.drives.web.forms import BeginForm, DriveForm
from shanzhi.ui.components import Badge, Column, Pager, Row, Table
from shanzhi.ui.downloads import checked_format, send_file, send_table, spooled


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The drives, and what waits for the acting post."""
    check(request)
    role = roles().get(request.actor.role)
    due = queries.due(request.actor, frozenset(role.may) if role else frozenset())
    on = local_date(request.now)
    columns = (
        Column("name", gettext(msg("创建"))),
        Column("state", gettext(msg("状态")), "badge"),
        Column("until", gettext(msg("申报截止"))),
        Column("applications", gettext(msg("申报")), "number"),
        Column("waiting", gettext(msg("待核查、待决定")), "number"),
        Column("titles", gettext(msg("已授予")), "number"),
    )
    rows = [
        Row(
            reverse("drives:one", args=[one.id]),
            {
                "name": one.name,
                "state": _open_badge(is_open=on <= one.until_on),
                "until": day_said(one.until_on, gettext),
                "applications": one.applications,
                "waiting": one.waiting,
                "titles": one.titles,
            },
        )
        for one in queries.drive_rows()
    ]
    context = {
        "table": Table(gettext(msg("创建活动")), columns, rows),
        "due": [{"row": one, "badge": said.state_badge(one.state), "url": _due_url(request, one)} for one in due],
        "may_open": may(request, OPEN),
    }
    return render(request, "drives/list.html", context)


def _open_badge(*, is_open: bool) -> Badge:
    return Badge(gettext(msg("申报中")), "good") if is_open else Badge(gettext(msg("申报已截止")), "neutral")


def _due_url(request: ActingRequest, one: ApplicationRow) -> str:
    name = (
        "drives:visit" if one.state is State.APPLIED and one.unit_id != request.actor.unit_id else "drives:application"
    )
    return reverse(name, args=[one.id])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Open a drive."""
    check(request, OPEN)
    on = local_date(request.now)
    entries, deciders = queries.entries(on), queries.deciders(request.actor, on)
    if request.method != "POST":
        initial = {"decider": request.actor.post_id, "months": 36}
        return _draw_new(request, DriveForm(entries, deciders, initial=initial))
    try:
        pk = operations.drive_open(new=_wish(request), actor=request.actor, now=request.now)
    except DomainError as error:
        form = DriveForm(entries, deciders, request.POST, problems=problems_of(error))
        return _draw_new(request, form, error)
    messages.success(request, gettext(msg("创建已经开始，社区可以申报。")))
    return HttpResponseRedirect(reverse("drives:one", args=[pk]))


def _draw_new(request: ActingRequest, form: DriveForm, error: DomainError | None = None) -> HttpResponse:
    context = {"form": form, "said": headline(error), "samples": form.samples}
    return render(request, "drives/new.html", context, status=error.status if error else 200)


def _wish(request: ActingRequest) -> NewDrive:
    upload, chosen = request.FILES.get("file"), post_of(request, "sample")
    content = upload.read(FILE_MOST + 1) if upload else queries.sample_text(chosen).encode()
    return NewDrive(
        post_of(request, "name"), content, (upload.name or "")[:60] if upload else f"{chosen}.toml",
        number_of(post_of(request, "admission")), day_of(post_of(request, "until_on")),
        number_of(post_of(request, "months")), number_of(post_of(request, "decider")),
    )  # fmt: skip


@require_GET
def sample_file(request: ActingRequest, code: str) -> FileResponse:
    """A sample checklist, to be replaced by the city's own."""
    check(request)
    file = spooled()
    file.write(queries.sample_text(code).encode())
    file.seek(0)
    return send_file(file, f"{code}.toml", "application/toml")


@require_safe
@never_cache
def one(request: ActingRequest, pk: int) -> HttpResponse:
    """A drive: its checklist and its applications."""
    check(request)
    return draw_drive(request, pk)


def draw_drive(request: ActingRequest, pk: int, error: DomainError | None = None) -> HttpResponse:
    """The page of a drive, with what was wrong with an application to it."""
    on, state = local_date(request.now), request.GET.get("state", "")
    after = number_of(request.GET.get("after", ""))
    view = queries.drive_view(pk, request.actor, on, state=state, after=after, applies=may(request, APPLY))
    query = f"state={state}&" if state in tuple(State) else ""
    is_open = on <= view.until_on
    context = {
        "view": view,
        "badge": _open_badge(is_open=is_open),
        "pairs": _pairs(view),
        "items": _items(view),
        "table": _table(view.rows),
        "states": [(code.value, gettext(name), code == state) for code, name in STATES.items()],
        "pager": Pager(next_url=f"?{query}after={view.more_after}" if view.more_after else ""),
        "file_url": f"{reverse('drives:file', args=[pk])}?{query}format=xlsx",
        "form": BeginForm(view.places, request.POST or None, problems=problems_of(error))
        if may(request, APPLY) and is_open
        else None,
        "may_close": may(request, OPEN) and is_open and request.actor.place.contains(view.scope_code),
        "error": error.sentence(gettext) if error else "",
    }
    return render(request, "drives/one.html", context, status=error.status if error else 200)


def _pairs(view: DriveView) -> list[tuple[str, str]]:
    admitted = (
        view.admission_item
        if view.is_admitted
        else gettext(msg("%(item)s（已移出，不再收申报）")) % {"item": view.admission_item}
    )
    return [
        (gettext(msg("范围")), view.region),
        (gettext(msg("准入清单")), admitted),
        (gettext(msg("申报截止")), day_said(view.until_on, gettext)),
        (gettext(msg("称号")), view.title),
        (gettext(msg("有效期")), gettext(msg("%(months)s 个月")) % {"months": view.months}),
        (gettext(msg("组织单位")), view.unit),
        (gettext(msg("决定岗位")), view.decider),
        (gettext(msg("标准的指纹（SHA-256）")), view.sha256[:16]),
    ]


def _items(view: DriveView) -> Table:
    columns = (
        Column("name", gettext(msg("标准"))),
        Column("how", gettext(msg("怎么回答"))),
        Column("must", gettext(msg("要求"))),
        Column("ground", gettext(msg("依据"))),
    )
    rows = [
        Row(
            "",
            {
                "name": item.name,
                "how": said.rule_said(item.rule) if item.rule else gettext(msg("申报单位说明，现场核查")),
                "must": gettext(msg("必须达到") if item.must else msg("选择项")),
                "ground": item.ground,
            },
        )
        for item in view.checklist.items
    ]
    return Table(gettext(msg("创建标准")), columns, rows)


def _table(rows: tuple[ApplicationRow, ...]) -> Table:
    columns = (
        Column("place", gettext(msg("场所"))),
        Column("state", gettext(msg("状态")), "badge"),
        Column("unit", gettext(msg("申报单位"))),
        Column("typed", gettext(msg("手工填写（栏）")), "number"),
        Column("applied", gettext(msg("申报时间")), "time"),
        Column("decided", gettext(msg("决定时间")), "time"),
    )
    listed = [
        Row(
            reverse("drives:application", args=[one.id]),
            {
                "place": one.place_name,
                "state": said.state_badge(one.state),
                "unit": one.unit,
                "typed": one.typed,
                "applied": one.applied_at,
                "decided": one.decided_at,
            },
        )
        for one in rows
    ]
    return Table(gettext(msg("申报")), columns, listed)


@require_POST
def begin(request: ActingRequest, pk: int) -> HttpResponse:
    """Begin an application for a place."""
    check(request, APPLY)
    try:
        made = operations.application_begin(
            drive_id=pk, place_id=number_of(post_of(request, "place")), actor=request.actor, now=request.now
        )
    except DomainError as error:
        if error.status == 404:
            raise
        return draw_drive(request, pk, error)
    return HttpResponseRedirect(reverse("drives:application", args=[made]))


@require_POST
def close(request: ActingRequest, pk: int) -> HttpResponse:
    """End a drive's term with today."""
    check(request, OPEN)
    try:
        operations.drive_close(drive_id=pk, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status == 404:
            raise
        return draw_drive(request, pk, error)
    messages.success(request, gettext(msg("申报今天截止；已经送出的照常办理。")))
    return HttpResponseRedirect(reverse("drives:one", args=[pk]))


@require_GET
def file(request: ActingRequest, pk: int) -> FileResponse:
    """The applications of a drive as a file."""
    check(request)
    checked_format(request.GET.get("format", ""))
    name, rows = queries.application_file(pk, request.GET.get("state", ""))
    heads = (
        msg("场所"), msg("区域代码"), msg("状态"), msg("申报单位"), msg("手工填写（栏）"), msg("申报日期"), msg("核查日期"),
        msg("决定日期"),
    )  # fmt: skip
    lines: Iterator[Sequence[str | int]] = (
        (
            one.place_name, one.scope_code, gettext(STATES[one.state]), one.unit, one.typed,
            *(local_date(at).isoformat() if at else "" for at in (one.applied_at, one.visited_at, one.decided_at)),
        )
        for one in rows
    )  # fmt: skip
    about = [(gettext(msg("创建")), name), (gettext(msg("范围")), gettext(msg("您现在的岗位看得到的申报。")))]
    return send_table(request, gettext(msg("申报")), [gettext(head) for head in heads], about, lines, "drive")
