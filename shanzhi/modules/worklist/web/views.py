"""The worklist: the list left, a matter with its forms right."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.policy.process import Verb
from shanzhi.kernel.matters.queries import MatterRow
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.worklist import queries
from shanzhi.ui.components import LightLevel, Pager

FEATURE = "worklist"
LEVELS: dict[Light | None, LightLevel] = {
    Light.NORMAL: "normal",
    Light.WARNING: "near",
    Light.OVERDUE: "over",
    None: "none",
}
STATE = ("tab", "light", "q", "after")
"""What of the address says which list stands on the left."""
TAKE_KEY = "t"
STAYS = frozenset({Verb.TAKE, Verb.NOTE, Verb.ATTACH})
"""After these one goes on with the same matter; after the others, with the list."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list, as `matters/_rows.html` draws it."""

    row: MatterRow
    url: str
    level: LightLevel
    current: bool


@require_safe
@never_cache
def matters(request: ActingRequest) -> HttpResponse:
    """The list alone."""
    desk.check_staff(request, FEATURE)
    return _draw(request, request.GET, {}, 200)


@require_safe
@never_cache
def matter(request: ActingRequest, number: str) -> HttpResponse:
    """The list with one matter beside it."""
    desk.check_staff(request, FEATURE)
    context = desk.desk_context(
        request, desk.id_of(number), page=request.get_full_path(), back=_list_url(request.GET), do_url="worklist:do"
    )
    return _draw(request, request.GET, context, 200)


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """Carry out one action; then on with the matter, or with the list."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    state = QueryDict(urlsplit(request.POST.get("page", "")).query)
    kind = desk.kind_of(matter_id)
    stays = kind.has_action(action) and kind.action(action).verb in STAYS
    back = _url(reverse("worklist:matter", args=[number]), state) if stays else _list_url(state)
    return desk.do_action(
        request,
        matter_id,
        action,
        back,
        draw=lambda request, context, status: _draw(request, state, context, status),
        do_url="worklist:do",
    )


def _url(path: str, state: QueryDict, **changed: str) -> str:
    """An address that keeps the state of the list, with some of it changed."""
    query = QueryDict(mutable=True)
    for name in STATE:
        value = changed.get(name, state.get(name, ""))
        if value:
            query[name] = value
    return f"{path}?{query.urlencode()}" if query else path


def _list_url(state: QueryDict, **changed: str) -> str:
    return _url(reverse("worklist:list"), state, **changed)


def _draw(request: ActingRequest, state: QueryDict, context: dict[str, Any], status: int) -> HttpResponse:
    found = queries.worklist(
        request.actor,
        kinds=desk.kinds(),
        tab=state.get("tab", ""),
        light=state.get("light", ""),
        words=state.get("q", ""),
        after=state.get("after", ""),
        now=request.now,
    )
    card = context.get("card")
    page = found.page
    context.setdefault("draft_done", request.session.pop(desk.DRAFT_DONE, ""))
    context |= {
        "worklist": found,
        "tabs": [(tab, _list_url(QueryDict(), tab=tab.code), tab == found.tab) for tab in found.tabs],
        "lines": [
            Line(
                row,
                _url(reverse("worklist:matter", args=[row.number]), state),
                LEVELS[row.light],
                card is not None and card.id == row.id,
            )
            for row in page.rows
        ],
        "pager": Pager(
            previous_url=_list_url(state, after="") if state.get("after") else "",
            next_url=_list_url(state, after=page.next_after) if page.next_after else "",
            count=page.total + page.total_capped,
        ),
        "words": state.get("q", ""),
        "light": state.get("light", ""),
        "is_filtered": bool(state.get("q") or state.get("light")),
        "tab_url": _list_url(QueryDict(), tab=found.tab.code),
        "primary_key": TAKE_KEY if context.get("main") and context["main"].choice.verb == Verb.TAKE else "",
        "matter_open": card is not None,
        "list_url": _list_url(state),
    }
    return render(request, "worklist/desk.html", context, status=status)
