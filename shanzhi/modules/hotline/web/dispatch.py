"""The dispatch catalogue (派单目录): its versions and rows to look up, a draft to edit, a trial, and the day it goes live."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, InputError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.sheets import MEDIA_TYPES
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.policy.dispatching import (
    BYTES_MOST,
    LEVEL_NAMES,
    BadDispatchFile,
    DispatchCase,
    case_of,
    read_file,
    write_file,
)
from shanzhi.kernel.matters.queries import CaseRow, VersionRow
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.hotline.policy import DISPATCH, DISPATCH_READ
from shanzhi.modules.hotline.web.said import SaidForm, grouped_categories, without_nul
from shanzhi.ui.components import Badge, Column, Pager, Row, Table
from shanzhi.ui.downloads import send_file

FIND = ("category", "region", "unit")
FIELDS = ("category", "region_code", "level", "unit_code", "unit_kind", "limit_text", "ground")
LEVELS = {code: name for name, code in LEVEL_NAMES.items()}


class FindForm(forms.Form):
    """Which rows are looked for."""

    category = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("区域"), required=False)
    unit = forms.CharField(label=gettext_lazy("主办单位"), required=False, max_length=60)

    def __init__(self, data: dict[str, str], on: date) -> None:
        super().__init__(data)
        region = self.fields["region"]
        assert isinstance(region, forms.ChoiceField)  # noqa: S101 - declared above
        region.choices = [("", gettext("全部")), *desk.region_choices(data["region"].strip(), on)]
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 - declared above
        category.choices = grouped_categories(gettext("全部"), with_groups=True)


class RowForm(SaidForm):
    """A row as it is typed."""

    category = forms.ChoiceField(label=gettext_lazy("分类"))
    region_code = forms.CharField(
        label=gettext_lazy("区域代码"),
        required=False,
        max_length=15,
        help_text=gettext_lazy("留空为全市。写了代码，就只管这个区域和它下面的。"),
    )
    unit_kind = forms.ChoiceField(
        label=gettext_lazy("单位类型"),
        required=False,
        help_text=gettext_lazy("按诉求所在地找这一类单位。单位类型和单位代码只填一个。"),
    )
    level = forms.ChoiceField(label=gettext_lazy("承办层级"), required=False)
    unit_code = forms.CharField(
        label=gettext_lazy("单位代码"), required=False, max_length=80, help_text=gettext_lazy("总由这一家来办时填写。")
    )
    co_codes = forms.CharField(
        label=gettext_lazy("协办"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("单位代码或单位类型代码，用顿号隔开。"),
    )
    limit_text = forms.CharField(
        label=gettext_lazy("时限"),
        max_length=12,
        help_text=gettext_lazy("5wd 是 5 个工作日，3d 是 3 天，24h 是 24 小时。"),
    )
    ground = forms.CharField(label=gettext_lazy("依据"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: dict[str, str] | None = None, *, error: DomainError | None = None) -> None:
        super().__init__(data, error=error)
        kinds = [(item.code, item.name) for item in organisation.unit_catalogue().departments]
        self.offer("category", grouped_categories(gettext("请选择"), with_groups=True))
        self.offer("unit_kind", [("", gettext("不按类型")), ("township", gettext("乡镇（街道）")), *kinds])
        self.offer("level", [("", gettext("不按层级")), *((code, gettext(name)) for code, name in LEVELS.items())])


def _may_edit(request: ActingRequest) -> bool:
    role = roles().get(request.actor.role)
    return role is not None and DISPATCH in role.may


@require_GET
@never_cache
def versions(request: ActingRequest) -> HttpResponse:
    """All versions, and which of them decides today."""
    desk.check_staff(request, DISPATCH_READ)
    return _versions(request)


def _versions(request: ActingRequest, error: DomainError | None = None) -> HttpResponse:
    on = local_date(request.now)
    listed = seen.dispatch_versions()
    in_force = seen.dispatch_in_force(on)
    rows = [
        Row(
            reverse("hotline:dispatch_version", args=[each.id]),
            {
                "name": gettext("第 %(number)d 版") % {"number": each.id},
                "state": _state(each, in_force, on),
                "from": day_said(each.holds_from, gettext),
                "rows": each.rows,
                "loaded": each.loaded_at,
                "note": each.note,
            },
            current=each.id == in_force,
        )
        for each in listed
    ]
    columns = (
        Column("name", gettext("版本")),
        Column("state", gettext("状态"), kind="badge"),
        Column("from", gettext("生效日期")),
        Column("rows", gettext("行数"), kind="number"),
        Column("loaded", gettext("建立时间"), kind="time"),
        Column("note", gettext("说明")),
    )
    context = {
        "table": Table(gettext("派单目录的各版本"), columns, rows),
        "rows": rows,
        "in_force": in_force,
        "may_edit": _may_edit(request),
        "first_day": (on + timedelta(days=1)).isoformat(),
        "posted": request.POST,
        "sentence": error.sentence(gettext) if error and not _faults(error) else "",
        "faults": _faults(error),
    }
    return render(request, "hotline/dispatch.html", context, status=error.status if error else 200)


def _faults(error: DomainError | None) -> list[tuple[int, str]]:
    """All that is wrong with rows, in words."""
    return [(one.line, one.sentence(gettext)) for one in error.faults] if isinstance(error, BadDispatchFile) else []


def _state(version: VersionRow, in_force: int | None, on: date) -> Badge:
    if version.live_at is None:
        return Badge(gettext("草稿"), "neutral")
    if version.id == in_force:
        return Badge(gettext("现行"), "good")
    return Badge(gettext("待生效"), "action") if version.holds_from > on else Badge(gettext("已被替换"), "neutral")


@require_POST
def load(request: ActingRequest) -> HttpResponse:
    """Take in a file as a new draft; what is wrong with it is listed, line by line, and nothing is kept."""
    desk.check_staff(request, DISPATCH)
    try:
        sent = request.FILES.get("file")
        if sent is None:
            raise InputError(msg("请选一个文件。"))
        if (sent.size or 0) > BYTES_MOST:
            raise BadDispatchFile(msg("文件超过 5 MB。请分成几个文件。"))
        made = matters.dispatch_load(
            rows=read_file(sent.read(), sent.name or ""),
            holds_from=_day(request.POST.get("holds_from", "")),
            note=without_nul(request.POST).get("note", ""),
            actor=request.actor,
            now=request.now,
        )
    except DomainError as error:
        return _versions(request, error)
    messages.success(request, gettext("已载入为第 %(number)d 版草稿，还没有生效。") % {"number": made})
    return HttpResponseRedirect(reverse("hotline:dispatch_version", args=[made]))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(msg("写上生效日期，例如 2026-01-31。")) from None


@require_POST
def draft(request: ActingRequest, version: int) -> HttpResponse:
    """Begin a draft with a version's rows."""
    desk.check_staff(request, DISPATCH)
    on = local_date(request.now)
    made = matters.dispatch_draft(
        copy_of=version,
        holds_from=on + timedelta(days=1),
        note=gettext("以第 %(number)d 版为底") % {"number": version},
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, gettext("已建立第 %(number)d 版草稿，可以改了。") % {"number": made})
    return HttpResponseRedirect(reverse("hotline:dispatch_version", args=[made]))


