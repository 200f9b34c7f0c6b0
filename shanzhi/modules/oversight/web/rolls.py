"""The three lists of a supervisor: the same matters as everywhere, in three views, on the screen, as a file and on paper."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import ListFilter, MatterPage, ends_counted
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web import rolls as listing
from shanzhi.modules.oversight.policy import FEATURE
from shanzhi.modules.oversight.policy.rolls import PRINTED_MOST, ROLLS, Roll, RollSpec, roll_of
from shanzhi.ui.components import Row, Table


@require_safe
@never_cache
def roll(request: ActingRequest, which: str) -> HttpResponse:
    """One list, page by page."""
    desk.check_staff(request, FEATURE)
    chosen = roll_of(which)
    form = listing.find_form(request)
    page, state = listing.page_of(request, form, _wanted(chosen, form.wanted(), request)), listing.state_of(request)
    url = reverse("oversight:roll", args=[chosen])
    context = _context(chosen, request) | {
        "form": form,
        "nothing": form.nothing,
        "table": _table(ROLLS[chosen], page),
        "pager": listing.pager_of(request, page),
        "clear_url": url,
        "print_url": f"{reverse('oversight:roll_print', args=[chosen])}?{urlencode(state)}",
        "files": listing.file_links(reverse("oversight:roll_file", args=[chosen]), state) if page.rows else [],
        "tabs": [
            (gettext(spec.name), reverse("oversight:roll", args=[one]), one is chosen) for one, spec in ROLLS.items()
        ],
    }
    return render(request, "oversight/roll.html", context)


@require_safe
@never_cache
def printed(request: ActingRequest, which: str) -> HttpResponse:
    """The list in official layout, A4 across."""
    desk.check_staff(request, FEATURE)
    chosen = roll_of(which)
    form = listing.find_form(request)
    wanted = _wanted(chosen, form.wanted(), request)
    if form.nothing:
        raise InputError(form.nothing)
    page = listing.first_page(request, form, wanted, PRINTED_MOST)
    fields = listing.fields_named(ROLLS[chosen].columns)
    context = _context(chosen, request) | {
        "heads": [gettext(field.label) for field in fields],
        "lines": [[listing.cell_text(field, row) for field in fields] for row in page.rows],
        "more": page.total - len(page.rows),
        "capped": page.total_capped,
        "told": form.told(),
        "unit": request.actor.unit_name,
        "on": local_date(request.now),
        "back": f"{reverse('oversight:roll', args=[chosen])}?{urlencode(listing.state_of(request))}",
    }
    return render(request, "oversight/roll_print.html", context)


@require_GET
def file(request: ActingRequest, which: str) -> FileResponse:
    """The list as a file; journaled like every list that is taken along."""
    desk.check_staff(request, FEATURE)
    chosen = roll_of(which)
    form = listing.find_form(request)
    wanted = _wanted(chosen, form.wanted(), request)
    if form.nothing:
        raise InputError(form.nothing)
    spec = ROLLS[chosen]
    kept = listing.Listing("oversight:roll", spec.name, spec.meaning)
    return listing.send_list(request, kept, wanted, form.told(), list(spec.columns))


def _wanted(chosen: Roll, found: ListFilter, request: ActingRequest) -> ListFilter:
    """The list's own condition on top of what was looked for."""
    if not ROLLS[chosen].is_ended:
        return replace(found, open_only=True)
    since = found.sitting.ended_from or date(local_date(request.now).year, 1, 1)
    stages = found.stages or ends_counted()
    return replace(
        found, stages=stages, open_only=False, sort="newest", sitting=replace(found.sitting, ended_from=since)
    )


def _context(chosen: Roll, request: ActingRequest) -> dict[str, Any]:
    spec = ROLLS[chosen]
    return {"title": gettext(spec.name), "meaning": gettext(spec.meaning), "is_ended": spec.is_ended}


def _table(spec: RollSpec, page: MatterPage) -> Table:
    fields = listing.fields_named(("title", *(code for code in spec.columns if code != "title")))
    rows = tuple(
        Row(
            reverse("matters:matter", args=[row.number]),
            {field.code: field.value(row) for field in fields} | {"light": listing.level_of(row)},
        )
        for row in page.rows
    )
    return Table(gettext(spec.name), tuple(field.column() for field in fields), rows, frozenset(spec.columns))
