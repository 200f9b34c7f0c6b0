"""The worklist: the list left, a matter with its forms right."""

from typing import Any

from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.policy.process import Verb
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.queue import Queue, state_of
from shanzhi.modules.worklist import queries

FEATURE = "worklist"
QUEUE = Queue("worklist:list", "worklist:matter", "worklist:file", ("tab", "light", "q"))
TAKE_KEY = "t"
STAYS = frozenset({Verb.TAKE, Verb.NOTE, Verb.ATTACH, Verb.INVOLVE, Verb.EXCUSE, Verb.URGE, Verb.RESPOND})
"""After these one goes on with the same matter; after the others, with the list."""


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
        request,
        desk.id_of(number),
        page=request.get_full_path(),
        back=QUEUE.list_url(request.GET),
        do_url="worklist:do",
    )
    return _draw(request, request.GET, context, 200)


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The part of the list that is shown, all pages of it, as a file."""
    desk.check_staff(request, FEATURE)
    part, wanted = queries.part_of(request.actor, **_asked(request.GET))
    return QUEUE.send(request, wanted, part.label, part.meaning)


def _asked(state: QueryDict) -> dict[str, Any]:
    """What the address asks for."""
    return {
        "kinds": desk.kinds(),
        **{to: state.get(name, "") for name, to in (("tab", "tab"), ("light", "light"), ("q", "words"))},
    }


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """Carry out one action; then on with the matter, or with the list."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    state = state_of(request)
    kind = desk.kind_of(matter_id)
    stays = kind.has_action(action) and kind.action(action).verb in STAYS
    back = QUEUE.matter_url(number, state) if stays else QUEUE.list_url(state)
    return desk.do_action(
        request,
        matter_id,
        action,
        back,
        draw=lambda request, context, status: _draw(request, state, context, status),
        do_url="worklist:do",
    )


def _draw(request: ActingRequest, state: QueryDict, context: dict[str, Any], status: int) -> HttpResponse:
    found = queries.worklist(
        request.actor,
        **_asked(state),
        after=state.get("after", ""),
        before=state.get("before", ""),
        now=request.now,
    )
    card = context.get("card")
    page = found.page
    context.setdefault("draft_done", request.session.pop(desk.DRAFT_DONE, ""))
    context |= {
        "worklist": found,
        "tabs": [(tab, QUEUE.list_url(QueryDict(), tab=tab.code), tab == found.tab) for tab in found.tabs],
        "lines": QUEUE.lines(page, state, card.id if card else None),
        "pager": QUEUE.pager(page, state),
        "files": QUEUE.files(page, state),
        "words": state.get("q", ""),
        "light": state.get("light", ""),
        "is_filtered": bool(state.get("q") or state.get("light")),
        "tab_url": QUEUE.list_url(QueryDict(), tab=found.tab.code),
        "primary_key": TAKE_KEY if context.get("main") and context["main"].choice.verb == Verb.TAKE else "",
        "matter_open": card is not None,
        "list_url": QUEUE.list_url(state),
    }
    return render(request, "worklist/desk.html", context, status=status)