@require_GET
@never_cache
def rows(request: ActingRequest, version: int) -> HttpResponse:
    """A version's rows, filtered; of a draft also what may be done with it, and what keeps it from going live."""
    desk.check_staff(request, DISPATCH_READ)
    return _rows(request, version)


def _rows(request: ActingRequest, version: int, error: DomainError | None = None) -> HttpResponse:
    on, asked = local_date(request.now), without_nul(request.GET)
    found = seen.dispatch_version(version)
    page = seen.dispatch_rows(
        version,
        on=on,
        category=asked.get("category", ""),
        region=asked.get("region", "").strip(),
        unit=asked.get("unit", ""),
        after=_number(asked.get("after", "")),
    )
    is_draft = found.live_at is None
    may_edit = _may_edit(request)
    faults = seen.dispatch_faults(version, on=max(on, found.holds_from)) if is_draft and may_edit else ()
    own = reverse("hotline:dispatch_version", args=[version])
    context = {
        "version": found,
        "badge": _state(found, seen.dispatch_in_force(on), on),
        "form": FindForm({name: asked.get(name, "") for name in FIND}, on),
        "own_url": own,
        "rows": page.rows,
        "table": _table(version, page.rows, is_link=is_draft and may_edit),
        "pager": Pager(
            previous_url=own + _kept(asked) if asked.get("after") else "",
            next_url=own + _kept(asked, after=str(page.after)) if page.after else "",
        ),
        "is_draft": is_draft,
        "may_edit": may_edit,
        "faults": [(one.line, one.sentence(gettext)) for one in faults],
        "sentence": error.sentence(gettext) if error and not _faults(error) else "",
        "holds_from": request.POST.get("holds_from", "") or max(found.holds_from, on).isoformat(),
        "first_day": on.isoformat(),
    }
    return render(request, "hotline/dispatch_version.html", context, status=error.status if error else 200)


