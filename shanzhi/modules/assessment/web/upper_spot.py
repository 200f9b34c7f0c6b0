"""The spot check: which cities are drawn, in a drawn city which items, matters and places; visits begin from there."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.draws import operations as draws
from shanzhi.kernel.draws.policy import GROUNDS, Ground
from shanzhi.kernel.draws.queries import Outcome
from shanzhi.kernel.rounds.operations import spot
from shanzhi.kernel.rounds.operations.spot import Sides, Takes
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import CENTRE
from shanzhi.kernel.rounds.queries import spot as spots
from shanzhi.modules.assessment.web.upper import state_badge
from shanzhi.modules.assessment.web.upper_forms import (
    CitiesDrawForm,
    CityDrawForm,
    SidesForm,
    check,
    may,
    number_of,
    post_of,
    problems_of,
)
from shanzhi.ui.components import Badge, Column, Row, Table

DRAW_STATES = {
    "announced": msg("已公告，等台账签下一个树头"),
    "opened": msg("等各方出示随机数"),
    "made": msg("已抽取"),
}
_GROUNDS: dict[str, Ground] = {"frame": "frame", "numbers": "numbers", "side": "side", "again": "again"}


def _grounds() -> list[tuple[str, str]]:
    return [("", gettext(msg("没有抽过，不用选"))), *((code, gettext(GROUNDS[code])) for code in _GROUNDS)]


def _sides(request: ActingRequest) -> Sides:
    return Sides(
        post_of(request, "other").strip(), post_of(request, "commitment").strip(),
        (number_of(post_of(request, "hours")) or 0) * 60, _GROUNDS.get(post_of(request, "again"), ""),
    )  # fmt: skip


def _count(request: ActingRequest, name: str) -> int:
    return number_of(post_of(request, name)) or 0


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cities(request: ActingRequest, pk: int) -> HttpResponse:
    """A round's spot check: its draw of cities, announced here, and who was drawn."""
    check(request)
    here = reverse("assessment:upper_spot", args=[pk])
    if request.method != "POST":
        return _draw_cities(request, pk, CitiesDrawForm(_grounds()))

    def do() -> int:
        return spot.cities_draw(
            round_id=pk, take=_count(request, "take"), sides=_sides(request), actor=request.actor, now=request.now
        )

    return _announced(request, do, here, lambda form, status: _draw_cities(request, pk, form, status), CitiesDrawForm)


def _announced(
    request: ActingRequest,
    do: Callable[[], int],
    here: str,
    draw: Callable[[SidesForm, int], HttpResponse],
    form: type[SidesForm],
) -> HttpResponse:
    check(request, CENTRE)
    try:
        number = do()
    except DomainError as error:
        if error.status == 404 or error.code == "not-allowed":
            raise
        return draw(form(_grounds(), request.POST, problems=problems_of(error)), error.status)
    said = gettext(msg("第 %(number)s 号抽取已经公告。台账签下一个树头以后，各方出示随机数，系统自动抽取。"))
    messages.success(request, said % {"number": number})
    return HttpResponseRedirect(here)


def _draw_cities(request: ActingRequest, pk: int, form: SidesForm, status: int = 200) -> HttpResponse:
    found = spots.round_spot(pk)
    context = {
        "found": found,
        "round": found.round,
        "state": _state(found.draw),
        "table": _cities(found),
        "form": form if may(request, CENTRE) and _is_over(found.draw) else None,
        "ready": all(one.state in (State.THROUGH, State.WITHDRAWN) for one in found.cities),
    }
    return render(request, "assessment/upper_spot.html", context, status=status)


def _is_over(draw: Outcome | None) -> bool:
    """May another draw be announced?"""
    return draw is None or draw.row.state == "made"


def _state(draw: Outcome | None) -> str:
    return gettext(DRAW_STATES[draw.row.state]) if draw is not None else ""


def _cities(found: spots.RoundSpot) -> Table:
    columns = (
        Column("name", gettext(msg("城市"))),
        Column("state", gettext(msg("进度")), "badge"),
        Column("drawn", gettext(msg("抽查")), "badge"),
    )
    words = {
        None: Badge(gettext(msg("还没抽"))),
        True: Badge(gettext(msg("抽中")), "action"),
        False: Badge(gettext(msg("没有抽中"))),
    }
    rows = [
        Row(
            reverse("assessment:upper_city_spot", args=[one.id]),
            {"name": one.name, "state": state_badge(one.state), "drawn": words[one.is_drawn]},
        )
        for one in found.cities
    ]
    return Table(gettext(msg("抽查哪些城市")), columns, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def city(request: ActingRequest, pk: int) -> HttpResponse:
    """A city's spot check: what is drawn of it, and the visits that begin there."""
    check(request)
    here = reverse("assessment:upper_city_spot", args=[pk])
    if request.method != "POST":
        return _draw_city(request, pk, CityDrawForm(_grounds()))
    if post_of(request, "do") == "publish":
        return _publish(request, pk, here)

    def do() -> int:
        takes = Takes(*(_count(request, name) for name in ("items", "matters", "places")))
        return spot.city_draw(city_id=pk, takes=takes, sides=_sides(request), actor=request.actor, now=request.now)

    return _announced(request, do, here, lambda form, status: _draw_city(request, pk, form, status), CityDrawForm)


def _publish(request: ActingRequest, pk: int, here: str) -> HttpResponse:
    """Make list and result public, once the visits are over."""
    check(request, CENTRE)
    found = spots.city_spot(pk)
    if found.draw is not None:
        draws.draw_publish(number=found.draw.row.number, actor=request.actor, now=request.now)
        messages.success(request, gettext(msg("名单和结果已经公开，任何人都可以重抽核对。")))
    return HttpResponseRedirect(here)


def _draw_city(request: ActingRequest, pk: int, form: SidesForm, status: int = 200) -> HttpResponse:
    found = spots.city_spot(pk)
    is_centre = may(request, CENTRE)
    visit = reverse("assessment:upper_visit", args=[pk])
    context = {
        "found": found,
        "city": found.city,
        "badge": state_badge(found.state),
        "state": _state(found.draw),
        "items": _lines(gettext(msg("抽中的项目")), found.items, lambda one: f"{visit}?{urlencode({'key': one.key})}"),
        "matters": _matters(found),
        "places": _lines(
            gettext(msg("抽中的地点")), found.places,
            lambda one: f"{visit}?{urlencode({'region': one.county, 'place': one.name})}",
        ),
        "may_publish": is_centre and found.draw is not None and found.draw.row.state == "made" and not found.draw.is_public,
        "form": form if is_centre and found.state is State.THROUGH and _is_over(found.draw) else None,
    }  # fmt: skip
    return render(request, "assessment/upper_city_spot.html", context, status=status)


def _lines(caption: str, lines: tuple[spots.DrawnLine, ...], url: Callable[[spots.DrawnLine], str]) -> Table:
    columns = (Column("name", caption), Column("visits", gettext(msg("已核查")), "number"))
    return Table(caption, columns, [Row(url(one), {"name": one.name, "visits": one.visits}) for one in lines])


def _matters(found: spots.CitySpot) -> Table:
    columns = (Column("number", gettext(msg("事项"))), Column("kind", gettext(msg("类型"))))
    rows = [
        Row(
            reverse("assessment:upper_matter", args=[found.city.pk, one.number]),
            {"number": one.number, "kind": one.kind},
        )
        for one in found.matters
    ]
    return Table(gettext(msg("抽中的事项")), columns, rows)
