"""The checker's desk: what waits left, report and reply side by side right, and one form for the result."""

import uuid
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.queue import Queue, state_of
from shanzhi.modules.checks import operations, queries
from shanzhi.modules.checks.policy import FAIL, PASS, may_not_check
from shanzhi.modules.checks.web.forms import CheckForm
from shanzhi.ui.components import Photo

FEATURE = "checks"
CHECK = "check"
"""What the form calls itself, beside the process's own actions."""
QUEUE = Queue("checks:desk", "checks:matter", "checks:file", ("light", "q"))


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
        back=QUEUE.list_url(request.GET),
        do_url="checks:do",
        posted=None if is_check else parked,
    )
    form = CheckForm(initial={name: parked.data.get(name, "") for name in ("way", "words")} if is_check else None)  # type: ignore[union-attr]
    return _draw(request, request.GET, context, 200, form)


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The list as it is shown, all pages of it, as a file."""
    desk.check_staff(request, FEATURE)
    stages = queries.checking_stages(desk.kinds())
    unit_id, light, words = request.actor.unit_id, request.GET.get("light", ""), request.GET.get("q", "")
    wanted = queries.waiting(stages, unit_id=unit_id, light=light, words=words)
    return QUEUE.send(request, wanted, msg("待核查"), msg("轮到导出岗位的单位核查的事项，先到期的在前"))


@require_POST
def check(request: ActingRequest, number: str) -> HttpResponse:
    """Pass or send back; what can't be taken comes back with everything that was typed."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    state = state_of(request)
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
    return HttpResponseRedirect(QUEUE.list_url(state))


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """The other actions: a note, a paper."""
    desk.check_staff(request, FEATURE)
    state = state_of(request)
    return desk.do_action(
        request,
        desk.id_of(number),
        action,
        QUEUE.matter_url(number, state),
        draw=lambda request, context, status: _draw(request, state, context, status),
        do_url="checks:do",
    )


def _draw(
    request: ActingRequest, state: QueryDict, context: dict[str, Any], status: int, form: CheckForm | None = None
) -> HttpResponse:
    stages = queries.checking_stages(desk.kinds())
    found = queries.desk(
        stages=stages,
        light=state.get("light", ""),
        words=state.get("q", ""),
        after=state.get("after", ""),
        before=state.get("before", ""),
        actor=request.actor,
        now=request.now,
    )
    page, card = found.page, context.get("card")
    context.setdefault("draft_done", request.session.pop(desk.DRAFT_DONE, ""))
    context |= {
        "count": found.count,
        "lines": QUEUE.lines(page, state, card.id if card else None),
        "pager": QUEUE.pager(page, state),
        "files": QUEUE.files(page, state),
        "words": state.get("q", ""),
        "light": state.get("light", ""),
        "is_filtered": bool(state.get("q") or state.get("light")),
        "matter_open": card is not None,
        "list_url": QUEUE.list_url(state),
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
