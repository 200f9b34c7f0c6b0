"""Reporting a problem: one page, and the page with its number and code."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.geo import Point
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest, remember_followed
from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP, StoredFile
from shanzhi.kernel.matters import queries as matter_queries
from shanzhi.kernel.matters.operations.step import KeyReused
from shanzhi.modules.intake import operations, queries
from shanzhi.modules.intake.queries import Community
from shanzhi.modules.intake.web import uploads
from shanzhi.modules.intake.web.forms import ReportForm, new_key
from shanzhi.modules.intake.web.resident import next_words
from shanzhi.modules.intake.web.sealed import give_receipt, read_receipt
from shanzhi.ui.components import Choice

COMMUNITY_DIGITS = 12
TOWNSHIP_DIGITS = 9
FINDING = "find"


@dataclass(frozen=True, slots=True)
class _Place:
    """What was chosen of the places: an area in the select, a community among the matches, a text to find one by."""

    area: str
    region: str
    find: str

    @property
    def code(self) -> str:
        """The region of the report; the community chosen by name comes first."""
        return self.region or self.area

    @property
    def contradicts(self) -> bool:
        """Was a community chosen by name that doesn't lie in the chosen area?"""
        return bool(self.region and self.area) and not self.region.startswith(self.area)


def _place(request: ActingRequest) -> _Place:
    read = request.POST.get
    return _Place(read("area", "").strip(), read("region", "").strip(), read("find", "").strip()[:40])


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: ActingRequest) -> HttpResponse:
    """The form; sent, the way to the page with its number. A step of finding the place comes back with all that was
    typed."""
    if request.method != "POST":
        form = ReportForm(initial={"key": new_key()})
        return _page(request, form, _Place("", "", ""), [])
    finding = request.POST.get("do") == FINDING
    form = ReportForm(request.POST, request.FILES, checked=not finding)
    place = _place(request)
    form.is_valid()
    stored = uploads.take_in(form, "photos", request.FILES.getlist("photos"), request.POST.getlist("kept"), request.now)
    if finding:
        return _page(request, form, place, stored)
    if place.contradicts:
        form.add_error("find", gettext(msg("按名字选的社区不在所选的县区、镇街里。请只留一个。")))
    if not form.is_valid():
        return _page(request, form, place, stored, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _report(request, form, place, stored)


def _report(request: ActingRequest, form: ReportForm, place: _Place, stored: Sequence[StoredFile]) -> HttpResponse:
    key: uuid.UUID | None = form.cleaned_data["key"]
    try:
        made = operations.report_on_page(
            new=form.to_report(place.code), actor=request.actor, now=request.now, key=key, stored=stored
        )
    except KeyReused:
        form.add_error(None, gettext(msg("这份表单已经提交过一次，内容又有改动。确实是另一件事的，请再按一次“提交”。")))
        form.renew_key()
        return _page(request, form, place, stored, status=HTTPStatus.CONFLICT)
    except DomainError as error:
        form.say(error, ReportForm.NAMES)
        return _page(request, form, place, stored, status=error.status)
    response = HttpResponseRedirect(reverse("intake:done"))
    give_receipt(response, made, request.now)
    remember_followed(request, response, made.follow_hash)
    return response


def _found(place: _Place, request: ActingRequest, searched: bool) -> list[Community]:
    """The communities to choose from: what the search finds, and what was chosen before."""
    on = local_date(request.now)
    found = queries.communities_like(place.find, place.area, on) if place.find or searched else []
    if place.region and all(row.code != place.region for row in found):
        name = queries.region_name(place.region, on)
        found = [Community(place.region, name, name), *found] if name else found
    return found


def _choices(place: _Place, request: ActingRequest) -> list[Choice]:
    """Counties and townships; below the chosen township its communities as well, so that a choice is never lost."""
    on = local_date(request.now)
    choices = [Choice(area.code, area.name, area.parent) for area in queries.areas(on)]
    if len(place.area) == COMMUNITY_DIGITS:
        parent = place.area[:TOWNSHIP_DIGITS]
        below = [Choice(row.code, row.name, parent) for row in queries.communities_below(parent, on)]
        at = next((place_ for place_, choice in enumerate(choices) if choice.value == parent), len(choices) - 1)
        choices[at + 1 : at + 1] = below
    return choices


def _page(
    request: ActingRequest,
    form: ReportForm,
    place: _Place,
    stored: Sequence[StoredFile],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    searched = request.POST.get("do") == FINDING
    found = _found(place, request, searched)
    here = queries.community_at(_point(form), local_date(request.now))
    if here and searched and not place.code and all(row.code != here.code for row in found):
        found = [here, *found]
    # One match is most likely the one that was meant: it saves a tap, and can be seen.
    chosen = place.region or (found[0].code if searched and len(found) == 1 else "")
    context = {
        "form": form,
        "place": place,
        "found": found,
        "chosen": chosen,
        "searched": searched,
        # Said and no more: whoever writes knows better than their phone.
        "elsewhere": here if here and place.code and not here.code.startswith(place.code) else None,
        "choices": _choices(place, request),
        "places_url": reverse("intake:places"),
        "kept": uploads.shown(stored),
        "max_bytes": MAX_BYTES,
        "max_files": MAX_FILES_A_STEP,
        "has_point": bool(form["latitude"].value() and form["longitude"].value()),
    }
    response = render(request, "intake/report.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _point(form: ReportForm) -> Point | None:
    """Where the person pressed the button, if they did."""
    try:
        return Point(float(form["latitude"].value() or ""), float(form["longitude"].value() or ""))
    except (TypeError, ValueError):
        return None


@require_safe
def places(request: ActingRequest) -> JsonResponse:
    """The communities of a township, for the picker: `?parent=CODE`."""
    rows = queries.communities_below(request.GET.get("parent", ""), local_date(request.now))
    response = JsonResponse([{"value": row.code, "label": row.name} for row in rows], safe=False)
    response["Cache-Control"] = "public, max-age=600"
    return response


@require_safe
def done(request: ActingRequest) -> HttpResponse:
    """Number and follow code, who has it and until when; for half an hour, in the browser that reported."""
    receipt = read_receipt(request, request.now)
    if receipt is None:
        return HttpResponseRedirect(reverse("intake:home"))
    stage = matter_queries.current_kind("request").stage(receipt.stage)
    sentence = next_words(stage.says, unit=receipt.unit_name, due=receipt.due_at, now=request.now)
    response = render(request, "intake/done.html", {"receipt": receipt, "sentence": sentence})
    response["Cache-Control"] = "no-store"
    return response
