"""Typing figures in: what my post owes, the form, asking to hand in late; and answering those who ask."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, InputError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.operations import Entry
from shanzhi.kernel.indicators.policy.definitions import Figure
from shanzhi.kernel.indicators.policy.entering import DECIDE, ENTER, NoSuchPermit, Outlier, Typed, rule_of
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.shapes import OwedLine
from shanzhi.kernel.vault.web.parked import parked_fields
from shanzhi.modules.figures.web import said
from shanzhi.modules.figures.web.asked import Asked, check, id_of, may
from shanzhi.modules.figures.web.forms import (
    NO_DAY,
    EntryForm,
    LateForm,
    PermitForm,
    headline,
    key_of,
    new_key,
    problems_of,
)
from shanzhi.modules.figures.web.uploads import Brought, brought
from shanzhi.ui.components import Badge, Column, Row, Table, Tone

STATES: dict[str, tuple[str, Tone]] = {
    "due": (msg("待填报"), "action"),
    "late": (msg("已逾期"), "bad"),
    "asked": (msg("补报待同意"), "warn"),
    "permitted": (msg("可以补报"), "warn"),
    "handed_in": (msg("已填报"), "good"),
}
WAITING = ("due", "late", "asked", "permitted")


@require_safe
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """What the acting post owes, and what it has handed in."""
    check(request, ENTER)
    lines = values.owed(request.actor, local_date(request.now))
    context = {
        "waiting": _table([line for line in lines if line.state in WAITING], gettext(msg("待填报"))),
        "done": _table([line for line in lines if line.state not in WAITING], gettext(msg("已填报"))),
        "may_decide": may(request, DECIDE),
    }
    return render(request, "figures/entries.html", context)


def _url(line: OwedLine, name: str = "entry") -> str:
    return Asked(line.place.id, line.period).url(name, line.indicator.key)


def _table(lines: list[OwedLine], caption: str) -> Table:
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("place", gettext(msg("区域"))),
        Column("period", gettext(msg("期间"))),
        Column("due", gettext(msg("截止"))),
        Column("value", gettext(msg("已填的数")), "number"),
        Column("state", gettext(msg("状态")), "badge"),
    )
    rows = [
        Row(
            _url(line),
            {
                "name": line.indicator.name,
                "place": line.place.name,
                "period": said.period_said(line.period),
                "due": day_said(line.permitted_until or line.due_on, gettext),
                "value": said.value_said(line.indicator, line.entered.value) if line.entered else "",
                "state": Badge(gettext(STATES[line.state][0]), STATES[line.state][1]),
            },
        )
        for line in lines
    ]
    return Table(caption, columns, rows)


def _line(request: ActingRequest, key: str) -> OwedLine:
    """What the address asks for among what the post owes.

    Raises:
        PeriodUnreadable: the address names no period.
        NotFound: the post doesn't owe it.
    """
    wanted = (key, id_of(request.GET.get("region", "")), read_period(request.GET.get("period", "").strip()))
    for line in values.owed(request.actor, local_date(request.now)):
        if (line.indicator.key, line.place.id, line.period) == wanted:
            return line
    raise NotFound(msg("您现在的岗位没有这项填报。请从“填报”里选，或换一个岗位。"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def entry(request: ActingRequest, key: str) -> HttpResponse:
    """The form of one figure; typed in again it is a correction."""
    check(request, ENTER)
    line = _line(request, key)
    if request.method != "POST":
        return _draw(request, line, parked_fields(request))
    files = brought(request)
    if files.problems:
        return _draw(request, line, request.POST, problems={"files": " ".join(files.problems)}, status=422, files=files)
    form = EntryForm(line.indicator, rule_of(line.indicator).paper, request.POST)
    if not form.is_valid():
        return _draw(request, line, request.POST, status=422, files=files)
    try:
        operations.value_enter(
            entry=_entry(request, line, form), stored=files.stored, actor=request.actor, now=request.now,
            key=key_of(request),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _draw(
            request, line, request.POST, problems=problems_of(error), status=error.status, files=files, error=error
        )
    messages.success(request, gettext(msg("已填报“%(name)s”。")) % {"name": line.indicator.name})
    return HttpResponseRedirect(reverse("figures:entries"))


def _entry(request: ActingRequest, line: OwedLine, form: EntryForm) -> Entry:
    given = form.cleaned_data
    based_on = request.POST.get("based_on", "")
    typed = Typed(
        int(given["numerator"]), given.get("denominator"), clean_text(given["words"]), bool(given["confirmed"])
    )
    return Entry(
        line.indicator.key, line.place.id, line.period, typed, int(based_on) if id_of(based_on) is not None else 0
    )


def _draw(
    request: ActingRequest,
    line: OwedLine,
    data: Any,
    *,
    problems: dict[str, str] | None = None,
    status: int = 200,
    files: Brought | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    """The form with what was typed; the question whether it is right only where it was asked."""
    one, last = line.indicator, line.entered
    rule = rule_of(one)
    form = (
        EntryForm(one, rule.paper, data, problems=problems) if data else EntryForm(one, rule.paper, initial=_now(line))
    )
    form.fields["files"].required = bool(rule.paper) and not data
    if not isinstance(error, Outlier) and not (data and data.get("confirmed")):
        del form.fields["confirmed"]
    context = {
        "line": line,
        "indicator": one,
        "period_name": said.period_said(line.period),
        "form": form,
        "said": headline(error),
        "kept": files.shown() if files else [],
        "last": last,
        "last_said": said.value_said(one, last.value) if last else "",
        "last_state": said.entered_state(last) if last else "",
        "based_on": request.POST.get("based_on", last.number if last else 0)
        if not _moved(error)
        else (last.number if last else 0),
        "key": new_key(request, error),
        "due": line.permitted_until or line.due_on,
        "is_late": line.state == "late" and not data,
        "is_asked": line.state == "asked",
        "late_form": LateForm(prefix=""),
        "late_url": _url(line, "entry_late"),
        "page_url": request.get_full_path(),
        "about": [
            (gettext(msg("定义")), one.definition),
            (gettext(msg("问题")), one.survey.question if one.survey else ""),
            (gettext(msg("目标")), said.target_said(one)),
            (gettext(msg("上期填报")), _before(line)),
        ],
    }
    return render(request, "figures/entry.html", context, status=status)


def _before(line: OwedLine) -> str:
    """What was handed in for the period before, by which a slip of the keyboard is noticed; empty where nothing was."""
    rows = values.entered_of(line.indicator, line.place, line.period.before())
    return next((said.value_said(line.indicator, row.value) for row in rows if row.is_last), "")


def _moved(error: DomainError | None) -> bool:
    """Did somebody else type it in meanwhile? Then the form stands on theirs from now on."""
    return error is not None and error.code == "figure-moved-on"


def _now(line: OwedLine) -> dict[str, object]:
    """What was handed in, for a correction."""
    last = line.entered
    if last is None:
        return {}
    given: dict[str, object] = {"numerator": last.value.numerator}
    if line.indicator.figure is Figure.RATIO:
        given["denominator"] = last.value.denominator
    return given


@require_POST
def late(request: ActingRequest, key: str) -> HttpResponse:
    """Ask the level above to hand in late."""
    check(request, ENTER)
    line = _line(request, key)
    try:
        operations.permit_ask(
            indicator_key=key, region_id=line.place.id, period=line.period,
            words=clean_text(request.POST.get("words", "")), actor=request.actor, now=request.now, key=key_of(request),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        context = {
            "line": line, "form": LateForm(request.POST, problems_of(error)), "said": headline(error),
            "back_url": _url(line), "period_name": said.period_said(line.period),
        }  # fmt: skip
        return render(request, "figures/late.html", context, status=error.status)
    messages.success(request, gettext(msg("已申请补报，等上一级单位答复。")))
    return HttpResponseRedirect(reverse("figures:entries"))


@require_safe
@never_cache
def permits(request: ActingRequest) -> HttpResponse:
    """Wishes to hand in late that the own unit answers."""
    check(request, DECIDE)
    return render(request, "figures/permits.html", {"rows": _permits(request)})


def _permits(request: ActingRequest, back: int = 0, form: PermitForm | None = None) -> list[dict[str, object]]:
    return [
        {
            "row": row,
            "period": said.period_said(row.period),
            "form": form if form is not None and row.id == back else PermitForm(request, auto_id=f"id_{row.id}_%s"),
            "is_back": row.id == back,
            "key": new_key(request),
        }
        for row in values.permits_waiting(request.actor)
    ]


@require_POST
def permit(request: ActingRequest, pk: int) -> HttpResponse:
    """Answer one of them."""
    check(request, DECIDE)
    form = PermitForm(request, request.POST, auto_id=f"id_{pk}_%s")
    grants = request.POST.get("do") == "grant"
    form.is_valid()
    until = form.cleaned_data.get("until_on")
    try:
        if grants and until is None:
            raise InputError(NO_DAY, fields={"until_on": NO_DAY})
        operations.permit_decide(
            permit_id=pk, until_on=until if grants else None, reason=clean_text(request.POST.get("reason", "")),
            actor=request.actor, now=request.now, key=key_of(request),
        )  # fmt: skip
    except NoSuchPermit:
        raise
    except DomainError as error:
        back = PermitForm(request, request.POST, problems=problems_of(error), auto_id=f"id_{pk}_%s")
        return render(request, "figures/permits.html", {"rows": _permits(request, pk, back)}, status=error.status)
    messages.success(request, gettext(msg("已答复。")))
    return HttpResponseRedirect(reverse("figures:permits"))
