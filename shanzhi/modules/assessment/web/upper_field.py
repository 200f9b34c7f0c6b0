"""Checks on site by phone, and one's own ties."""

from datetime import date, datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.kernel.rounds.operations import teams, visits
from shanzhi.kernel.rounds.operations.visits import OnSite
from shanzhi.kernel.rounds.policy.words import CENTRE, Stage
from shanzhi.kernel.rounds.queries import upper, upper_city
from shanzhi.modules.assessment.web.upper_forms import (
    TieForm,
    VisitForm,
    check,
    day_of,
    may,
    number_of,
    post_of,
    problems_of,
)
from shanzhi.modules.assessment.web.upper_next import by_day


@require_safe
@never_cache
def my_visits(request: ActingRequest) -> HttpResponse:
    """Where the acting post may check now, and what it has kept."""
    check(request)
    due, kept = upper_city.my_visits(request.actor)
    on = local_date(request.now)
    context = {"due": [(one, by_day(_until(one), on)) for one in due], "kept": kept}
    return render(request, "assessment/upper_visits.html", context)


def _until(one: upper_city.Due) -> date:
    row = one.city.round
    return row.centre_until if one.stage is Stage.CENTRE else row.province_until


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def visit(request: ActingRequest, pk: int) -> HttpResponse:
    """Keep a check on site."""
    check(request)
    city = upper_city.city_of(pk)
    items = [(item.key, item.name) for item in upper_city.items_here(city)]
    places = [(place.code, place.name) for place in upper_city.places_of(city, local_date(request.now))]
    context = {"city": city, "uid": post_of(request, "uid") or str(uuid4())}
    if request.method != "POST":
        form = VisitForm(items, places, initial=_asked(request))
        return render(request, "assessment/upper_visit.html", context | {"form": form})
    try:
        stage = Stage.CENTRE if may(request, CENTRE) else Stage.PROVINCE
        visits.visit_keep(
            city_id=pk, stage=stage, seen=_seen(request, request.now), stored=_photos(request), actor=request.actor,
            now=request.now,
        )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        form = VisitForm(items, places, request.POST, problems=problems_of(error))
        return render(request, "assessment/upper_visit.html", context | {"form": form}, status=error.status)
    messages.success(request, gettext(msg("现场记录已经保存。")), f"visit-{pk}")
    return HttpResponseRedirect(reverse("assessment:upper_visits"))


def _asked(request: ActingRequest) -> dict[str, str]:
    """What the page that leads here knows already: item, region and place that were drawn."""
    return {"key": request.GET.get("key", "")[:40], "region": request.GET.get("region", "")[:15],
        "place": request.GET.get("place", "")[:200]}  # fmt: skip


def _seen(request: ActingRequest, now: datetime) -> OnSite:
    """What was typed; the place of the phone where it was given."""
    try:
        uid = UUID(post_of(request, "uid"))
    except ValueError:
        uid = uuid4()
    return OnSite(
        uid, post_of(request, "key")[:40], post_of(request, "region")[:15], clean_text(post_of(request, "place")),
        post_of(request, "words"), post_of(request, "contradicts") == "yes", now, _degrees(request, "latitude", 90),
        _degrees(request, "longitude", 180), number_of(post_of(request, "counted")), number_of(post_of(request, "of")),
    )  # fmt: skip


def _degrees(request: ActingRequest, name: str, most: int) -> float | None:
    try:
        found = float(post_of(request, name))
    except ValueError:
        return None
    return found if -most <= found <= most else None


def _photos(request: ActingRequest) -> list[StoredFile]:
    uploads = request.FILES.getlist("files")
    check_count(len(uploads))
    return [files.store(data=upload, name=clean_text(upload.name or ""), now=request.now) for upload in uploads]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ties(request: ActingRequest) -> HttpResponse:
    """One's own ties: declared here, seen by nobody else."""
    check(request)
    regions = upper.regions_to_declare(local_date(request.now))
    if request.method != "POST":
        return _draw_ties(request, TieForm(regions), regions)
    until = post_of(request, "until_on").strip()
    try:
        teams.tie_declare(
            region_code=post_of(request, "region"), until_on=day_of(until) if until else None, actor=request.actor,
            now=request.now,
        )  # fmt: skip
    except DomainError as error:
        return _draw_ties(request, TieForm(regions, request.POST, problems=problems_of(error)), regions, error.status)
    messages.success(request, gettext(msg("已经申报。三年内您不参与那里的验收，已评的分由别人重评。")))
    return HttpResponseRedirect(reverse("assessment:upper_ties"))


def _draw_ties(
    request: ActingRequest, form: TieForm, regions: list[tuple[str, str]], status: int = 200
) -> HttpResponse:
    names = dict(regions)
    listed = [(names.get(one.region_code, one.region_code), one.until_on) for one in upper.my_ties()]
    return render(request, "assessment/upper_ties.html", {"form": form, "ties": listed}, status=status)