def _kept(asked: QueryDict, **more: str) -> str:
    query = QueryDict(mutable=True)
    for name in FIND:
        if asked.get(name):
            query[name] = asked.get(name, "")
    query.update(more)
    return f"?{query.urlencode()}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000000") else 0


def _table(version: int, found: tuple[CaseRow, ...], *, is_link: bool) -> Table:
    columns = (
        Column("category", gettext("分类")),
        Column("place", gettext("区域")),
        Column("level", gettext("层级")),
        Column("unit", gettext("主办")),
        Column("co", gettext("协办")),
        Column("limit", gettext("时限")),
        Column("ground", gettext("依据")),
    )
    return Table(
        gettext("派单目录的行"),
        columns,
        [
            Row(
                reverse("hotline:dispatch_row", args=[version, each.id]) if is_link else "",
                {
                    "category": each.category_name,
                    "place": each.place_name or gettext("全市"),
                    "level": gettext(LEVELS[each.case.level]) if each.case.level else "",
                    "unit": gettext("%(name)s（已撤销）") % {"name": each.unit_name}
                    if each.is_unit_gone
                    else gettext(each.unit_name),
                    "co": gettext("、").join(map(gettext, each.co_names)),
                    "limit": limit_text(each),
                    "ground": each.case.ground,
                },
            )
            for each in found
        ],
    )


def limit_text(row: Any) -> str:
    """A row's (or hint's) limit in words: 5个工作日."""
    return gettext(row.limit.message) % {"amount": row.limit.amount}


@require_GET
@never_cache
def file(request: ActingRequest, version: int) -> FileResponse:
    """A version as CSV: to be changed in a spreadsheet and taken in again as a new draft."""
    desk.check_staff(request, DISPATCH_READ)
    seen.dispatch_version(version)
    return send_file(BytesIO(write_file(seen.dispatch_cases(version))), f"dispatch-{version}.csv", MEDIA_TYPES["csv"])


@require_GET
@never_cache
def trial(request: ActingRequest, version: int) -> HttpResponse:
    """Try a version on matters that were dispatched already, as far as this post sees them."""
    desk.check_staff(request, DISPATCH)
    about = seen.dispatch_version(version)
    found = seen.dispatch_trial(version, now=request.now)
    columns = (
        Column("number", gettext("编号")),
        Column("category", gettext("分类")),
        Column("was", gettext("原主办单位")),
        Column("would_be", gettext("按新目录")),
    )
    listed = [
        Row(
            reverse("matters:matter", args=[each.number]),
            {"number": each.number, "category": each.category_name, "was": each.was, "would_be": each.would_be},
        )
        for each in found.listed
    ]
    context = {
        "version": about,
        "trial": found,
        "rows": listed,
        "table": Table(gettext("会派到别处的事项"), columns, listed),
    }
    return render(request, "hotline/dispatch_trial.html", context)


