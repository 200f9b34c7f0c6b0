"""Rounds as their organiser sees them: the list, a new one, the rolling board, teams, comparison, the published list."""

from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.packs.policy import FEATURE as LETTERS
from shanzhi.kernel.rounds.operations import deciding, inviting, sending, teams
from shanzhi.kernel.rounds.operations.inviting import Invitation
from shanzhi.kernel.rounds.policy.results import judge
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.policy.text import GUIDELINE_MOST
from shanzhi.kernel.rounds.policy.words import CENTRE, ORGANISE, ROUND_KINDS, STAGES, UPPER, RoundKind, Stage
from shanzhi.kernel.rounds.queries import upper
from shanzhi.modules.assessment.web.asking import sent_to
from shanzhi.modules.assessment.web.said import NONE, month_said
from shanzhi.modules.assessment.web.upper_forms import (
    RoundForm,
    check,
    day_of,
    headline,
    may,
    number_of,
    post_of,
    problems_of,
)
from shanzhi.modules.assessment.web.upper_next import next_of_round
from shanzhi.modules.assessment.web.upper_papers import results_file
from shanzhi.ui.components import Badge, Column, Row, Table, Tone

TONES: dict[State, Tone] = {
    State.RECEIVED: "action", State.SCORED: "action", State.RETURNED: "warn", State.THROUGH: "good",
    State.SPOT_CHECKED: "good", State.FINAL: "good", State.WITHDRAWN: "neutral",
}  # fmt: skip


def state_badge(state: State) -> Badge:
    """A city's state in words."""
    return Badge(gettext(STATES[state]), TONES.get(state, "neutral"))


def points_said(points: Decimal | None) -> str:
    """Points in plain digits, a dash without."""
    return NONE if points is None else f"{points:.2f}"


def total_said(points: Decimal | None, *, is_unfinished: bool) -> str:
    """A total, marked where items of it are still unscored."""
    said = points_said(points)
    return gettext(msg("%(points)s 未评完")) % {"points": said} if is_unfinished else said


def months_said(first: int, last: int) -> str:
    """The period of a round."""
    one, two = month_said(first), month_said(last)
    return one if one == two else gettext(msg("%(first)s 至 %(last)s")) % {"first": one, "last": two}


@require_safe
@never_cache
def rounds(request: ActingRequest) -> HttpResponse:
    """The rounds that were opened here."""
    check(request)
    on = local_date(request.now)
    columns = (
        Column("name", gettext(msg("轮次"))),
        Column("kind", gettext(msg("性质"))),
        Column("period", gettext(msg("评价期间"))),
        Column("cities", gettext(msg("城市")), "number"),
        Column("final", gettext(msg("结果已定")), "number"),
        Column("until", gettext(msg("当前截止"))),
    )
    rows = [
        Row(
            reverse("assessment:upper_board", args=[one.id]),
            {
                "name": one.name,
                "kind": gettext(ROUND_KINDS[RoundKind(one.kind)]),
                "period": months_said(one.first, one.last),
                "cities": one.cities - one.withdrawn,
                "final": one.final,
                "until": _until(one, on),
            },
        )
        for one in upper.rounds_ours()
    ]
    context = {"table": Table(gettext(msg("验收轮次")), columns, rows), "may_open": may(request, ORGANISE)}
    return render(request, "assessment/upper_rounds.html", context)


