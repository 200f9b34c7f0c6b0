"""What was told to the acting post's unit, newest first."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignInNeeded
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.notices import operations, queries
from shanzhi.kernel.notices.queries import PAGE, NoticeRow
from shanzhi.ui.components import Pager


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as it is read: its sentence, where it leads (empty: nowhere), when, and whether it is new."""

    text: str
    url: str
    at: datetime
    is_new: bool


def _unit_and_role(request: ActingRequest) -> tuple[int, str]:
    """Whose notices these are.

    Raises:
        SignInNeeded: nobody acts in a post.
    """
    if request.actor.unit_id is None:
        raise SignInNeeded(msg("请先登录。"))
    return request.actor.unit_id, request.actor.role


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class _Filled(dict[str, object]):
    """A line's values. Of a matter that was deleted only those stay that say so: the others are a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def _line(row: NoticeRow) -> Line:
    return Line(gettext(row.message) % _Filled(row.params), _page_of(row), row.created_at, row.is_new)


def _page_of(row: NoticeRow) -> str:
    """The page of what the notice is about, by the name that its slice gives to that page."""
    try:
        if "signoff" in row.params:
            return reverse("access:signoff", args=[row.params["signoff"]])
        if "report" in row.params:
            paper = {"region": row.params["report"], "period": row.params["period"], "format": "pdf"}
            return f"{reverse('figures:report')}?{urlencode(paper)}"
        if "light" in row.params:
            kept: dict[str, object] = {name: str(row.params[name]) for name in ("light", "unit") if name in row.params}
            return f"{reverse('matters:list')}?{urlencode(kept)}"
        if "unit" in row.params:
            return f"{reverse('matters:list')}?{urlencode({'unit': row.params['unit']})}"
        return reverse("matters:matter", args=[row.params["number"]])
    except (KeyError, NoReverseMatch):
        return ""


@require_safe
def notices(request: ActingRequest) -> HttpResponse:
    """25 notices; `?before=` is the number after which the page begins."""
    unit_id, role = _unit_and_role(request)
    before = _number(request.GET.get("before", ""))
    rows = queries.notices_for(unit_id, role, before)
    shown = rows[:PAGE]
    more = f"?before={shown[-1].id}" if len(rows) > PAGE else ""
    context = {
        "lines": [_line(row) for row in shown],
        "newest": shown[0].id if shown else 0,
        "has_new": any(row.is_new for row in shown),
        "pager": Pager(next_url=more, previous_url=reverse("notices:list") if before else "")
        if more or before
        else None,
    }
    return render(request, "notices/list.html", context)


@require_POST
def mark_read(request: ActingRequest) -> HttpResponse:
    """Mark all that the page could have shown as read: what came later stays new."""
    unit_id, role = _unit_and_role(request)
    upto = _number(request.POST.get("upto", ""))
    if upto is not None:
        operations.notices_mark_read(unit_id=unit_id, role=role, upto=upto, now=request.now)
    return HttpResponseRedirect(reverse("notices:list"))
