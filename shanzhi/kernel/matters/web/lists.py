"""Finding matters: filter, sort, page. What is shown is row-level security's business, not this page's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import ListFilter, MatterPage, MatterRow
from shanzhi.kernel.matters.web.columns import FIELDS, chosen, level_of, named_in
from shanzhi.kernel.matters.web.desk import check_staff
from shanzhi.kernel.matters.web.find import MORE, FindForm
from shanzhi.kernel.matters.web.sheet import file_links
from shanzhi.ui.components import Column, Pager, Row, Table

NOTHING = MatterPage((), "", 0, total_capped=False)


@require_GET
def matters(request: ActingRequest) -> HttpResponse:
    """The list, whole or, for htmx, only what was found."""
    check_staff(request)
    form = FindForm(request)
    wanted = form.wanted()
    page = page_of(request, form, wanted)
    context = {
        "form": form,
        "nothing": form.nothing,
        "table": _table(request, page, wanted),
        "pager": pager_of(request, page),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "list_url": reverse("matters:list"),
        "more_label": _more_label(request),
        "more_open": any(form[name].errors for name in MORE),
        "views_url": f"{reverse('matters:views')}?{urlencode(state_of(request))}",
        "is_kept": bool(state_of(request)),
        "files": file_links(reverse("matters:file"), state_of(request)) if page.rows else [],
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "matters/_found.html" if is_part else "matters/list.html", context)


def _more_label(request: ActingRequest) -> str:
    """What the button for the further conditions reads: with how many of them are set."""
    count = sum(bool(request.GET.get(name)) for name in MORE)
    return gettext(msg("更多条件（已选 %(count)s 项）")) % {"count": count} if count else gettext(msg("更多条件"))


def _table(request: ActingRequest, page: MatterPage, wanted: ListFilter) -> Table:
    columns = [_sorting(request, field.column(), wanted) for field in FIELDS.values()]
    return Table(gettext(msg("事项")), columns, tuple(_row(row) for row in page.rows), chosen(named_in(request.GET)))


SORTS: Mapping[str, Literal["due", "newest"]] = {"due": "due", "reported": "newest"}
"""Column → the order that its head leads to."""


def _sorting(request: ActingRequest, column: Column, wanted: ListFilter) -> Column:
    """The column with the way to be sorted by it. What has ended has no time limit to sort by."""
    sort = SORTS.get(column.key)
    if sort is None or (sort == "due" and not wanted.open_only):
        return column
    kept = [(name, value) for name, value in state_of(request) if name != "sort"]
    url = "?" + urlencode([*kept, ("sort", sort)])
    return replace(column, sort_url=url, sorted=DIRECTIONS[sort] if wanted.sort == sort else "")


DIRECTIONS: Mapping[str, Literal["ascending", "descending"]] = {"due": "ascending", "newest": "descending"}


def _row(row: MatterRow) -> Row:
    cells: dict[str, Any] = {code: field.value(row) for code, field in FIELDS.items()}
    return Row(reverse("matters:matter", args=[row.number]), cells | {"light": level_of(row)})


def page_of(request: ActingRequest, form: FindForm, wanted: ListFilter) -> MatterPage:
    """The page at which the address stands; nothing where a condition can't be met, as the form says."""
    if form.nothing:
        return NOTHING
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    return queries.matters_page(wanted, now=request.now, actor=request.actor, after=after, before=before)


def first_page(request: ActingRequest, form: FindForm, wanted: ListFilter, size: int) -> MatterPage:
    """The first `size` rows, for paper."""
    return NOTHING if form.nothing else queries.matters_page(wanted, now=request.now, actor=request.actor, size=size)


def state_of(request: ActingRequest) -> list[tuple[str, str]]:
    """The state of the list without where it stands: conditions and columns."""
    return [
        (name, value)
        for name, values in request.GET.lists()
        if name not in {"after", "before"}
        for value in values
        if value or name == "col"
    ]


def pager_of(request: ActingRequest, page: MatterPage) -> Pager:
    """Pages by keyset, both ways."""
    kept = state_of(request)

    def url(name: str, cursor: str) -> str:
        return "?" + urlencode([*kept, (name, cursor)]) if cursor else ""

    return Pager(
        previous_url=url("before", page.previous_before),
        next_url=url("after", page.next_after),
        count=page.total + int(page.total_capped),
    )