def _until(one: upper.RoundLine, on: date) -> str:
    """The next day of a round's calendar; a dash once every city has its result or the last day is over."""
    names = (msg("自评"), msg("省级验收"), msg("抽查"), msg("异议"))
    at = next((at for at, day in enumerate(one.days) if day >= on), None)
    if at is None or one.final == one.cities - one.withdrawn:
        return NONE
    return f"{gettext(names[at])} {day_said(one.days[at], gettext)}"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Open a round."""
    check(request, ORGANISE)
    cities = inviting.cities_here(local_date(request.now))
    choices = [(city.code, f"{city.name}（{city.code}）") for city in cities]
    if request.method != "POST":
        given = {"kind": "trial", "cities": [city.code for city in cities], "opened_on": local_date(request.now)}
        return _draw_new(request, RoundForm(choices, initial=given))
    try:
        pk = inviting.round_invite(wish=_wish(request), actor=request.actor, now=request.now)
    except DomainError as error:
        return _draw_new(request, RoundForm(choices, request.POST, problems=problems_of(error)), error)
    messages.success(request, gettext(msg("轮次已经启动。接下来设验收组，把轮次文件发给各城市。")), "round-new")
    return HttpResponseRedirect(reverse("assessment:upper_board", args=[pk]))


def _wish(request: ActingRequest) -> Invitation:
    upload = request.FILES.get("guideline")
    days = ("opened_on", "self_until", "province_until", "centre_until", "objections_until")
    try:
        uid = UUID(post_of(request, "uid"))
    except ValueError:
        uid = uuid4()
    return Invitation(
        uid, clean_text(post_of(request, "name")), post_of(request, "kind"), post_of(request, "reason"),
        upload.read(GUIDELINE_MOST + 1) if upload else None,
        _month(request, "first"), _month(request, "last"),
        tuple(day_of(post_of(request, name)) for name in days), post_of(request, "pass_at"),
        tuple(request.POST.getlist("cities")),
    )  # fmt: skip


def _month(request: ActingRequest, name: str) -> int:
    """A month as typed (`2025-10`); 0 for anything else."""
    return number_of(post_of(request, name).replace("-", "")) or 0


def _draw_new(request: ActingRequest, form: RoundForm, error: DomainError | None = None) -> HttpResponse:
    context = {"form": form, "uid": post_of(request, "uid") or str(uuid4()), "said": headline(error)}
    return render(request, "assessment/upper_new.html", context, status=error.status if error else 200)


@require_safe
@never_cache
def board(request: ActingRequest, pk: int) -> HttpResponse:
    """The rolling board: which city stands where, three totals side by side."""
    check(request)
    on = local_date(request.now)
    found = upper.board(pk, on)
    stages = [stage for stage in (Stage.PROVINCE, Stage.CENTRE) if may(request, teams.NAMES[stage])]
    context = {
        "found": found,
        "round": found.round,
        "nexts": next_of_round(found, partial(may, request), request.actor.post_id, on),
        "kind": gettext(ROUND_KINDS[RoundKind(found.round.kind)]),
        "period": months_said(found.round.first, found.round.last),
        "table": _cities(found),
        "calendar": _calendar(found),
        "counts": [(gettext(STATES[state]), found.counts[state]) for state in State if state in found.counts],
        "teams": [
            {
                "stage": stage.value,
                "name": gettext(STAGES[stage]),
                "members": [one for one in found.members if one.stage is stage],
                "may": stage in stages,
                "nameable": found.nameable[stage] if stage in stages else (),
            }
            for stage in (Stage.PROVINCE, Stage.CENTRE)
        ],
        "may_publish": may(request, CENTRE) and found.is_ready_for_spot_check and not found.is_over,
        "may_send": may(request, ORGANISE),
        "may_carry": may(request, LETTERS),
        "results": _results(found) if any(city.result for city in found.cities) else None,
    }
    return render(request, "assessment/upper_board.html", context)


def _calendar(found: upper.Board) -> list[tuple[str, str]]:
    row = found.round
    days = (
        (gettext(msg("启动")), row.opened_on),
        (gettext(msg("自评截止")), row.self_until),
        (gettext(msg("省级截止")), row.province_until),
        (gettext(msg("抽查截止")), row.centre_until),
        (gettext(msg("异议截止")), row.objections_until),
    )
    return [(name, day_said(day, gettext)) for name, day in days]


def _cities(found: upper.Board) -> Table:
    columns = (
        Column("name", gettext(msg("城市"))),
        Column("state", gettext(msg("进度")), "badge"),
        Column("self", gettext(msg("自评")), "number"),
        Column("province", gettext(msg("省级")), "number"),
        Column("difference", gettext(msg("省级比自评")), "number"),
        Column("centre", gettext(msg("中央")), "number"),
        Column("waits", gettext(msg("要处理"))),
    )
    rows = [
        Row(
            reverse("assessment:upper_city", args=[city.id]),
            {
                "name": city.name,
                "state": state_badge(city.state),
                "self": points_said(city.totals[Stage.SELF]),
                "province": _total(city, Stage.PROVINCE),
                "difference": NONE if city.difference is None else f"{city.difference:+.2f}",
                "centre": _total(city, Stage.CENTRE),
                "waits": _waits(city),
            },
        )
        for city in found.cities
    ]
    return Table(gettext(msg("各城市")), columns, rows)


def _total(city: upper.CityLine, stage: Stage) -> str:
    return total_said(city.totals[stage], is_unfinished=stage in city.unfinished)


def _waits(city: upper.CityLine) -> str:
    told = (
        (city.faults, gettext(msg("验收包有 %(count)s 处问题"))),
        (city.stale, gettext(msg("%(count)s 项要重评"))),
        (city.objections, gettext(msg("%(count)s 件异议"))),
        (city.findings, gettext(msg("%(count)s 个问题待整改"))),
    )
    return gettext(msg("；")).join(text % {"count": count} for count, text in told if count)


def _results(found: upper.Board) -> Table:
    columns = (
        Column("name", gettext(msg("城市"))),
        Column("passes", gettext(msg("结果")), "badge"),
        Column("total", gettext(msg("总分")), "number"),
        Column("bonus", gettext(msg("其中加分")), "number"),
        Column("vetoes", gettext(msg("一票否决")), "number"),
        Column("why", gettext(msg("说明"))),
        Column("at", gettext(msg("公布时间")), "time"),
    )
    rows = []
    for city in found.cities:
        if city.result is None:
            continue
        verdict = judge(city.now, found.rule)
        cells = {
            "name": city.name,
            "passes": Badge(gettext(msg("达标")), "good")
            if city.result.passes
            else Badge(gettext(msg("未达标")), "bad"),
            "total": points_said(city.result.total),
            "bonus": points_said(city.result.bonus),
            "vetoes": city.result.vetoes,
            "why": gettext(verdict.why) % dict(verdict.params) if verdict.why else "",
            "at": city.result.published_at,
        }
        rows.append(Row(reverse("assessment:upper_city", args=[city.id]), cells))
    return Table(gettext(msg("结果")), columns, rows)


@sent_to("upper_board", "#teams", feature=UPPER)
def member(request: ActingRequest, pk: int) -> HttpResponse:
    """Name a post for a team, or take one out."""
    check(request)
    back = HttpResponseRedirect(reverse("assessment:upper_board", args=[pk]) + "#teams")
    out = number_of(post_of(request, "member"))
    try:
        if out is not None:
            teams.member_end(member_id=out, actor=request.actor, now=request.now)
            messages.success(request, gettext(msg("已经移出验收组；评过的分仍在。")))
            return back
        stage = Stage.CENTRE if post_of(request, "stage") == Stage.CENTRE else Stage.PROVINCE
        post = number_of(post_of(request, "post")) or 0
        named = teams.member_name(round_id=pk, stage=stage, post_id=post, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status != 403 or error.code in ("round-tied", "round-not-yours"):
            messages.error(request, error.sentence(gettext))
            return back
        raise
    said = gettext(msg("已经加入验收组。"))
    if named.barred_from:
        cities = gettext(msg("、")).join(named.barred_from)
        said += gettext(msg("其中%(cities)s有任职关系，由别人评。")) % {"cities": cities}
    messages.success(request, said)
    return back


@sent_to("upper_board", "#letters", feature=UPPER)
def send(request: ActingRequest, pk: int) -> HttpResponse:
    """Have the round written out as a letter for each city."""
    check(request, ORGANISE)
    count = sending.round_letters_ask(round_id=pk, actor=request.actor, now=request.now)
    said = gettext(msg("正在写出 %(count)s 份轮次文件。过几秒在“函件”里下载，送到各城市的平台。"))
    messages.success(request, said % {"count": count})
    return HttpResponseRedirect(reverse("assessment:upper_board", args=[pk]) + "#letters")


@sent_to("upper_board", "#results", feature=UPPER)
def publish(request: ActingRequest, pk: int) -> HttpResponse:
    """Publish the list of those who pass."""
    check(request, CENTRE)
    try:
        count = deciding.results_publish(round_id=pk, actor=request.actor, now=request.now)
        messages.success(request, gettext(msg("结果已经公布，共 %(count)s 个城市。")) % {"count": count})
    except DomainError as error:
        if error.status in (403, 404):
            raise
        messages.error(request, error.sentence(gettext))
    return HttpResponseRedirect(reverse("assessment:upper_board", args=[pk]) + "#results")


_NONE_LEFT: tuple[frozenset[Stage], ...] = (frozenset(),)


@require_safe
@never_cache
def compare(request: ActingRequest, pk: int) -> HttpResponse:
    """Projects by cities, the three levels side by side; by code, never by rank."""
    check(request)
    row, cities, lines = upper.compared(pk)
    context = {
        "round": row,
        "cities": cities,
        "stages": [gettext(STAGES[stage]) for stage in Stage],
        "lines": [
            {
                "name": line.name or gettext(msg("总分")),
                "cells": [
                    (f"{city.name} {gettext(STAGES[stage])}", total_said(cell[stage], is_unfinished=stage in left))
                    for city, cell, left in zip(
                        cities, line.cells, line.unfinished or _NONE_LEFT * len(cities), strict=True
                    )
                    for stage in Stage
                ],
            }
            for line in lines
        ],
        "span": len(Stage),
    }
    return render(request, "assessment/upper_compare.html", context)


@require_GET
@never_cache
def paper(request: ActingRequest, pk: int) -> FileResponse:
    """The published list as an official paper or a workbook."""
    check(request)
    made = request.now.astimezone(CITY_ZONE)
    return results_file(request, upper.board(pk, local_date(request.now)), made)
