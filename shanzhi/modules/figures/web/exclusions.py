"""Contested counts: asked by a unit, decided one level up, published within the city with their effect."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError, InputError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.operations import Contest
from shanzhi.kernel.indicators.policy.definitions import Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import CONTEST, DECIDE
from shanzhi.kernel.indicators.policy.excluding import NoSuchExclusion
from shanzhi.kernel.indicators.policy.periods import Period, read_month, read_period
from shanzhi.kernel.indicators.queries import book, rulebook, values
from shanzhi.kernel.indicators.queries.values.shapes import (
    REASONS,
    ExclusionCard,
    ExclusionRow,
    ExclusionShare,
    RevisionRow,
)
from shanzhi.kernel.vault.web.parked import parked_fields
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import check, id_of, last_month, may, periods
from shanzhi.modules.figures.web.forms import ContestForm, DecisionForm, headline, key_of, new_key, problems_of
from shanzhi.modules.figures.web.uploads import Brought, brought
from shanzhi.ui.components import Badge, Column, Pager, Row, Table, Tone

PAGE = 25
STATES: Mapping[str, tuple[str, Tone]] = {
    "asked": (msg("待决定"), "action"),
    "granted": (msg("已剔除"), "warn"),
    "declined": (msg("不予剔除"), "neutral"),
    "withdrawn": (msg("已撤回"), "neutral"),
}


def exclusion_table(rows: Sequence[ExclusionRow]) -> Table:
    """Contested counts, each leading to its page."""
    columns = (
        Column("number", gettext(msg("事项编号"))),
        Column("name", gettext(msg("指标"))),
        Column("month", gettext(msg("月份"))),
        Column("unit", gettext(msg("提出单位"))),
        Column("ground", gettext(msg("理由"))),
        Column("state", gettext(msg("结果")), "badge"),
        Column("at", gettext(msg("提出时间")), "time"),
    )
    listed = [
        Row(
            reverse("figures:exclusion", args=[row.id]),
            {
                "number": row.matter_number,
                "name": row.name,
                "month": said.period_said(Period(row.month)),
                "unit": row.unit,
                "ground": gettext(row.ground),
                "state": _state(row),
                "at": row.asked_at,
            },
        )
        for row in rows
    ]
    return Table(gettext(msg("剔除")), columns, listed)


def _state(row: ExclusionRow) -> Badge:
    word, tone = STATES[row.state]
    return Badge(gettext(word), tone)


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The published list, and how much of each unit's figures was left out."""
    check(request)
    given = request.GET.get("period", "").strip()
    period = read_period(given) if given else None
    region, state = id_of(request.GET.get("region", "")), request.GET.get("state", "")
    state, key = state if state in STATES else "", clean_text(request.GET.get("key", ""))[: PAGE * 2]
    after = id_of(request.GET.get("after", ""))
    rows = values.exclusions(region_id=region, period=period, key=key, state=state, after=after)
    shares = values.exclusion_shares(period or last_month(request), region)
    rows, has_more = rows[:PAGE], len(rows) > PAGE
    more = request.GET.copy()
    more["after"] = str(rows[-1].id) if rows else ""
    context = {
        "table": exclusion_table(rows),
        "shares": _shares(shares),
        "shares_period": said.period_said(period or last_month(request)),
        "states": [(code, gettext(word), code == state) for code, (word, _) in STATES.items()],
        "period_options": periods(request, period or last_month(request)),
        "all_periods": period is None,
        "key": key,
        "region": region or "",
        "pager": Pager("", f"?{more.urlencode()}" if has_more else ""),
        "may_contest": may(request, CONTEST),
        "clear_url": reverse("figures:exclusions"),
    }
    return render(request, "figures/exclusions.html", context)


def _shares(rows: Sequence[ExclusionShare]) -> Table:
    columns = (
        Column("unit", gettext(msg("单位"))),
        Column("counted", gettext(msg("计入的事项")), "number"),
        Column("granted", gettext(msg("剔除")), "number"),
        Column("declined", gettext(msg("不予剔除")), "number"),
        Column("waiting", gettext(msg("待决定")), "number"),
        Column("share", gettext(msg("剔除占比")), "number"),
    )
    listed = [
        Row(
            reverse("figures:unit", args=[row.unit_id]),
            {
                "unit": row.unit,
                "counted": row.counted,
                "granted": row.granted,
                "declined": row.declined,
                "waiting": row.waiting,
                "share": gettext(msg("不适用")) if row.share is None else f"{row.share}%",
            },
        )
        for row in rows
    ]
    return Table(gettext(msg("各单位的剔除")), columns, listed)


@require_safe
@never_cache
def one(request: ActingRequest, pk: int) -> HttpResponse:
    """One contested count with its effect, and what may be done now."""
    check(request)
    return _draw(request, pk)


def _draw(
    request: ActingRequest,
    pk: int,
    form: DecisionForm | None = None,
    *,
    status: int = 200,
    error: DomainError | None = None,
) -> HttpResponse:
    found = values.exclusion_card(pk, request.actor, local_date(request.now))
    row = found.row
    context = {
        "found": found,
        "row": row,
        "state": _state(row),
        "month_name": said.period_said(Period(row.month)),
        "pairs": _pairs(found),
        "effects": _effects(found),
        "form": form or DecisionForm(parked_fields(request) or None),
        "said": headline(error),
        "key": new_key(request, error),
        "page_url": request.path,
        "month": f"{row.month // 100}-{row.month % 100:02}",
    }
    return render(request, "figures/exclusion.html", context, status=status)


