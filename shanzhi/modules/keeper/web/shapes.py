"""Outlines of regions: upload with the datum, what was found in a list and on a map, take over from a day."""

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.geo import DATUMS
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy import LEVEL_NAMES
from shanzhi.kernel.organisation.policy.shape_file import FILE_MOST, SEVERITY_NAMES, Finding, Severity
from shanzhi.kernel.organisation.policy.shape_map import draw_findings, draw_region
from shanzhi.kernel.organisation.policy.shapes import Judged, NoSuchShapes, say_area
from shanzhi.modules.keeper.web.common import Problems, check, day_of
from shanzhi.ui.components import Badge, Column, Row, Table

SHOWN_MOST = 200


class UploadForm(Problems):
    """A file of outlines; `datum` has no default: who doesn't know it should ask before the city is half a kilometre off."""

    file = forms.FileField(
        label=gettext_lazy("GeoJSON 文件"),
        help_text=gettext_lazy("UTF-8，最多 50 MB。每个图形是一个区域的面，属性里有区划代码。"),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json"}),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的。请重新选择。"),
        },
    )
    datum = forms.ChoiceField(
        label=gettext_lazy("坐标系"),
        choices=[("", gettext_lazy("请选择")), *((one, one) for one in DATUMS)],
        help_text=gettext_lazy("测绘成果一般是 CGCS2000；地图软件导出的一般是 GCJ-02 或 BD-09。都换算成 WGS84 保存。"),
        error_messages={
            "required": gettext_lazy("请选文件的坐标系。选错会偏出几百米。"),
            "invalid_choice": gettext_lazy("没有这个坐标系。请从列表里选。"),
        },
    )
    code_field = forms.CharField(
        label=gettext_lazy("代码所在的属性"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("叫 code、区划代码、adcode、XZQDM 等的会自己找到，不用填。"),
    )


class TakeForm(Problems):
    """From which day; and that somebody has seen the warnings."""

    holds_from = forms.CharField(label=gettext_lazy("生效日期"), widget=forms.DateInput(attrs={"type": "date"}))
    even_so = forms.BooleanField(label=gettext_lazy("确认无误"), required=False)
    digest = forms.CharField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upload(request: ActingRequest) -> HttpResponse:
    """What was taken over so far, and the form for a file; a POST keeps the file and leads to what was found in it."""
    check(request)
    form = UploadForm()
    status = HTTPStatus.OK
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid() and request.actor.post_id is not None:
            given = form.cleaned_data
            try:
                operations.shapes_keep(
                    data=given["file"].read(FILE_MOST + 1),
                    datum=given["datum"],
                    code_field=given["code_field"],
                    post_id=request.actor.post_id,
                    now=request.now,
                )
                return HttpResponseRedirect(reverse("keeper:shapes_found"))
            except DomainError as error:
                form.add_error("file", error.sentence(gettext))
                status = HTTPStatus(error.status)
    return render(request, "keeper/shapes.html", {"form": form, "loads": _loads()}, status=status)


def _loads() -> Table:
    columns = [
        Column("day", gettext("生效日期")),
        Column("count", gettext("区域"), "number"),
        Column("datum", gettext("原坐标系")),
        Column("at", gettext("采用时间"), "time"),
    ]
    rows = [
        Row("", {"day": day_said(one.holds_from, gettext), "count": one.shapes, "datum": one.datum, "at": one.made_at})
        for one in queries.shape_loads()
    ]
    return Table(gettext("采用过的边界"), columns, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def found(request: ActingRequest) -> HttpResponse:
    """What was found in the file that this post has uploaded; a POST takes it over, all of it or nothing."""
    check(request)
    if request.method != "POST":
        return _found_page(request, None)
    try:
        count = operations.shapes_take_over(
            digest=request.POST.get("digest", ""),
            on=day_of(request.POST.get("holds_from", "")),
            author=Author("post", request.actor.post_id, request.actor.unit_id),
            now=request.now,
            within=request.actor.place,
            even_so=bool(request.POST.get("even_so")),
        )
    except NoSuchShapes:
        raise
    except DomainError as error:
        return _found_page(request, error)
    messages.success(request, gettext("已采用 %(count)s 个区域的边界。") % {"count": count})
    return HttpResponseRedirect(reverse("keeper:shapes"))


def _found_page(request: ActingRequest, error: DomainError | None) -> HttpResponse:
    draft = queries.shape_draft(request.actor.post_id)
    if draft is None:
        raise NoSuchShapes(msg("还没有上传文件。请先上传。"))
    today = local_date(request.now)
    judged = queries.shapes_judged(draft.content, draft.datum, _day(request, today), draft.code_field)
    initial = {"holds_from": today.isoformat(), "digest": draft.digest}
    form = TakeForm(request.POST if error else None, error=error, initial=initial)
    context = {
        "judged": judged,
        "datum": draft.datum,
        "levels": [(gettext(LEVEL_NAMES[level]), count) for level, count in judged.levels],
        "findings": _findings(judged),
        "more": len(judged.findings) - SHOWN_MOST,
        # Made by the house's own drawing, which escapes every text.
        "picture": mark_safe(draw_findings(judged, gettext)),  # noqa: S308
        "form": form,
    }
    return render(request, "keeper/shapes_found.html", context, status=error.status if error else HTTPStatus.OK)


def _day(request: ActingRequest, otherwise: date) -> date:
    try:
        return date.fromisoformat(request.POST.get("holds_from", ""))
    except ValueError:
        return otherwise


def _findings(judged: Judged) -> Table:
    columns = [
        Column("name", gettext("图上的号和区域")),
        Column("severity", gettext("轻重"), "badge"),
        Column("code", gettext("代码")),
        Column("what", gettext("问题")),
        Column("point", gettext("位置")),
    ]
    rows = [Row("", _cells(number, one)) for number, one in enumerate(judged.findings[:SHOWN_MOST], start=1)]
    return Table(gettext("检查结果"), columns, rows)


def _cells(number: int, one: Finding) -> dict[str, object]:
    return {
        "name": f"{number}　{one.name or one.code or gettext('整个文件')}",
        "severity": Badge(gettext(SEVERITY_NAMES[one.severity]), "bad" if one.severity is Severity.ERROR else "warn"),
        "code": one.code or "—",
        "what": say(one),
        "point": f"{one.point.longitude:.5f}, {one.point.latitude:.5f}" if one.point else "—",
    }


def say(one: Finding) -> str:
    """A finding's sentence; names that are words of the house are translated and listed."""
    facts = {
        name: gettext("、").join(gettext(str(word)) for word in value) if isinstance(value, tuple) else value
        for name, value in one.facts.items()
    }
    return gettext(one.text) % facts if facts else gettext(one.text)


def region_picture(row: queries.RegionRow, below: Sequence[queries.RegionRow], on: date) -> tuple[SafeString, str]:
    """A region's outline with what lies below it, and its area in words; both empty where there is none."""
    shapes = {one.region_id: one for one in queries.shapes_of([row.id, *(one.id for one in below)], on)}
    own = shapes.get(row.id)
    parts = [
        (one.short_name, f"{reverse('keeper:region', args=[one.id])}?on={on:%Y-%m-%d}", shapes[one.id].sketch)
        for one in below
        if one.id in shapes
    ]
    title = gettext("%(name)s的边界") % {"name": row.name}
    words = gettext("%(name)s的边界和 %(count)s 个下级区域；点下级区域可以打开它。下级也列在旁边的清单里。")
    described = words % {"name": row.name, "count": len(parts)}
    picture = draw_region(title, described, own.sketch if own else None, parts)
    return mark_safe(picture), say_area(own.area_m2) if own else ""  # noqa: S308 - escapes every text
