"""The door of this folder for lists of other slices: the form of conditions, the columns, and the file."""

from collections.abc import Iterable
from datetime import datetime

from django.http import QueryDict

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import MatterRow
from shanzhi.kernel.matters.web.columns import FIELDS, Field, level_of
from shanzhi.kernel.matters.web.find import FindForm
from shanzhi.kernel.matters.web.lists import first_page, page_of, pager_of, state_of
from shanzhi.kernel.matters.web.sheet import Listing, file_links, send_list

__all__ = [
    "Listing",
    "cell_text",
    "fields_named",
    "file_links",
    "find_form",
    "first_page",
    "level_of",
    "page_of",
    "pager_of",
    "send_list",
    "state_of",
]


def find_form(request: ActingRequest, given: QueryDict | None = None) -> FindForm:
    """The conditions of the list of matters, for a page of its own: sent as a whole, not field by field, so that one which
    can't be read finds nothing. `given`: in place of what stands in the address."""
    form = FindForm(request, given)
    form.is_strict = True
    for field in form.fields.values():
        for name in [name for name in field.widget.attrs if name.startswith("hx-")]:
            del field.widget.attrs[name]
    return form


def fields_named(codes: Iterable[str]) -> tuple[Field, ...]:
    """These columns, in this order."""
    return tuple(FIELDS[code] for code in codes)


def cell_text(field: Field, row: MatterRow) -> str:
    """A column's value for paper: days as dates, for tomorrow it is no longer tomorrow."""
    value = field.value(row)
    return f"{value.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value or "")
