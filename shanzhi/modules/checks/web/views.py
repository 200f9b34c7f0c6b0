"""The checker's desk: what waits left, report and reply side by side right, and one form for the result."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.queries import MatterCard, MatterRow
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.checks import operations, queries
from shanzhi.modules.checks.policy import FAIL, PASS, may_not_check
from shanzhi.modules.checks.web.forms import CheckForm
from shanzhi.ui.components import LightLevel, Pager, Photo

FEATURE = "checks"
CHECK = "check"
"""What the form calls itself, beside the process's own actions."""
LEVELS: dict[Light | None, LightLevel] = {
    Light.NORMAL: "normal",
    Light.WARNING: "near",
    Light.OVERDUE: "over",
    None: "none",
}
STATE = ("light", "q", "after")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list, as `matters/_rows.html` draws it."""

    row: MatterRow
    url: str
    level: LightLevel
    current: bool


@require_safe
@never_cache
def desk_page(request: ActingRequest) -> HttpResponse:
    """The list alone."""
    desk.check_staff(request, FEATURE)
    return _draw(request, request.GET, {}, 200)


@require_safe
@never_cache
def matter(request: ActingRequest, number: str) -> HttpResponse:
    """The list with one matter beside it."""
    desk.check_staff(request, FEATURE)
    parked = desk.parked(request)
    is_check = parked is not None and parked.action == CHECK
    context = desk.desk_context(
        request,
        desk.id_of(number),
        page=request.get_full_path(),
        back=_url(reverse("checks:desk"), request.GET),
        do_url="checks:do",
        posted=None if is_check else parked,
    )
    form = CheckForm(initial={name: parked.data.get(name, "") for name in ("way", "words")} if is_check else None)  # type: ignore[union-attr]
    return _draw(request, request.GET, context, 200, form)


@require_POST
def check(request: ActingRequest, number: str) -> HttpResponse:
    """Pass or send back; what can't be taken comes back with everything that was typed."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    state = _state_of(request)
    kind = desk.kind_of(matter_id)
    action = request.POST.get("result", "")
    verb = kind.action(action).verb if kind.has_action(action) else ""
    if verb not in (PASS, FAIL):
        raise NotFound(msg("没有这个核查结果。请返回上一页，用页面上的按钮提交。"))
    uploads = request.FILES.getlist("papers")
    try:
        done = operations.check_make(
            matter_id=matter_id,
            action=action,
            verb=verb,
            way=request.POST.get("way", ""),
            words=request.POST.get("words", ""),
            uploads=[(file.name or "", file) for file in uploads],
            actor=request.actor,
            now=request.now,
            version=desk.version_of(request),
            key=desk.key_of(request),
        )
    except NotFound:
        raise
    except DomainError as error:
        context = desk.desk_context(request, matter_id, do_url="checks:do")
        context["sentence"] = error.sentence(gettext)
        return _draw(request, state, context, error.status, CheckForm(request.POST, problems=error.fields))
    desk.say_done(request, kind.action(action).name, done, form=CHECK)
    return HttpResponseRedirect(_url(reverse("checks:desk"), state))


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """The other actions: a note, a paper."""
    desk.check_staff(request, FEATURE)
    state = _state_of(request)
    return desk.do_action(
        request,
        desk.id_of(number),
        action,
        _url(reverse("checks:matter", args=[number]), state),
        draw=lambda request, context, status: _draw(request, state, context, status),
        do_url="checks:do",
    )


def _state_of(request: ActingRequest) -> QueryDict:
    """The state of the list beside which a form stood."""
    return QueryDict(urlsplit(request.POST.get("page", "")).query)


def _url(path: str, state: QueryDict, **changed: str) -> str:
    query = QueryDict(mutable=True)
    for name in STATE:
        value = changed.get(name, state.get(name, ""))
        if value:
            query[name] = value
    return f"{path}?{query.urlencode()}" if query else path


def _draw(
    request: ActingRequest, state: QueryDict, context: dict[str, Any], status: int, form: CheckForm | None = None
) -> HttpResponse:
    stages = queries.checking_stages(desk.kinds())
    found = queries.desk(
        stages=stages,
        light=state.get("light", ""),
        words=state.get("q", ""),
        after=state.get("after", ""),
        now=request.now,
    )
    own = reverse("checks:desk")
    card: MatterCard | None = context.get("card")
    context.setdefault("draft_done", request.session.pop(desk.DRAFT_DONE, ""))
    context |= {
        "count": found.count,
        "lines": [
            Line(
                row,
                _url(reverse("checks:matter", args=[row.number]), state),
                LEVELS[row.light],
                card is not None and card.id == row.id,
            )
            for row in found.page.rows
        ],
        "pager": Pager(
            previous_url=_url(own, state, after="") if state.get("after") else "",
            next_url=_url(own, state, after=found.page.next_after) if found.page.next_after else "",
            count=found.page.total + found.page.total_capped,
        ),
        "words": state.get("q", ""),
        "light": state.get("light", ""),
        "is_filtered": bool(state.get("q") or state.get("light")),
        "matter_open": card is not None,
        "list_url": _url(own, state),
    }
    if card is not None:
        context |= _check_context(card, context, form or CheckForm(), stages)
    return render(request, "checks/desk.html", context, status=status)


def _check_context(
    card: MatterCard, context: dict[str, Any], form: CheckForm, stages: tuple[str, ...]
) -> dict[str, Any]:
    """The check's form in place of the process's two, and the evidence sorted to report and reply."""
    blocks = [block for block in (context["main"], *context["others"]) if block is not None]
    by_verb = {block.choice.verb: block.choice for block in blocks}
    return {
        "main": next((block for block in blocks if block.is_back and block.choice.verb not in (PASS, FAIL)), None),
        "others": tuple(block for block in blocks if block.choice.verb not in (PASS, FAIL) and not block.is_back),
        "check_form": form,
        "check_key": str(uuid.uuid4()),
        "check_draft": f"matter-{card.id}-{CHECK}",
        "pass_choice": by_verb.get(PASS),
        "fail_choice": by_verb.get(FAIL),
        "may_not": may_not_check(stage=card.stage, checking=stages, verbs=by_verb),
        "report_photos": _photos(card, "report"),
        "reply_photos": _photos(card, "reply", "evidence"),
        "report_papers": [paper for paper in context["papers"] if paper[1].purpose == "report"],
        "reply_papers": [paper for paper in context["papers"] if paper[1].purpose != "report"],
    }


def _photos(card: MatterCard, *purposes: str) -> tuple[Photo, ...]:
    return tuple(
        Photo(reverse("files:attachment", args=[row.id]), reverse("files:preview", args=[row.id]), row.name)
        for row in card.attachments
        if row.is_picture and row.purpose in purposes
    )
