"""A city as the province and the centre assess it: its items, one item, steps, returns, findings, objections."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.rounds.operations import deciding, marking, moving, sending, visits
from shanzhi.kernel.rounds.policy.marking import Mark
from shanzhi.kernel.rounds.policy.states import STATES, UNANSWERED, State, last_day
from shanzhi.kernel.rounds.policy.words import CENTRE, ORGANISE, STAGES, UPPER, Stage
from shanzhi.kernel.rounds.queries import upper_city
from shanzhi.modules.assessment.web.asking import sent_to
from shanzhi.modules.assessment.web.said import NONE, figure_said, no_points_said, outside_said, with_base
from shanzhi.modules.assessment.web.upper import points_said, state_badge
from shanzhi.modules.assessment.web.upper_forms import (
    CloseForm,
    DecideForm,
    FindingForm,
    LookForm,
    MarkForm,
    OutForm,
    PracticeForm,
    check,
    day_of,
    decimal_of,
    may,
    number_of,
    post_of,
    problems_of,
)
from shanzhi.modules.assessment.web.upper_next import next_of_city
from shanzhi.ui.components import Badge, Column, Row, Table

NEVER = date(1900, 1, 1)
MARKS = ("", "mark", "none")
"""The buttons of the score's form."""


def _score_said(score: Any) -> str:
    if score is None:
        return NONE
    if score.is_vetoed:
        return gettext(msg("否决"))
    if score.points is None and score.stage != Stage.SELF and score.numerator is not None:
        return gettext(msg("%(count)s 件")) % {"count": score.numerator}
    return points_said(score.points) if score.points is not None else no_points_said(score.value)


@require_safe
@never_cache
def city(request: ActingRequest, pk: int) -> HttpResponse:
    """The city's items side by side with what was recomputed."""
    check(request)
    return _draw(request, pk)


def _counts(found: upper_city.Desk) -> dict[str, int]:
    return {
        "open": sum(one.is_open for one in found.lines),
        "differs": sum(one.differs for one in found.lines),
        "new": sum(one.is_new for one in found.lines),
        "stale": sum(one.is_stale for one in found.lines),
        "all": len(found.lines),
    }


def _draw(request: ActingRequest, pk: int, error: DomainError | None = None, at: str = "") -> HttpResponse:
    """The city's desk; after an error `at` says which of its forms came back, with what was typed in it."""

    def back(place: str) -> dict[str, Any]:
        came = error is not None and place == at
        return {"data": request.POST, "problems": problems_of(error)} if came and error else {}

    on = local_date(request.now)
    found = upper_city.desk(pk, request.actor, on)
    is_leader, is_centre = may(request, ORGANISE), may(request, CENTRE)
    state = found.state
    claims = found.claims if is_centre and state in (State.THROUGH, State.SPOT_CHECKED, State.FINAL) else ()
    only = request.GET.get("only", "")
    shown = [one for one in found.lines if _is_shown(one, only)]
    context = {
        "found": found,
        "city": found.city,
        "badge": state_badge(state),
        "next": next_of_city(found, on),
        "may_visit": upper_city.stage_now(found) is not None,
        "table": _items(found, shown),
        "only": only,
        "counts": _counts(found),
        "may_close": is_leader and state is State.RECEIVED,
        "may_through": is_leader and state is State.SCORED,
        "may_return": is_leader and state in (State.RECEIVED, State.SCORED),
        "may_tell": (is_leader or is_centre) and state in sending.TOLD,
        "out": _out(found, on, back("out")) if is_leader else None,
        "may_spot": is_centre and state is State.THROUGH,
        "returnable": _returnable(found, request if at == "return" else None),
        "is_returning": at == "return",
        "said": error.sentence(gettext) if error else "",
        "practice": PracticeForm([(code, _project(found, code)) for code in claims], **back("practice"))
        if claims
        else None,
        "findings": [
            {
                "line": one,
                "form": CloseForm(
                    auto_id=f"id_finding_{one.finding.pk}_%s",
                    initial={"reference": one.finding.matter_number},
                    **back(f"finding {one.finding.pk}"),
                ),
                "may": _may_close(request, one),
            }
            for one in found.findings
        ],
        "objections": [
            {
                "one": one,
                "name": _name(found, one.key),
                "stage": gettext(STAGES[Stage(one.stage)]),
                "form": DecideForm(auto_id=f"id_objection_{one.pk}_%s", **back(f"objection {one.pk}")),
            }
            for one in found.objections
        ],
    }
    return render(request, "assessment/upper_city.html", context, status=error.status if error else 200)


