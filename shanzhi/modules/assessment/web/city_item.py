"""An item: its value with formula and records, words, what is objected to, the scores of all levels and their history."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.entering import rule_of
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.items import ItemKind
from shanzhi.kernel.rounds.policy.words import FILL, STAGES, WORDS_MOST, NoSuchRound, Stage
from shanzhi.kernel.rounds.queries.shapes import ItemPage
from shanzhi.kernel.vault.web.parked import parked_fields
from shanzhi.modules.assessment.web import said
from shanzhi.modules.assessment.web.asking import Told, check, headline, may, problems_of
from shanzhi.modules.assessment.web.city_evidence import evidence_of
from shanzhi.ui.components import Column, Row, Table, TimelineEntry


class ItemForm(Told):
    """Words, and what is objected to. No figure is typed in here."""

    words = forms.CharField(
        label=gettext_lazy("说明"), max_length=WORDS_MOST, required=False,
        help_text=gettext_lazy("做法、成效、特殊情况。不要写个人信息。"), widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    objection = forms.CharField(
        label=gettext_lazy("对计算的异议"), max_length=WORDS_MOST, required=False,
        help_text=gettext_lazy("写明哪里算得不对、依据是什么。分数不会因此改变，由上级评定时答复。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request: ActingRequest, pk: int, key: str) -> HttpResponse:
    """One item; its words are written here."""
    check(request)
    if request.method != "POST":
        return _draw(request, pk, key, parked_fields(request))
    check(request, FILL)
    form = ItemForm(request.POST)
    if not form.is_valid():
        return _draw(request, pk, key, request.POST, status=422)
    given = request.POST.get("based_on", "")
    try:
        operations.item_write(
            city_id=pk, key=key, words=clean_text(form.cleaned_data["words"]),
            objection=clean_text(form.cleaned_data["objection"]),
            based_on=int(given) if given.isascii() and given.isdecimal() and len(given) < DIGITS else 0,
            actor=request.actor, now=request.now,
        )  # fmt: skip
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, key, request.POST, error=error, status=error.status)
    messages.success(request, gettext(msg("已保存。")), f"item-{pk}-{key}")
    return HttpResponseRedirect(reverse("assessment:item", args=[pk, key]))


DIGITS = 9


def _draw(
    request: ActingRequest, pk: int, key: str, data: Any, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    on = local_date(request.now)
    told = queries.item_page(pk, key, on)
    item = told.item
    form = (
        ItemForm(data, problems_of(error) if error else None)
        if data
        else ItemForm(initial={"words": item.words, "objection": item.reason})
    )
    writes = (
        item.is_open and may(request, FILL) and (queries.leads(request.actor, told.row) or _is_theirs(told, request))
    )
    if item.kind is ItemKind.TYPED:
        form.fields["objection"].label = gettext(msg("缺数据的原因"))
        form.fields["objection"].help_text = gettext(msg("没有数据又说不明原因的，不能签批。"))
    context = {
        "told": told,
        "item": item,
        "indicator": item.indicator,
        "row": told.row,
        "value": said.with_base(item.indicator, item.value) if item.is_scored else (said.NONE, ""),
        "points": said.points_said(item.points, item.most),
        "kind": gettext(said.KINDS[item.kind]),
        "badge": said.item_badge(item),
        "pairs": _pairs(told),
        "is_computed": item.kind is ItemKind.COMPUTED,
        "is_assessed": item.kind is ItemKind.ASSESSED,
        "is_typed": item.kind is ItemKind.TYPED,
        "figure_url": _figure(told, "figures:indicator"),
        "records_url": _figure(told, "figures:records"),
        "levels": _levels(told),
        "history": _history(told),
        "evidence": evidence_of(told, request),
        "may_object": queries.leads(request.actor, told.row)
        and bool(item.province is not None or item.centre is not None),
        "form": form,
        "writes": writes,
        "warned": _warned(told, request) if writes else "",
        "said": headline(error),
        "page_url": request.get_full_path(),
    }
    return render(request, "assessment/city_item.html", context, status=status)


def _warned(told: ItemPage, request: ActingRequest) -> str:
    """Says to whom is to sign that who writes doesn't sign; empty for everybody else."""
    if told.duty is not None and told.duty.signer_post_id == request.actor.post_id:
        return gettext(msg("您是这个项目的签批岗位：写了就不能签批这个项目。"))
    if told.head_post_id is not None and told.head_post_id == request.actor.post_id:
        return gettext(msg("您是全部自评的签发岗位：写了就不能签发。"))
    return ""


def _is_theirs(told: ItemPage, request: ActingRequest) -> bool:
    duty = told.duty
    return duty is not None and (duty.unit_id, duty.role) == (request.actor.unit_id, request.actor.role)


def _figure(told: ItemPage, name: str) -> str:
    """The city's own page of the figure; empty where it goes by another rule."""
    if (
        not told.figure
        or told.region_id is None
        or (name == "figures:records" and told.item.kind is not ItemKind.COMPUTED)
    ):
        return ""
    return f"{reverse(name, args=[told.item.indicator.key])}?region={told.region_id}&period={told.period}"


def _pairs(told: ItemPage) -> list[tuple[str, str]]:
    one, item = told.item.indicator, told.item
    rule = rule_of(one) if item.kind is not ItemKind.COMPUTED else None
    return [
        (gettext(msg("定义")), one.definition),
        (gettext(msg("评价期间")), said.period_said(told.period)),
        (gettext(msg("计分")), said.scoring_said(one)),
        (
            gettext(msg("依据")),
            gettext(msg("；")).join(f"{ground.law} {ground.article}".strip() for ground in one.ground),
        ),
        (gettext(msg("材料")), rule.paper if rule else ""),
        (gettext(msg("负责单位")), told.duty.unit if told.duty else gettext(msg("未分工"))),
    ]


def _levels(told: ItemPage) -> Table:
    """The scores of the three levels side by side, each with its difference from the one before."""
    last = {one.stage: one for one in told.scores if one.is_last}
    rows: list[Row] = []
    before: Decimal | None = None
    for stage in Stage:
        one = last.get(stage.value)
        points = one.points if one else None
        change = points - before if points is not None and before is not None else None
        rows.append(
            Row(
                "",
                {
                    "level": gettext(STAGES[stage]),
                    "value": said.value_said(told.item.indicator, one.value) if one else said.NONE,
                    "points": said.points_said(points, one.most if one else None),
                    "change": f"{change:+.2f}" if change else said.NONE,
                    "reason": one.reason if one else "",
                },
            )
        )
        before = points if points is not None else before
    columns = (
        Column("level", gettext(msg("层级"))),
        Column("value", gettext(msg("数值"))),
        Column("points", gettext(msg("得分"))),
        Column("change", gettext(msg("与上一级相差"))),
        Column("reason", gettext(msg("理由"))),
    )
    return Table(gettext(msg("三级评分")), columns, rows)


def _history(told: ItemPage) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            one.at,
            gettext(msg("%(stage)s：%(value)s") if one.points is None else msg("%(stage)s：%(value)s，%(points)s 分")) % {
                "stage": gettext(STAGES[Stage(one.stage)]),
                "value": said.value_said(told.item.indicator, one.value),
                "points": said.points_said(one.points),
            },
            one.by or gettext(msg("系统")),
            " ".join(text for text in (one.words, one.reason) if text),
        )
        for one in told.scores
    ]  # fmt: skip
