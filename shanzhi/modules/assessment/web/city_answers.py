"""What a city answers to the levels above: objections to scores, findings that become matters."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.slips import Listed
from shanzhi.kernel.rounds.policy.words import LEAD, STAGES, WORDS_MOST, NoSuchRound, Stage
from shanzhi.kernel.rounds.queries.handed import AboveRow, FindingRow, ObjectionRow, ObjectionsPage
from shanzhi.modules.assessment.web import said
from shanzhi.modules.assessment.web.asking import Told, check, headline, leads_city, problems_of
from shanzhi.ui.components import Badge, Column, Row, Table

DIGITS = 15
STATES: dict[str, Badge] = {
    "open": Badge(msg("待决定"), "action"),
    "upheld": Badge(msg("采纳"), "good"),
    "declined": Badge(msg("不采纳"), "neutral"),
}


class ObjectionForm(Told):
    """Which score, and why it is objected to."""

    about = forms.ChoiceField(label=gettext_lazy("对哪一项评分"))
    words = forms.CharField(
        label=gettext_lazy("理由"), max_length=WORDS_MOST, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("写明哪里评得不对、依据是什么、在哪里可以查到。不要写个人信息。"),
    )  # fmt: skip


def _form(
    told: ObjectionsPage, data: Any = None, problems: dict[str, str] | None = None, about: str = ""
) -> ObjectionForm:
    form = ObjectionForm(data, problems, initial={"about": about})
    form.fields["about"].choices = [  # type: ignore[attr-defined]
        ("", gettext(msg("请选择"))),
        *(
            (
                f"{one.stage}:{one.key}",
                f"{gettext(STAGES[one.stage])} · {one.name} · {_points(one)}",
            )
            for one in told.above
            if one.is_open
        ),
    ]
    return form


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def objections(request: ActingRequest, pk: int) -> HttpResponse:
    """Scores of the levels above, and what the city objects to."""
    check(request)
    if request.method != "POST":
        told = queries.objections_page(pk, local_date(request.now))
        return _draw(request, told, _form(told, about=request.GET.get("about", "")[:60]))
    check(request, LEAD)
    told = queries.objections_page(pk, local_date(request.now))
    form = _form(told, request.POST)
    if not form.is_valid():
        return _draw(request, told, form, status=422)
    stage, _, key = form.cleaned_data["about"].partition(":")
    try:
        operations.objection_make(
            city_id=pk, key=key, stage=Stage(stage), words=clean_text(form.cleaned_data["words"]), actor=request.actor,
            now=request.now,
        )  # fmt: skip
    except NoSuchRound:
        raise
    except DomainError as error:
        back = _form(told, request.POST, problems_of(error))
        return _draw(request, told, back, said_=headline(error), status=error.status)
    messages.success(request, gettext(msg("异议已提出，正在写成函件。请到“收发”下载，送交组织方。")), f"objection-{pk}")
    return HttpResponseRedirect(reverse("assessment:objections", args=[pk]))


def _draw(
    request: ActingRequest, told: ObjectionsPage, form: ObjectionForm, *, said_: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "of": told.of,
        "until": day_said(told.until, gettext),
        "is_over": local_date(request.now) > told.until,
        "above": _above(told),
        "objections": [_objection(one) for one in told.objections],
        "form": form,
        "may_object": leads_city(request, told.of.city_code) and any(one.is_open for one in told.above),
        "said": said_,
    }
    return render(request, "assessment/city_objections.html", context, status=status)


def _points(one: AboveRow) -> str:
    return said.no_points_said(one.value) if one.points is None else said.points_said(one.points, one.most)


def _above(told: ObjectionsPage) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("stage", gettext(msg("层级"))),
        Column("own", gettext(msg("自评分")), "number"),
        Column("points", gettext(msg("评分")), "number"),
        Column("reason", gettext(msg("理由"))),
    )
    rows = [
        Row(
            reverse("assessment:item", args=[told.of.city_id, one.key]),
            {
                "name": one.name,
                "stage": gettext(STAGES[one.stage]),
                "own": said.points_said(one.own),
                "points": _points(one),
                "reason": one.reason,
            },
        )
        for one in told.above
    ]
    return Table(gettext(msg("上级评分")), columns, rows)


def _objection(one: ObjectionRow) -> dict[str, Any]:
    badge = STATES[one.state]
    return {"row": one, "stage": gettext(STAGES[one.stage]), "badge": Badge(gettext(badge.text), badge.tone)}


def list_table(listed: tuple[Listed, ...]) -> Table:
    """The published list of a round, by the cities' codes."""
    columns = (
        Column("name", gettext(msg("城市"))),
        Column("passes", gettext(msg("结果")), "badge"),
        Column("points", gettext(msg("总分")), "number"),
    )
    passed, failed = Badge(gettext(msg("达标")), "good"), Badge(gettext(msg("未达标")), "bad")
    rows = [
        Row(
            "",
            {"name": one.name, "passes": passed if one.passed else failed, "points": said.points_said(one.points)},
        )
        for one in listed
    ]
    return Table(gettext(msg("结果名单")), columns, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def findings(request: ActingRequest, pk: int) -> HttpResponse:
    """What checks found; one press makes a matter of it."""
    check(request)
    if request.method != "POST":
        return _draw_findings(request, pk)
    check(request, LEAD)
    given = request.POST.get("finding", "")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) <= DIGITS else 0
    try:
        made = operations.finding_take(finding_id=number, actor=request.actor, now=request.now)
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw_findings(request, pk, error)
    messages.success(request, gettext(msg("已转为事项 %(number)s，由综治中心派给责任单位。")) % {"number": made})
    return HttpResponseRedirect(reverse("assessment:findings", args=[pk]))


def _draw_findings(request: ActingRequest, pk: int, error: DomainError | None = None) -> HttpResponse:
    on = local_date(request.now)
    of, rows = queries.findings_page(pk, on)
    context = {
        "of": of,
        "findings": [_finding(one, late=on > one.due_on) for one in rows],
        "leads": leads_city(request, of.city_code),
        "said": error.sentence(gettext) if error else "",
    }
    return render(request, "assessment/city_findings.html", context, status=error.status if error else 200)


def _finding(one: FindingRow, *, late: bool) -> dict[str, Any]:
    badge = Badge(gettext(msg("待接收")), "action")
    if one.matter_number:
        badge = Badge(one.stage_name or gettext(msg("已转为事项")), "good")
    if late and not one.matter_number:
        badge = Badge(gettext(msg("已逾期")), "bad")
    return {
        "row": one,
        "stage": gettext(STAGES[one.stage]),
        "due": day_said(one.due_on, gettext),
        "badge": badge,
        "url": reverse("matters:matter", args=[one.matter_number]) if one.matter_number else "",
    }