def _out(found: upper_city.Desk, on: date, back: dict[str, Any]) -> OutForm | None:
    """The form by which a city that hasn't handed in leaves the round, once its day is over."""
    row = found.city.round
    is_late = found.state in UNANSWERED and on > last_day(found.state, row.self_until, row.province_until)
    return OutForm(auto_id="id_out_%s", **back) if is_late else None


def _returnable(found: upper_city.Desk, back: ActingRequest | None) -> list[tuple[str, str, bool, str]]:
    """Items that may be returned: key, name, and what was chosen and written where the form came back."""
    chosen = back.POST.getlist("items") if back else []
    return [
        (one.item.key, one.item.name, one.item.key in chosen, post_of(back, f"reason-{one.item.key}") if back else "")
        for one in found.lines
        if one.scores[Stage.SELF] is not None
    ]


def _is_shown(one: upper_city.ItemLine, only: str) -> bool:
    """Does a line belong to what is asked for?"""
    ways = {"open": one.is_open, "differs": one.differs, "new": one.is_new, "stale": one.is_stale}
    return ways.get(only, True)


def _project(found: upper_city.Desk, code: str) -> str:
    return next((one.project for one in found.lines if one.item.project == code), code)


def _name(found: upper_city.Desk, key: str) -> str:
    return next((one.item.name for one in found.lines if one.item.key == key), key)


def _may_close(request: ActingRequest, one: upper_city.FindingLine) -> bool:
    feature = CENTRE if one.finding.stage == Stage.CENTRE else "rounds_score"
    return one.closing is None and may(request, feature)


def _items(found: upper_city.Desk, lines: list[upper_city.ItemLine]) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("handed", gettext(msg("自报值")), "number"),
        Column("recomputed", gettext(msg("重算值")), "number"),
        Column("self", gettext(msg("自评")), "number"),
        Column("province", gettext(msg("省级")), "number"),
        Column("centre", gettext(msg("中央")), "number"),
        Column("note", gettext(msg("注意"))),
    )
    rows = [
        Row(
            reverse("assessment:upper_item", args=[found.city.pk, one.item.key]),
            {
                "name": one.item.name,
                "handed": figure_said(one.handed, one.item.unit),
                "recomputed": figure_said(one.recomputed, one.item.unit),
                "self": _score_said(one.scores[Stage.SELF]),
                "province": _score_said(one.scores[Stage.PROVINCE]),
                "centre": _score_said(one.scores[Stage.CENTRE]),
                "note": _note(one),
            },
        )
        for one in lines
    ]
    return Table(gettext(msg("逐项评分")), columns, rows)


def _note(one: upper_city.ItemLine) -> str:
    own = one.scores[Stage.SELF]
    told = (
        (own is not None and own.points is None and bool(own.reason), gettext(msg("没有数据，城市写了原因"))),
        (one.differs, gettext(msg("重算不一致"))),
        (one.outside is not None, outside_said(one.outside) if one.outside else ""),
        (one.is_stale, gettext(msg("要由别人重评"))),
        (one.is_new, gettext(msg("这次改了"))),
        (bool(one.visits), gettext(msg("现场核查 %(count)s 次")) % {"count": one.visits}),
        (bool(one.findings), gettext(msg("问题 %(count)s 个")) % {"count": one.findings}),
    )
    return gettext(msg("；")).join(text for is_so, text in told if is_so)


