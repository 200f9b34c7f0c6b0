"""Regions: the tree as of a day, a region, a change tried and carried out, what was changed."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import LEVEL_NAMES, Level
from shanzhi.kernel.organisation.policy.plan import BadChange, Change, Close, Merge, Move, Open, Plan, Rename, TreeMoved
from shanzhi.kernel.organisation.policy.plan_file import plan_read, plan_write
from shanzhi.modules.keeper import operations, queries
from shanzhi.modules.keeper.policy import FEATURE
from shanzhi.modules.keeper.policy.regions import month_before
from shanzhi.modules.keeper.web.region_forms import FORMS, KINDS, ChangeForm, FileForm, MergeForm, UndoForm
from shanzhi.modules.keeper.web.shapes import region_picture
from shanzhi.ui.components import Column, Row, Table

FILE_MOST = 1_000_000
PAGE = 25
SHOWN_MOST = 200
"""Regions shown on the try-out page; a county that moves has hundreds of grids."""


def _check(request: ActingRequest) -> None:
    check_may(request.actor, roles().get(request.actor.role), FEATURE)


@require_safe
@never_cache
def region(request: ActingRequest, region_id: int | None = None) -> HttpResponse:
    """A region as of a day, the whole city to begin with."""
    _check(request)
    today = local_date(request.now)
    on = _day(request.GET.get("on", ""), today)
    month = _day(request.GET.get("month", "") + "-01", month_before(today)).replace(day=1)
    page = queries.region_page(region_id, on, month, request.now)
    level = page.row.level if page.row else None
    picture, area = region_picture(page.row, page.below, on) if page.row else ("", "")
    context = {
        "page": page,
        "on": on,
        "today": today,
        "level": gettext(LEVEL_NAMES[level]) if level else "",
        "below": [(row, gettext(LEVEL_NAMES[row.level])) for row in page.below],
        "kinds": _kinds(page.row) if page.row and on == today else [],
        "figures": _figures(page.figures, f"{month:%Y-%m}"),
        "month": f"{month:%Y-%m}",
        "picture": picture,
        "area": area,
    }
    return render(request, "keeper/region.html", context)


def _kinds(row: organisation.RegionRow) -> list[tuple[str, str]]:
    """The changes that can be of a region: the city only has a name, a zone no code to give, a grid nothing below."""
    never: set[str] = set()
    if row.parent_id is None:
        never = {"move", "merge", "split", "close"}
    elif row.level is Level.ZONE:
        never = {"move", "merge", "split", "open"}
    elif row.level is Level.GRID:
        never = {"open"}
    return [(do, gettext(name)) for do, name in KINDS.items() if do not in never]


def _figures(found: queries.Figures, month: str) -> Table:
    columns = [
        Column("by", gettext("口径")),
        Column("reported", gettext("反映"), "number"),
        Column("ended", gettext("办结"), "number"),
    ]
    lines = (
        (gettext("按当时的区划"), found.reported_then, found.ended_then),
        (gettext("按今天的区划"), found.reported_now, found.ended_now),
    )
    rows = [
        Row("", {"by": by, "reported": "—" if reported is None else reported, "ended": "—" if ended is None else ended})
        for by, reported, ended in lines
    ]
    return Table(gettext("%(month)s，含全部下级") % {"month": month}, columns, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: ActingRequest, region_id: int, do: str) -> HttpResponse:
    """A form for one kind of change; a POST tries the plan that it makes."""
    _check(request)
    form, row = _form(request, region_id, do)
    if request.method == "POST" and form.is_valid():
        try:
            return _try(request, form.plan())
        except DomainError as error:
            form.add_error(None, error.sentence(gettext))
            return _change_page(request, form, row, do, error.status)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return _change_page(request, form, row, do, status)


def _form(request: ActingRequest, region_id: int, do: str) -> tuple[ChangeForm, organisation.RegionRow]:
    today = local_date(request.now)
    row = organisation.region_by_id(region_id, today)
    if row is None or do not in FORMS:
        raise NotFound(msg("这个区域今天不在，不能变更。请从区划首页重新选择。"))
    beside = organisation.children(row.parent_id, today) if row.parent_id is not None else []
    siblings = [one for one in beside if one.level is row.level and one.id != row.id]
    data = request.POST if request.method == "POST" else None
    form = FORMS[do](data, row, siblings, organisation.children(row.id, today), today + timedelta(days=1))
    above = organisation.region_by_id(row.parent_id, today) if row.parent_id is not None else None
    if isinstance(form, MergeForm) and above is not None:
        form.parent_code = above.code
    return form, row


def _change_page(
    request: ActingRequest, form: ChangeForm, row: organisation.RegionRow, do: str, status: int
) -> HttpResponse:
    context = {"form": form, "row": row, "do": do, "title": gettext(KINDS[do])}
    return render(request, "keeper/region_change.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def plan(request: ActingRequest) -> HttpResponse:
    """A plan as a file; a POST tries it, or carries out the one that was tried."""
    _check(request)
    if request.method != "POST":
        return render(request, "keeper/region_plan.html", {"form": FileForm()})
    if request.POST.get("do") == "carry":
        return _carry_out(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "keeper/region_plan.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return _try(request, plan_read(_text(form)))
    except DomainError as error:
        form.add_error("file", error.sentence(gettext))
        return render(request, "keeper/region_plan.html", {"form": form}, status=error.status)


def _text(form: forms.Form) -> str:
    raw = form.cleaned_data["file"].read(FILE_MOST + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if not text or len(raw) > FILE_MOST:
        raise BadChange(msg("读不出这个方案文件。请以 UTF-8 保存，不超过 1 MB，再上传。"))
    return str(text)


def _carry_out(request: ActingRequest) -> HttpResponse:
    wanted = plan_read(request.POST.get("plan", ""))
    try:
        done = operations.redraw_carry_out(plan=wanted, version=_version(request), actor=request.actor, now=request.now)
    except TreeMoved as error:
        # Tried again on the tree of now: nothing was done, and nothing that was typed is lost.
        return _try(request, wanted, said=error.sentence(gettext), status=error.status)
    messages.success(request, gettext("区划已变更（第 %(number)d 号）。") % {"number": done.redraw_id})
    return HttpResponseRedirect(reverse("keeper:region_changes"))


def _version(request: ActingRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("version", ""))
    except ValueError:
        return None


def _try(request: ActingRequest, wanted: Plan, *, said: str = "", status: int = 200) -> HttpResponse:
    """What a plan would do, with the button that does it."""
    found = queries.tried(wanted, request.actor, request.now)
    context = {
        "found": found,
        "regions": found.regions[:SHOWN_MOST],
        "more": len(found.regions) - SHOWN_MOST,
        "changes": say_all(wanted),
        "units": [(one.unit.name, found.unit_names.get(one.to_id, "")) for one in found.succession.units],
        "opened": [unit.name for unit in found.succession.opened],
        "carried": sum(1 for one in found.succession.posts if one.to is not None and one.post.staff_id is not None),
        "vacant": sum(1 for one in found.succession.posts if one.post.staff_id is None),
        "plan_text": plan_write(wanted),
        "said": said,
    }
    return render(request, "keeper/region_try.html", context, status=status)


def say_all(wanted: Plan) -> list[str]:
    """A plan's changes, a sentence each, with the names that regions had before or get."""
    made = {one.code: one.name for one in wanted.changes if isinstance(one, Open)}

    def name(code: str) -> str:
        if code in made:
            return f"{made[code]}（{code}）"
        row = organisation.region_of_code(code, wanted.on - timedelta(days=1))
        return f"{row.short_name}（{code}）" if row else code

    with organisation.one_tree():
        return [_say(one, name) for one in wanted.changes]


