"""Patrol: the places of my grid, signing in at one, and what is due in every grid."""

from http import HTTPStatus

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
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy.places import NoSuchPlace
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.grid import operations, queries
from shanzhi.modules.grid.operations import Signed
from shanzhi.modules.grid.policy import DISTANCES
from shanzhi.modules.grid.web.forms import HereForm, SignForm

FEATURE = "grid"
OVERVIEW = "find"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def places(request: ActingRequest) -> HttpResponse:
    """The places of my grid, the longest due first. Where I am may be sent along: then the nearest first, and it is
    forgotten with the answer."""
    desk.check_staff(request, FEATURE)
    here = HereForm(request.POST).point() if request.method == "POST" else None
    found = queries.my_places(request.actor, local_date(request.now), here)
    context = {
        "places": found,
        "form": HereForm(),
        "is_near": here is not None,
        "asked": request.method == "POST",
        "region_name": queries.region_name(request.actor, local_date(request.now)),
    }
    return render(request, "grid/places.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in(request: ActingRequest, place_id: int) -> HttpResponse:
    """Sign in at a place; what was found becomes an incident there."""
    desk.check_staff(request, FEATURE)
    place = organisation.place_by_id(place_id, local_date(request.now))
    if place is None:
        raise NoSuchPlace(msg("没有找到这个场所。请从列表里选。"))
    if request.method != "POST":
        return _form(request, place, SignForm(initial={"mark": request.GET.get("mark", "")[:16]}))
    form = SignForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, place, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        signed = operations.patrol_sign(
            place_id=place_id,
            actor=request.actor,
            now=request.now,
            key=form.cleaned_data["key"],
            mark=form.cleaned_data["mark"],
            here=form.point(),
            found=form.found(),
            uploads=[(file.name or "", file) for file in form.cleaned_data["photos"]],
        )
    except NotFound:
        raise
    except DomainError as error:
        form.say(error)
        return _form(request, place, form, error.status)
    messages.success(request, _told(signed))
    if signed.number:
        return HttpResponseRedirect(reverse("grid:matter", args=[signed.number]))
    return HttpResponseRedirect(reverse("grid:places"))


def _told(signed: Signed) -> str:
    params = {"name": signed.place.name, "how": gettext(DISTANCES[signed.distance]), "number": signed.number}
    if signed.number:
        return gettext(msg("已在“%(name)s”签到并上报，编号 %(number)s。能办的现在就办结，办不了的请上报。")) % params
    if signed.replayed:
        return gettext(msg("今天已经在“%(name)s”签到过，不用再签。")) % params
    return gettext(msg("已在“%(name)s”签到（%(how)s），没有发现问题。")) % params


def _form(request: ActingRequest, place: PlaceRow, form: SignForm, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "place": place,
        "due": queries.place_due(place, local_date(request.now)),
        "scanned": form["mark"].value() == place.mark,
        "max_bytes": MAX_BYTES,
        "max_files": MAX_FILES_A_STEP,
        "lost_photos": bool(form.is_bound and form.files),
        "is_open": form.is_bound and bool(form["finding"].value()),
    }
    return render(request, "grid/place.html", context, status=status)


@require_safe
@never_cache
def overview(request: ActingRequest) -> HttpResponse:
    """Places to be inspected, by grid, and those of one grid: about places."""
    desk.check_staff(request, OVERVIEW)
    on, region = local_date(request.now), request.GET.get("region", "")
    if region:
        found = queries.places_of_grid(request.actor, region, on)
        counted = {"places": len(found), "due": sum(one.due.is_due for one in found)}
        return render(request, "grid/overview.html", {"region": region, "places": found, "totals": counted})
    rows = queries.due_by_grid(request.actor, on)
    totals = {"places": sum(row.places for row in rows), "due": sum(row.due for row in rows)}
    return render(request, "grid/overview.html", {"rows": rows, "totals": totals})