@require_POST
def live(request: ActingRequest, version: int) -> HttpResponse:
    """Let a draft decide from a day on."""
    desk.check_staff(request, DISPATCH)
    try:
        since = _day(request.POST.get("holds_from", ""))
        matters.dispatch_go_live(version_id=version, holds_from=since, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except DomainError as error:
        return _rows(request, version, error)
    messages.success(request, gettext("已确认，从 %(day)s 起按这一版派单。") % {"day": day_said(since, gettext)})
    return HttpResponseRedirect(reverse("hotline:dispatch_version", args=[version]))


@require_http_methods(["GET", "POST"])
@never_cache
def row(request: ActingRequest, version: int, pk: int | None = None) -> HttpResponse:
    """Add a row to a draft, or change one."""
    desk.check_staff(request, DISPATCH)
    if request.method == "POST":
        return _save(request, version, pk)
    found = seen.dispatch_row(version, pk, on=local_date(request.now)) if pk is not None else None
    if pk is not None and found is None:
        raise NotFound(msg("没有这一行，可能刚刚被别人删除了。请回到这一版再看。"))
    seen.dispatch_version(version)
    return _draw_row(request, version, RowForm(_typed(found.case) if found else {}), found)


def _typed(case: DispatchCase) -> dict[str, str]:
    return {name: getattr(case, name) for name in FIELDS} | {"co_codes": "、".join(case.co)}


def _save(request: ActingRequest, version: int, pk: int | None) -> HttpResponse:
    given = request.POST
    row_id = None if given.get("as_new") else pk
    try:
        matters.dispatch_row_save(
            version_id=version,
            row_id=row_id,
            edit=_number(given.get("edit", "")),
            case=_case(given),
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except matters.DispatchMovedOn as error:
        on = local_date(request.now)
        now_is = seen.dispatch_row(version, error.row_id, on=on) if error.row_id is not None else None
        form = RowForm(given.dict(), error=error)
        return _draw_row(request, version, form, now_is, moved=error, status=error.status, same=error.row_id == pk)
    except DomainError as error:
        found = seen.dispatch_row(version, pk, on=local_date(request.now)) if pk is not None else None
        shown = replace(found, edit=_number(given.get("edit", ""))) if found else None
        return _draw_row(request, version, RowForm(given.dict(), error=_plain(error)), shown, status=error.status)
    messages.success(request, gettext("这一行已保存。"))
    return HttpResponseRedirect(reverse("hotline:dispatch_version", args=[version]))


def _plain(error: DomainError) -> DomainError:
    """What is wrong with one row, without the number of a line that it doesn't have."""
    if not isinstance(error, BadDispatchFile) or not error.faults:
        return error
    told = tuple(one.sentence(gettext) for one in error.faults)
    return BadDispatchFile(msg("这一行还不能保存：%(wrong)s。"), wrong=told)


def _case(posted: QueryDict) -> DispatchCase:
    given = without_nul(posted)
    return case_of({name: given.get(name, "") for name in (*FIELDS, "co_codes")})


def _draw_row(
    request: ActingRequest,
    version: int,
    form: RowForm,
    found: CaseRow | None,
    *,
    moved: DomainError | None = None,
    status: int = 200,
    same: bool = True,
) -> HttpResponse:
    """The form of a row. After somebody else's change, `found` is the row as it is now, shown beside what was typed."""
    context = {
        "version": version,
        "form": form,
        "row": found if same else None,
        "moved": moved is not None,
        "changed": found if moved is not None else None,
        "changed_limit": limit_text(found) if moved is not None and found is not None else "",
        "as_new": moved is not None and found is None,
    }
    return render(request, "hotline/dispatch_row.html", context, status=status)


@require_POST
def drop(request: ActingRequest, version: int, pk: int) -> HttpResponse:
    """Take a row out of a draft."""
    desk.check_staff(request, DISPATCH)
    edit = _number(request.POST.get("edit", ""))
    matters.dispatch_row_drop(version_id=version, row_id=pk, edit=edit, actor=request.actor, now=request.now)
    messages.success(request, gettext("这一行已删除。"))
    return HttpResponseRedirect(reverse("hotline:dispatch_version", args=[version]))