def _say(one: Change, name: Callable[[str], str]) -> str:
    match one:
        case Rename():
            return gettext("%(region)s 改名为“%(name)s”") % {"region": name(one.region), "name": one.name}
        case Move():
            said = {"region": name(one.region), "code": one.code}
            if one.parent:
                said["parent"] = name(one.parent)
                return gettext("%(region)s 划到 %(parent)s 之下，代码改为 %(code)s") % said
            return gettext("%(region)s 的代码改为 %(code)s") % said
        case Merge():
            regions = "、".join(name(code) for code in one.regions)
            return gettext("%(regions)s 并入 %(into)s") % {"regions": regions, "into": name(one.into)}
        case Open():
            said = {"name": one.name, "code": one.code, "parent": name(one.parent)}
            return gettext("在 %(parent)s 之下新设“%(name)s”（%(code)s）") % said
        case Close():
            return gettext("撤销 %(region)s") % {"region": name(one.region)}
    parts = "、".join(f"“{part.name}”（{part.code}）" for part in one.parts)
    return gettext("%(region)s 拆分为 %(parts)s") % {"region": name(one.region), "parts": parts}


@require_safe
@never_cache
def changes(request: ActingRequest) -> HttpResponse:
    """What was changed, the last first."""
    _check(request)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) < 19
    rows = organisation.redraws(before=int(before) if is_number else None, limit=PAGE + 1)
    today = local_date(request.now)
    shown = [
        {
            "row": row,
            "changes": say_all(row.plan) if row.plan else [],
            "state": _state(row, today),
            "undoes": row.plan.undoes if row.plan else None,
        }
        for row in rows[:PAGE]
    ]
    older = f"?before={rows[PAGE - 1].id}" if len(rows) > PAGE else ""
    return render(request, "keeper/region_changes.html", {"rows": shown, "older": older})


def _state(row: organisation.RedrawLine, today: date) -> tuple[str, str]:
    if row.undone_by is not None:
        return gettext("已由第 %(number)d 号撤销") % {"number": row.undone_by}, "neutral"
    if row.effective_on > today:
        return gettext("尚未生效"), "action"
    if row.followed_at is None:
        return gettext("在办事项调整中"), "warn"
    return gettext("已生效"), "good"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def undo(request: ActingRequest, number: int) -> HttpResponse:
    """Take a change back from a day: asks for the day, then tries the plan that does it."""
    _check(request)
    today = local_date(request.now)
    data: Any = request.POST if request.method == "POST" else None
    form = UndoForm(data, initial={"on": today + timedelta(days=1)})
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                return _try(request, organisation.undo_plan(number, form.cleaned_data["on"]))
            except BadChange as error:
                form.add_error("on", error.sentence(gettext))
                status = HTTPStatus(error.status)
    row = next(iter(organisation.redraws(before=number + 1, limit=1)), None)
    if row is None or row.id != number:
        raise NotFound(msg("没有第 %(number)s 号区划变更。请核对编号。"), number=number)
    context = {"form": form, "row": row, "changes": say_all(row.plan) if row.plan else []}
    return render(request, "keeper/region_undo.html", context, status=status)


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
