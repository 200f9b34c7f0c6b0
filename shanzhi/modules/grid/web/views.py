"""The grid worker's pages: today, a report, one matter, whom to ask."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.grid import operations, queries
from shanzhi.modules.grid.web.forms import IncidentForm

FEATURE = "grid"


@require_safe
@never_cache
def today(request: ActingRequest) -> HttpResponse:
    """What is due in my grid, and what else is open in it."""
    desk.check_staff(request, FEATURE)
    found = queries.today(request.actor, kinds=desk.kinds(), now=request.now)
    context = {
        "today": found,
        "due": desk.lines(found.due, "grid:matter"),
        "handed_up": desk.lines(found.handed_up, "grid:matter"),
        "near": desk.lines(found.near, "grid:matter"),
        "draft_done": request.session.pop(desk.DRAFT_DONE, ""),
    }
    return render(request, "grid/today.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: ActingRequest) -> HttpResponse:
    """An incident: photo, words, place, send. What can't be taken comes back with everything that was typed."""
    desk.check_staff(request, FEATURE)
    if request.method != "POST":
        return _form(request, IncidentForm(places=_choices(request)))
    form = IncidentForm(request.POST, request.FILES, places=_choices(request))
    if not form.is_valid():
        return _form(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        made = operations.incident_found(
            new=form.to_report(),
            uploads=[(file.name or "", file) for file in form.cleaned_data["photos"]],
            actor=request.actor,
            now=request.now,
            key=form.cleaned_data["key"],
        )
    except DomainError as error:
        form.say(error)
        return _form(request, form, error.status)
    messages.success(
        request, gettext(msg("已上报，编号 %(number)s。能办的现在就办结，办不了的请上报。")) % {"number": made.number}
    )
    request.session[desk.DRAFT_DONE] = "grid-report"
    return HttpResponseRedirect(reverse("grid:matter", args=[made.number]))


def _choices(request: ActingRequest) -> list[tuple[int, str]]:
    """The places of my grid, by name."""
    found = queries.my_places(request.actor, local_date(request.now))
    return sorted(((one.place.id, one.place.name) for one in found), key=lambda one: one[1])


def _form(request: ActingRequest, form: IncidentForm, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "region_name": queries.region_name(request.actor, local_date(request.now)),
        "max_bytes": MAX_BYTES,
        "max_files": MAX_FILES_A_STEP,
        "has_point": bool(form["latitude"].value() and form["longitude"].value()),
        "lost_photos": bool(form.is_bound and form.files),
    }
    return render(request, "grid/report.html", context, status=status)


@require_safe
@never_cache
def ask(request: ActingRequest) -> HttpResponse:
    """Who holds the posts of my grid, its community and township."""
    desk.check_staff(request, FEATURE)
    asked = queries.whom_to_ask(request.actor, local_date(request.now))
    return render(request, "grid/ask.html", {"asked": asked})


@require_safe
@never_cache
def matter(request: ActingRequest, number: str) -> HttpResponse:
    """One matter with what may be done to it."""
    desk.check_staff(request, FEATURE)
    context = desk.desk_context(request, desk.id_of(number), back=reverse("grid:today"), do_url="grid:do")
    return _draw(request, context, HTTPStatus.OK)


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """Carry out one action; then back to today."""
    desk.check_staff(request, FEATURE)
    return desk.do_action(request, desk.id_of(number), action, reverse("grid:today"), draw=_draw, do_url="grid:do")


def _draw(request: ActingRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "grid/matter.html", context, status=status)
