"""Places: the list, a place's form, closing, taking up an earlier version, and the sign that hangs there."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy.places import NoSuchPlace
from shanzhi.kernel.organisation.queries import PlaceFilter, PlaceRow
from shanzhi.modules.keeper.web.place_forms import FindPlaces, PlaceForm, initial_of
from shanzhi.ui.components import Column, Pager, Row, Table

FEATURE = "keep"


@require_safe
@never_cache
def places(request: ActingRequest) -> HttpResponse:
    """The places that I keep, by words, kind and region; closed ones apart."""
    desk.check_staff(request, FEATURE)
    on = local_date(request.now)
    form = FindPlaces(request.GET, on=on)
    form.is_valid()
    read = form.cleaned_data
    wanted = PlaceFilter(_ranges(request, read), read.get("kind") or "", read.get("q") or "", bool(read.get("closed")))
    page = queries.places_page(wanted, on, after=read.get("after") or 0)
    kept = {name: request.GET[name] for name in ("q", "kind", "region", "closed") if request.GET.get(name)}
    context = {
        "form": form,
        "table": _table(page.rows),
        "total": page.total,
        "pager": Pager(
            previous_url=f"?{urlencode(kept)}" if read.get("after") else "",
            next_url=f"?{urlencode({**kept, 'after': page.after})}" if page.after else "",
            count=page.total,
        ),
    }
    return render(request, "keeper/places.html", context)


def _ranges(request: ActingRequest, read: dict[str, Any]) -> CodeRanges:
    region = read.get("region")
    mine = request.actor.place
    return region.ranges if region is not None and mine.covers(region.ranges) else mine


def _table(rows: tuple[PlaceRow, ...]) -> Table:
    columns = (
        Column("name", gettext(msg("场所"))),
        Column("kind", gettext(msg("类型"))),
        Column("region", gettext(msg("所在区域"))),
        Column("address", gettext(msg("地址"))),
        Column("firm", gettext(msg("物业企业"))),
        Column("point", gettext(msg("坐标"))),
    )
    return Table(
        gettext(msg("场所")),
        columns,
        [
            Row(
                reverse("keeper:place", args=[row.id]),
                {
                    "name": row.name,
                    "kind": gettext(row.kind_name),
                    "region": row.region_path,
                    "address": row.address,
                    "firm": row.firm,
                    "point": gettext(msg("有")) if row.point else gettext(msg("无")),
                },
            )
            for row in rows
        ],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: ActingRequest) -> HttpResponse:
    """Enter a place. What it looks like is said first; nothing is merged."""
    desk.check_staff(request, FEATURE)
    on = local_date(request.now)
    if request.method != "POST":
        return _form(request, PlaceForm(on=on, initial={"on": on}))
    form = PlaceForm(request.POST, on=on)
    if not form.is_valid():
        return _form(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        made = operations.place_add(
            said=form.to_said(),
            on=form.cleaned_data["on"],
            now=request.now,
            author=_author(request),
            within=request.actor.place,
            even_so=form.cleaned_data["even_so"],
        )
    except DomainError as error:
        form.say(error)
        return _form(request, form, status=error.status)
    messages.success(request, gettext(msg("已保存。场所从所填的日期起有效。")))
    return HttpResponseRedirect(reverse("keeper:place", args=[made]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: ActingRequest, place_id: int) -> HttpResponse:
    """One place: its form, what it was before, and closing."""
    desk.check_staff(request, FEATURE)
    on = local_date(request.now)
    row = _mine(request, place_id)
    if request.method != "POST":
        return _form(request, PlaceForm(on=on, initial=initial_of(row, on)), row)
    form = PlaceForm(request.POST, on=on)
    if not form.is_valid():
        return _form(request, form, row, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        operations.place_change(
            place_id=place_id,
            said=form.to_said(),
            based_on=form.cleaned_data["based_on"] or 0,
            on=form.cleaned_data["on"],
            now=request.now,
            author=_author(request),
            within=request.actor.place,
            even_so=form.cleaned_data["even_so"],
        )
    except DomainError as error:
        form.say(error)
        return _form(request, form, row, status=error.status)
    messages.success(request, gettext(msg("已保存。场所从所填的日期起有效。")))
    return HttpResponseRedirect(reverse("keeper:place", args=[place_id]))


@require_POST
def close(request: ActingRequest, place_id: int) -> HttpResponse:
    """Close a place from today; with open matters only when it is said once more."""
    desk.check_staff(request, FEATURE)
    on = local_date(request.now)
    row = _mine(request, place_id)
    try:
        operations.place_close(
            place_id=place_id,
            based_on=_number(request.POST.get("based_on", "")),
            on=on,
            now=request.now,
            author=_author(request),
            within=request.actor.place,
            even_so=bool(request.POST.get("even_so")),
        )
    except NotFound:
        raise
    except DomainError as error:
        form = PlaceForm(on=on, initial=initial_of(row, on))
        return _form(request, form, row, status=error.status, closing=error.sentence(gettext))
    messages.success(request, gettext(msg("已关闭。要重新启用，改过后再保存即可。")))
    return HttpResponseRedirect(reverse("keeper:places"))


@require_POST
def restore(request: ActingRequest, place_id: int) -> HttpResponse:
    """Take up an earlier version from today: how an edit is undone."""
    desk.check_staff(request, FEATURE)
    on = local_date(request.now)
    row = _mine(request, place_id)
    said = queries.place_version_said(place_id, _number(request.POST.get("version", "")), on)
    if said is None:
        raise _not_there()
    try:
        operations.place_change(
            place_id=place_id,
            said=said,
            based_on=_number(request.POST.get("based_on", "")),
            on=on,
            now=request.now,
            author=_author(request),
            within=request.actor.place,
            even_so=True,
        )
    except DomainError as error:
        form = PlaceForm(on=on, initial=initial_of(row, on))
        return _form(request, form, row, status=error.status, closing=error.sentence(gettext))
    messages.success(request, gettext(msg("已恢复成所选的那一版，从今天起有效。")))
    return HttpResponseRedirect(reverse("keeper:place", args=[place_id]))


@require_safe
@never_cache
def sign(request: ActingRequest, place_id: int) -> HttpResponse:
    """The QR code that hangs at the place, as a picture: it leads a grid worker's phone to the sign-in."""
    desk.check_staff(request, FEATURE)
    row = _mine(request, place_id)
    address = request.build_absolute_uri(f"/grid/places/{row.id}/?mark={row.mark}")
    picture = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12, border=4)
    return HttpResponse(picture.to_string(), content_type="image/svg+xml")


def _form(
    request: ActingRequest,
    form: PlaceForm,
    row: PlaceRow | None = None,
    *,
    status: int = HTTPStatus.OK,
    closing: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "place": row,
        "history": queries.place_history(row.id) if row else (),
        "closing": closing,
        "likes": form.likes,
    }
    return render(request, "keeper/place.html", context, status=status)


def _mine(request: ActingRequest, place_id: int) -> PlaceRow:
    row = queries.place_by_id(place_id, local_date(request.now))
    if row is None or not request.actor.place.contains(row.region_code):
        raise _not_there()
    return row


def _not_there() -> NoSuchPlace:
    return NoSuchPlace(msg("没有找到这个场所，或者不归您管。请核对，或请上级管理员来做。"))


def _author(request: ActingRequest) -> Author:
    return Author("post", request.actor.post_id, request.actor.unit_id)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len("1000000000") else 0