def _pairs(found: ExclusionCard) -> list[tuple[str, object]]:
    row = found.row
    return [
        (gettext(msg("区域")), row.place.name),
        (gettext(msg("提出单位")), row.unit),
        (gettext(msg("决定单位")), row.decider),
        (gettext(msg("理由")), gettext(row.ground)),
        (gettext(msg("提出")), said.moment_of(row.asked_at)),
        (gettext(msg("决定")), said.moment_of(row.decided_at) if row.decided_at else ""),
        (gettext(msg("改变")), said.moment_of(row.revised_at) if row.revised_at else ""),
    ]


def _effects(found: ExclusionCard) -> Table:
    """What it did to each region's figure: before, after, why."""
    columns = (
        Column("place", gettext(msg("区域"))),
        Column("period", gettext(msg("期间"))),
        Column("before", gettext(msg("原来")), "number"),
        Column("after", gettext(msg("现在")), "number"),
        Column("why", gettext(msg("原因"))),
        Column("at", gettext(msg("时间")), "time"),
    )
    # What is the same in each line isn't said in each line.
    same = {"period"} if all(row.period == Period(found.row.month) for row in found.effects) else set()
    same |= {"why"} if len({row.reason for row in found.effects}) == 1 else set()
    shown = tuple(column for column in columns if column.key not in same)
    return Table(gettext(msg("对指标的影响")), shown, [_effect(found.row, row) for row in found.effects])


def _effect(about: ExclusionRow, row: RevisionRow) -> Row:
    url = f"{reverse('figures:indicator', args=[about.key])}?region={row.place.id}&period={row.period}"
    cells = {
        "place": row.place.name,
        "period": said.period_said(row.period),
        "before": said.parts_said(row.before),
        "after": said.parts_said(row.after),
        "why": gettext(REASONS[row.reason]),
        "at": row.made_at,
    }
    return Row(url, cells)


def _contestable(month: int) -> list[Indicator]:
    """Figures of a month whose rule lets something be excluded."""
    return [
        each for each in book.catalogue_in_force().in_month(month) if each.source is Source.COMPUTED and each.exclusions
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Contest that a matter counts."""
    check(request, CONTEST)
    if request.method != "POST":
        return _draw_new(request, parked_fields(request))
    files = brought(request)
    if files.problems:
        return _draw_new(request, request.POST, {"files": " ".join(files.problems)}, 422, files)
    try:
        number = operations.exclusion_ask(
            contest=_contest(request), stored=files.stored, actor=request.actor, now=request.now, key=key_of(request)
        )
    except DomainError as error:
        return _draw_new(request, request.POST, problems_of(error), error.status, files, error)
    messages.success(request, gettext(msg("已提出申诉，由上一级单位决定。")), "contest")
    return HttpResponseRedirect(reverse("figures:exclusion", args=[number]))


def _contest(request: ActingRequest) -> Contest:
    """What was typed.

    Raises:
        InputError: the month is none.
    """
    given = {name: clean_text(request.POST.get(name, "")) for name in ("number", "figure", "month", "ground", "words")}
    try:
        month = read_month(given["month"])
    except InputError as error:
        error.fields.setdefault("month", error.sentence(gettext))
        raise
    return Contest(given["number"], given["figure"], month, given["ground"], given["words"])


def _draw_new(
    request: ActingRequest,
    data: Any,
    problems: dict[str, str] | None = None,
    status: int = 200,
    files: Brought | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    chosen = last_month(request)
    figures = [(each.key, each.name) for each in _contestable(chosen.first)]
    months = [(one.value, one.label) for one in periods(request, chosen, (Length.MONTH,))[:13]]
    initial = {
        "number": request.GET.get("number", "")[:40],
        "figure": request.GET.get("key", ""),
        "month": _month(request),
    }
    grounds = rulebook.exclusion_rules().grounds
    form = ContestForm(figures, months, grounds, data or None, problems=problems, initial=initial)
    form.fields["files"].required = not data
    context = {
        "form": form, "kept": files.shown() if files else [], "said": headline(error), "page_url": request.get_full_path(),
        "key": new_key(request, error),
        "rules": rulebook.exclusion_rules(),
    }  # fmt: skip
    return render(request, "figures/exclusion_new.html", context, status=status)


def _month(request: ActingRequest) -> str:
    """The month of the figure that was looked at; of a longer period its last one."""
    given = request.GET.get("period", "").strip()
    return str(Period(read_period(given).last)) if given else str(last_month(request))


@require_POST
def withdraw(request: ActingRequest, pk: int) -> HttpResponse:
    """Take one's own unit's wish back."""
    check(request, CONTEST)
    operations.exclusion_withdraw(exclusion_id=pk, actor=request.actor, now=request.now)
    messages.success(request, gettext(msg("已撤回申诉。")))
    return HttpResponseRedirect(reverse("figures:exclusion", args=[pk]))


@require_POST
def decide(request: ActingRequest, pk: int) -> HttpResponse:
    """Leave it out, keep it, or change a decision into its opposite."""
    check(request, DECIDE)
    do, reason = request.POST.get("do", ""), clean_text(request.POST.get("reason", ""))
    given: dict[str, Any] = {"actor": request.actor, "now": request.now, "key": key_of(request), "reason": reason}
    try:
        if do == "revise":
            operations.exclusion_revise(exclusion_id=pk, **given)
        elif do in ("grant", "decline"):
            operations.exclusion_decide(exclusion_id=pk, grant=do == "grant", **given)
        else:
            raise InputError(msg("没有这个决定。请用页面上的按钮提交。"))
    except (NotFound, NoSuchExclusion):
        raise
    except DomainError as error:
        form = DecisionForm(request.POST, problems_of(error))
        return _draw(request, pk, form, status=error.status, error=error)
    messages.success(request, gettext(msg("决定已经作出，指标会在几分钟内重算。")))
    return HttpResponseRedirect(reverse("figures:exclusion", args=[pk]))