@sent_to("upper_city", feature=UPPER)
def step(request: ActingRequest, pk: int) -> HttpResponse:
    """Close the scoring, let the city through, return items, end the spot check, name a practice, write a slip."""
    check(request)
    ways: dict[str, Callable[[], object]] = {
        "close": lambda: marking.scoring_close(city_id=pk, actor=request.actor, now=request.now),
        "through": lambda: marking.city_through(city_id=pk, actor=request.actor, now=request.now),
        "slip": lambda: sending.slip_ask(city_id=pk, actor=request.actor, now=request.now),
        "spot": lambda: deciding.spot_checked(city_id=pk, actor=request.actor, now=request.now),
        "return": lambda: marking.city_return(
            city_id=pk, reasons=_reasons(request), actor=request.actor, now=request.now
        ),
        "out": lambda: moving.city_out(
            city_id=pk, reason=post_of(request, "reason"), actor=request.actor, now=request.now
        ),
        "practice": lambda: deciding.practice_name(
            city_id=pk, project=post_of(request, "project"), words=post_of(request, "words"), actor=request.actor,
            now=request.now,
        ),
    }  # fmt: skip
    do = post_of(request, "do")
    way = ways.get(do)
    if way is None:
        messages.error(request, gettext(msg("没有这个操作。请用页面上的按钮。")))
        return _back(pk)
    try:
        way()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _draw(request, pk, error, do)
    messages.success(request, gettext(_DONE.get(do, _SAVED)))
    return _back(pk)


_SAVED = msg("已经保存。")
_ASKED = msg("正在写出回执，稍后出现在“函件”的“要送出的”里；同一个城市有几份的，发时间最新的一份。")
_DONE = {"slip": _ASKED}


def _reasons(request: ActingRequest) -> dict[str, str]:
    return {key: request.POST.get(f"reason-{key}", "") for key in request.POST.getlist("items")}


