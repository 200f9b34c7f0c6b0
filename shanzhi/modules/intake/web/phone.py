"""Looking at one's matters by phone code; all of one's matters on one page."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.web.middleware import (
    RESIDENT_COOKIE,
    ActingRequest,
    forget_resident,
    remember_resident,
    resident_session,
)
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.notices.operations import is_sms_offered
from shanzhi.modules.intake import operations
from shanzhi.modules.intake.operations import CodeSent
from shanzhi.modules.intake.web.resident import address_of, resident
from shanzhi.modules.intake.web.rights_forms import PhoneCodeForm, PhoneForm
from shanzhi.ui.components import Pager

SEND = "send"


@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: ActingRequest) -> HttpResponse:
    """The phone in, a code to it; the code in, the session open. One page, so that nothing waits in between."""
    if not is_sms_offered():
        raise NotFound(msg("本市没有开通短信。请用编号和查询码查进度。"))
    if request.method != "POST":
        return _page(request, PhoneForm())
    if request.POST.get("do") == SEND:
        return _send(request)
    form = PhoneCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    data = form.cleaned_data
    try:
        shown = operations.code_show(
            phone=data["phone"], code=data["code"], address=address_of(request), now=request.now
        )
    except DomainError as error:
        form.say(error)
        return _page(request, form, status=error.status)
    response = HttpResponseRedirect(reverse("intake:all_mine"))
    remember_resident(response, shown.token)
    return response


def _send(request: ActingRequest) -> HttpResponse:
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        sent = operations.code_send(phone=form.cleaned_data["phone"], address=address_of(request), now=request.now)
    except DomainError as error:
        form.say(error)
        return _page(request, form, status=error.status)
    return _page(request, PhoneCodeForm(initial={"phone": form.cleaned_data["phone"]}), sent)


def _page(
    request: ActingRequest, form: PhoneForm, sent: CodeSent | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = sent.shown if sent and settings.DEMO_CITY else ""
    context = {"form": form, "sent": sent, "shown": shown, "has_code": isinstance(form, PhoneCodeForm)}
    response = render(request, "intake/phone.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def leave(request: ActingRequest) -> HttpResponse:
    """End the session, here and in the browser."""
    access.resident_end(token=request.COOKIES.get(RESIDENT_COOKIE, ""))
    response = render(request, "intake/left.html", {"home": reverse("intake:home")})
    forget_resident(response)
    return response


@require_safe
def all_mine(request: ActingRequest) -> HttpResponse:
    """All matters that this browser may show: by codes that it has shown, and by a phone code for now."""
    actor = resident(request)
    session = resident_session(request)
    page = None
    if actor.follow:
        wanted = ListFilter(follow=actor.follow, open_only=False, sort="newest")
        page = matters.matters_page(wanted, now=request.now, actor=actor, after=request.GET.get("after", ""))
    context = {
        "page": page,
        "by_phone": session is not None,
        "none_by_phone": session is not None and not session.follow,
        "pager": Pager("", f"?{urlencode({'after': page.next_after})}", page.total)
        if page and page.next_after
        else None,
        "offers_phone": is_sms_offered() and session is None,
        "heading": gettext("我的事项"),
        "follow_url": reverse("intake:follow"),
    }
    response = render(request, "intake/all_mine.html", context)
    response["Cache-Control"] = "no-store"
    return response
