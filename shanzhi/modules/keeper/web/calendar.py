"""The work calendar: a year's days to tick, office hours, a file, what it does to dates promised, and the editions."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.calendars import BYTES_MOST, YearGiven, read_year
from shanzhi.kernel.matters.policy.golive import CALENDAR
from shanzhi.kernel.matters.queries import CalendarTrial, CalendarYear
from shanzhi.modules.keeper.web.categories import UndoForm, deciding, history_table
from shanzhi.modules.keeper.web.common import DayForm, check, count_of
from shanzhi.ui.components import Column, Row, Table

WEEK = (msg("一"), msg("二"), msg("三"), msg("四"), msg("五"), msg("六"), msg("日"))


def _year_of(request: ActingRequest) -> int:
    given = request.POST.get("year") or request.GET.get("year", "")
    return count_of(given) or local_date(request.now).year


def _given(request: ActingRequest, year: int) -> YearGiven:
    """What a form says; a day that is none is left out, one of another year the domain refuses."""
    worked = set()
    for text in request.POST.getlist("day"):
        try:
            worked.add(date.fromisoformat(text))
        except ValueError:
            continue
    return YearGiven(year, frozenset(worked), request.POST.get("hours", ""), bool(request.POST.get("is_final")))


def _carry_out(request: ActingRequest, does: str, given: YearGiven) -> tuple[YearGiven, CalendarTrial | None]:
    """What a button asks for: go back, let it hold, or try it (with a file read over what is ticked). Raises DomainError."""
    if does == "undo":
        number = count_of(request.POST.get("number", ""))
        operations.edition_restore(section=CALENDAR, number=number, how=deciding(request))
        return given, None
    if does == "save":
        operations.calendar_year_set(given=given, how=deciding(request))
        return given, None
    file = request.FILES.get("file")
    given = read_year(file.read(BYTES_MOST + 1), given) if does == "upload" and file else given
    return given, queries.calendar_trial(given, now=request.now)


def _asked(request: ActingRequest) -> str:
    """Which button was pressed; nobody lets a file hold that they haven't seen."""
    does = request.POST.get("do", "") if request.method == "POST" else ""
    return "upload" if does == "save" and request.FILES.get("file") else does


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def calendar(request: ActingRequest) -> HttpResponse:
    """One year: tick the days that are worked, try it, let it hold."""
    check(request)
    year, error, trial, given, does = _year_of(request), None, None, None, _asked(request)
    if does:
        given = _given(request, year)
        try:
            given, trial = _carry_out(request, does, given)
        except DomainError as refused:
            error = refused
        else:
            if does in ("save", "undo"):
                messages.success(request, gettext("已定好，到日期起生效。"))
                return HttpResponseRedirect(f"{reverse('keeper:calendar')}?year={year}")
    page = queries.calendar_year(year, local_date(request.now))
    if given is not None and does != "undo":
        page = replace(page, given=given)
    own = error if does != "undo" else None
    context = {
        "page": page,
        "year": year,
        "months": _months(page),
        "week": [gettext(day) for day in WEEK],
        "trial": trial,
        "changes": _changes_table(trial) if trial and trial.rows else None,
        "history": history_table(page.state),
        "form": DayForm(request, page.state.seen, error=own, data=request.POST if own else None),
        "undo": _undo(request, page, error if does == "undo" else None) if page.state.history else None,
        "does": does,
    }
    return render(request, "keeper/calendar.html", context, status=error.status if error else 200)


def _undo(request: ActingRequest, page: CalendarYear, error: DomainError | None) -> UndoForm:
    data = request.POST if error else None
    return UndoForm(request, page.state.seen, error=error, data=data, auto_id="undo-%s", state=page.state)


def _months(page: CalendarYear) -> list[dict[str, Any]]:
    """Each month with its weeks of days; None where a week's day lies in another month."""
    months = []
    for month in range(1, 13):
        first = date(page.given.year, month, 1)
        cells: list[dict[str, Any] | None] = [None] * first.weekday()
        day = first
        while day.month == month:
            is_worked = day in page.given.worked
            cells.append({"day": day, "worked": is_worked, "own": is_worked != (day in page.plain)})
            if day == date.max:
                break
            day = date.fromordinal(day.toordinal() + 1)
        cells += [None] * (-len(cells) % 7)
        months.append({"number": month, "weeks": [cells[start : start + 7] for start in range(0, len(cells), 7)]})
    return months


def _changes_table(trial: CalendarTrial) -> Table:
    columns = (
        Column("number", gettext("事项")),
        Column("due", gettext("答应的时间"), "time"),
        Column("would", gettext("按这份日历")),
        Column("what", gettext("会怎样")),
    )
    rows = [
        Row(
            reverse("matters:matter", args=[one.number]),
            {
                "number": one.number,
                "due": one.due_at,
                "would": day_said(local_date(one.would_be), gettext),
                "what": gettext("最后一天放假，依法顺延到下一个工作日") if one.moves else gettext("不变，按答应的算"),
            },
        )
        for one in trial.rows
    ]
    return Table(gettext("受影响的未结事项"), columns, rows)
