"""Who has seen what is kept of me, and what I may ask: copy, correction, consent, deletion (PIPL, articles 44 to 47)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest, resident_session
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.rights import EraseWhat, part_name
from shanzhi.kernel.matters.queries import Kept, Reading, RightsState
from shanzhi.modules.intake.operations import follow
from shanzhi.modules.intake.policy import NoSuchMatter
from shanzhi.modules.intake.web.copying import zip_of
from shanzhi.modules.intake.web.public import day_words
from shanzhi.modules.intake.web.resident import address_of, resident
from shanzhi.modules.intake.web.rights_forms import ConfirmForm, CorrectForm, EraseForm, SaidForm
from shanzhi.ui.components import TimelineEntry

_ID = re.compile(r"\d{1,18}", re.ASCII)
PURPOSES = {"contact": msg("联系您核实和回访"), "original": msg("办理需要看原文时查看")}
"""What a piece is kept for, as the reporter reads it."""


@require_safe
def data(request: ActingRequest, number: str) -> HttpResponse:
    """Who has seen what is kept in one matter, what that is, and what may be asked."""
    state, actor = _state(request, number)
    return _data_page(request, actor, state)


@require_safe
def all_data(request: ActingRequest) -> HttpResponse:
    """The same over all matters that this browser may show."""
    return _data_page(request, resident(request), None)


def _data_page(request: ActingRequest, actor: Actor, state: RightsState | None) -> HttpResponse:
    after = request.GET.get("after", "")
    matter_id = state.matter_id if state else None
    page = queries.readings(actor, matter_id=matter_id, after=int(after) if _ID.fullmatch(after) else None)
    context = {
        "state": state,
        "readings": [reading_entry(row, with_number=not state or row.number != state.number) for row in page.rows],
        "is_first": not after,
        "next_url": f"?after={page.after}" if page.after else "",
        "kept": [_kept(row, request) for row in queries.kept(actor, matter_id=matter_id)],
    }
    return _answer(request, "intake/data.html", context)


def reading_entry(row: Reading, *, with_number: bool = False) -> TimelineEntry:
    """A reading as a line: who (unit and post), when, which parts, why."""
    parts = gettext(msg("、")).join(dict.fromkeys(gettext(part_name(part)) for part in row.parts))
    said = [
        gettext(msg("看了：%(parts)s")) % {"parts": parts} if parts else "",
        gettext(msg("原因：%(reason)s")) % {"reason": gettext(row.reason)} if not row.by_reporter else "",
        gettext(msg("事项：%(number)s")) % {"number": row.number} if with_number else "",
    ]
    post = gettext(row.post_title) if row.post_title else ""
    return TimelineEntry(
        at=row.at,
        title=gettext(row.reason) if row.by_reporter else f"{row.unit_name} {post}".strip() or gettext("系统"),
        text="\n".join(line for line in said if line),
        tone="neutral" if row.by_reporter else "warn",
    )


def _kept(row: Kept, request: ActingRequest) -> dict[str, str]:
    return {
        "part": gettext(part_name(row.part)),
        "number": row.number,
        "purpose": gettext(PURPOSES.get(row.purpose, row.purpose)),
        "ground": gettext(row.ground),
        "article": gettext(row.article),
        "until": day_words(row.expires_on, local_date(request.now)),
    }


def _state(request: ActingRequest, number: str) -> tuple[RightsState, Actor]:
    """The matter's rights and its reporter, who this browser is; NoSuchMatter in the same words for all else."""
    actor = resident(request)
    matter_id = queries.matter_id_of_number(number) if actor.follow else None
    state = queries.rights_state(matter_id, actor) if matter_id is not None else None
    if state is None:
        raise NoSuchMatter(msg("没有找到这件事项。请在“查进度”里填写编号和查询码。"))
    return state, actor


def _needs_code(request: ActingRequest) -> bool:
    """A phone code of the last ten minutes is as good as the follow code."""
    session = resident_session(request)
    return session is None or not session.is_fresh