def _back(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("assessment:upper_city", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def item(request: ActingRequest, pk: int, key: str) -> HttpResponse:
    """One item: three scores, what was recomputed, what was looked at and seen; the acting post's own part of it."""
    check(request)
    if request.method != "POST":
        return _draw_item(request, pk, key)
    do = post_of(request, "do")
    try:
        _do_item(request, pk, key, do)
    except DomainError as error:
        if error.status == 404:
            raise
        return _draw_item(request, pk, key, do, problems_of(error), error.status)
    messages.success(request, gettext(msg("已经保存。")), f"mark-{pk}-{key}" if do in MARKS else "")
    return HttpResponseRedirect(reverse("assessment:upper_item", args=[pk, key]))


def _do_item(request: ActingRequest, pk: int, key: str, do: str) -> None:
    found = upper_city.desk(pk, request.actor, local_date(request.now))
    stage = upper_city.stage_now(found) or (Stage.CENTRE if may(request, CENTRE) else Stage.PROVINCE)
    about: dict[str, Any] = {"city_id": pk, "key": key, "stage": stage, "actor": request.actor, "now": request.now}
    if do == "look":
        marking.look_keep(
            kind="evidence" if post_of(request, "kind") == "evidence" else "matter",
            reference=post_of(request, "reference"), is_right=post_of(request, "is_right") != "no",
            words=post_of(request, "words"), **about,
        )  # fmt: skip
    elif do == "finding":
        visits.finding_make(
            region_code=post_of(request, "region"), place=post_of(request, "place"), words=post_of(request, "words"),
            due_on=day_of(post_of(request, "due_on")) or NEVER, **about,
        )  # fmt: skip
    else:
        mark = Mark(
            decimal_of(post_of(request, "points")), number_of(post_of(request, "events")), post_of(request, "reason"),
            is_inapplicable=do == "none",
        )  # fmt: skip
        marking.item_mark(mark=mark, **about)


def _draw_item(
    request: ActingRequest, pk: int, key: str, do: str = "", problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    on = local_date(request.now)
    found = upper_city.item_page(pk, key, request.actor, on)
    places = [(place.code, place.name) for place in upper_city.places_of(found.desk.city, on)]
    given: dict[str, Any] = (
        {"mark" if do in MARKS else do: {"data": request.POST, "problems": problems}} if problems else {}
    )
    line = found.line
    context = {
        "found": found,
        "city": found.desk.city,
        "line": line,
        "handed": with_base(line.item, line.handed),
        "recomputed": with_base(line.item, line.recomputed),
        "outside": outside_said(line.outside) if line.outside else "",
        "badge": state_badge(found.desk.state),
        "state": gettext(STATES[found.desk.state]),
        "scores": _scores(line),
        "history": _history(found),
        "stage": found.stage.value if found.stage else "",
        "stage_name": gettext(STAGES[found.stage]) if found.stage else "",
        "mark": MarkForm(line.is_counted, **given.get("mark", {"initial": _initial(line, found.stage)})),
        "look": LookForm(auto_id="id_look_%s", **given.get("look", {})),
        "finding": FindingForm(places, auto_id="id_finding_%s", **given.get("finding", {})),
        "most": line.item.scoring.most,
        "is_without": _is_without(line, found.stage),
        "next_line": _next_open(found) if found.stage is Stage.PROVINCE else None,
    }
    return render(request, "assessment/upper_item.html", context, status=status)


def _next_open(found: upper_city.ItemPage) -> upper_city.ItemLine | None:
    """The next item without a standing score of the province, in the guideline's order and round again; None after the last."""
    lines, at = found.desk.lines, found.desk.lines.index(found.line)
    return next((one for one in (*lines[at + 1 :], *lines[:at]) if one.is_open), None)


def _below(line: upper_city.ItemLine, stage: Stage | None) -> Any:
    """The last score of the level below one: of the province, else of the city itself; None without."""
    return (line.scores[Stage.PROVINCE] if stage is Stage.CENTRE else None) or line.scores[Stage.SELF]


def _is_without(line: upper_city.ItemLine, stage: Stage | None) -> bool:
    """Did this level say that the item doesn't apply, or has it said nothing and the level below has no points?"""
    given = line.scores[stage] if stage is not None and not line.is_stale else None
    at = given or _below(line, stage)
    return not line.is_counted and at is not None and at.points is None


def _initial(line: upper_city.ItemLine, stage: Stage | None) -> dict[str, object]:
    """What the form begins with: what this level gave, where it stands; before, the score of the level below is recommended."""
    given = line.scores[stage] if stage is not None and not line.is_stale else None
    if given is not None:
        return {"points": "" if given.points is None else given.points, "events": given.numerator}
    own = _below(line, stage)
    return {"points": "" if own is None or own.points is None else own.points, "events": ""}


def _scores(line: upper_city.ItemLine) -> list[tuple[str, object]]:
    return [(gettext(STAGES[stage]), _score_said(line.scores[stage])) for stage in Stage]


def _history(found: upper_city.ItemPage) -> Table:
    columns = (
        Column("stage", gettext(msg("级别"))),
        Column("points", gettext(msg("分")), "number"),
        Column("reason", gettext(msg("理由"))),
        Column("last", gettext(msg("状态")), "badge"),
        Column("at", gettext(msg("时间")), "time"),
    )
    rows = [
        Row(
            "",
            {
                "at": one.at,
                "stage": gettext(STAGES[Stage(one.stage)]),
                "points": _score_said(one),
                "reason": one.reason or one.words,
                "last": Badge(gettext(msg("现行")), "good") if one.is_last else Badge(gettext(msg("已改")), "neutral"),
            },
        )
        for one in found.history
    ]
    return Table(gettext(msg("评分经过")), columns, rows)


@sent_to("upper_city", feature=UPPER)
def closing(request: ActingRequest, pk: int, number: int) -> HttpResponse:
    """A finding came back closed."""
    check(request)
    given = {"reference": post_of(request, "reference"), "words": post_of(request, "words")}
    return _tried(
        request,
        pk,
        f"finding {number}",
        lambda: visits.finding_close(finding_id=number, actor=request.actor, now=request.now, **given),
    )


@sent_to("upper_city", feature=UPPER)
def objection(request: ActingRequest, pk: int, number: int) -> HttpResponse:
    """Decide an objection."""
    check(request)
    uphold, words = post_of(request, "do") == "uphold", post_of(request, "words")
    return _tried(
        request,
        pk,
        f"objection {number}",
        lambda: deciding.objection_decide(
            objection_id=number, uphold=uphold, words=words, actor=request.actor, now=request.now
        ),
    )


def _tried(request: ActingRequest, pk: int, at: str, do: Callable[[], object]) -> HttpResponse:
    try:
        do()
    except DomainError as error:
        if error.status == 404 or error.code == "not-allowed":
            raise
        return _draw(request, pk, error, at)
    messages.success(request, gettext(msg("已经保存。")))
    return _back(pk)