def _confirmed(request: ActingRequest, state: RightsState, actor: Actor, form: ConfirmForm) -> Actor:
    """The reporter, having shown the follow code again, or a phone code a moment ago that shows this very matter.

    Raises:
        NotAllowed: the browser is signed in for work.
        NoSuchMatter, TooManyGuesses: the code is wrong; the try is counted.
    """
    if request.actor.is_post:
        # An operator who typed a report in has seen its code: whoever acts in a post reads by `reveal`, with a reason.
        raise NotAllowed(
            msg(
                "您正以工作岗位登录，不能代反映人行使权利。要看联系方式，请在办理页面选理由查看；是您本人的事，请先退出登录。"
            )
        )
    session = resident_session(request)
    if "confirm" not in form.fields and session is not None:
        fresh = Actor(follow=session.follow)
        if queries.rights_state(state.matter_id, fresh) is not None:
            return fresh
    shown = follow(
        number=state.number,
        code=form.cleaned_data.get("confirm", ""),
        address=address_of(request),
        now=request.now,
    )
    return shown.actor


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: ActingRequest, number: str) -> HttpResponseBase:
    """Everything that is kept, as a file."""
    state, actor = _state(request, number)
    form = ConfirmForm(request.POST or None, needs_code=_needs_code(request))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, "intake/copy.html", state, form)
    try:
        actor = _confirmed(request, state, actor, form)
        sealed = operations.copy_own(matter_id=state.matter_id, actor=actor, now=request.now)
        parts = operations.copy_parts(matter_id=state.matter_id, actor=actor, now=request.now)
    except DomainError as error:
        return _refused(request, "intake/copy.html", state, form, error)
    response = FileResponse(
        zip_of(state, sealed, parts, actor, request.now), as_attachment=True, filename=f"{state.number}.zip"
    )
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: ActingRequest, number: str) -> HttpResponse:
    """Name or phone put right, at once."""
    state, actor = _state(request, number)
    form = CorrectForm(request.POST or None, needs_code=_needs_code(request))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, "intake/correct.html", state, form)
    try:
        actor = _confirmed(request, state, actor, form)
        operations.contact_correct(
            matter_id=state.matter_id,
            name=form.cleaned_data["name"],
            phone=form.cleaned_data["phone"],
            actor=actor,
            now=request.now,
        )
    except DomainError as error:
        return _refused(request, "intake/correct.html", state, form, error)
    return _done(request, state, msg("已更正，原来的已经覆盖。"))


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: ActingRequest, number: str) -> HttpResponse:
    """The consent to publish, taken back."""
    state, actor = _state(request, number)
    form = ConfirmForm(request.POST or None, needs_code=_needs_code(request))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, "intake/consent.html", state, form)
    try:
        actor = _confirmed(request, state, actor, form)
        operations.consent_withdraw(matter_id=state.matter_id, actor=actor, now=request.now)
    except DomainError as error:
        return _refused(request, "intake/consent.html", state, form, error)
    return _done(request, state, msg("已撤回公开同意。"))


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: ActingRequest, number: str) -> HttpResponse:
    """Deletion: what goes, what stays and why; then the request for it."""
    state, actor = _state(request, number)
    form = EraseForm(request.POST or None, needs_code=_needs_code(request))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, "intake/erase.html", state, form)
    try:
        actor = _confirmed(request, state, actor, form)
        operations.erase_ask(
            matter_id=state.matter_id,
            what=cast(EraseWhat, form.cleaned_data["what"]),
            actor=actor,
            now=request.now,
        )
    except DomainError as error:
        return _refused(request, "intake/erase.html", state, form, error)
    return _done(request, state, msg("已收到删除请求，几分钟内删除。编号和查询码仍然可以查看这件事项。"))


@require_safe
def privacy(request: ActingRequest) -> HttpResponse:
    """《个人信息处理告知书》 (PIPL, article 17)."""
    context = {
        "keeper": settings.KEEPER_NAME,
        "contact": settings.KEEPER_CONTACT,
        "years": queries.current_kind("request").retention_months // 12,
    }
    return render(request, "intake/privacy.html", context)


def _form_page(
    request: ActingRequest, template: str, state: RightsState, form: SaidForm, status: int | None = None
) -> HttpResponse:
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return _answer(request, template, {"state": state, "form": form}, status or wrong)


def _refused(
    request: ActingRequest, template: str, state: RightsState, form: SaidForm, error: DomainError
) -> HttpResponse:
    if isinstance(error, NoSuchMatter):
        form.add_error("confirm", gettext(msg("查询码不对。请核对后再填。")))
        return _form_page(request, template, state, form)
    form.say(error)
    return _form_page(request, template, state, form, error.status)


def _answer(
    request: ActingRequest, template: str, context: Mapping[str, object], status: int = HTTPStatus.OK
) -> HttpResponse:
    response = render(request, template, dict(context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def _done(request: ActingRequest, state: RightsState, said: str) -> HttpResponse:
    messages.success(request, gettext(said))
    return HttpResponseRedirect(reverse("intake:data", args=[state.number]))
