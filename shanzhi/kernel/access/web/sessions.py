"""Signed-in browsers: my own, each with its end; somebody else's as a number, with an end and a reason."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.policy import SignInNeeded
from shanzhi.kernel.access.policy.sessions import END_REASONS, ENDS
from shanzhi.kernel.access.session_store import SessionStore
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.access.web.signoffs import check_page


def _this(request: ActingRequest) -> int | None:
    """The number of the session at hand.

    Raises:
        SignInNeeded: nobody is signed in, or a program asks.
    """
    if not request.actor.is_post or request.actor.by_token:
        raise SignInNeeded(msg("请先登录。"))
    store = request.session
    return store.number if isinstance(store, SessionStore) else None


@require_safe
@never_cache
def mine(request: ActingRequest) -> HttpResponse:
    """Where I am signed in."""
    this = _this(request)
    rows = queries.my_sessions(request.actor, this, request.now)
    devices = [(row, " · ".join(gettext(word) for word in row.device.split(" · ") if word)) for row in rows]
    return render(request, "access/sessions.html", {"rows": devices})


@require_POST
def end(request: ActingRequest, pk: int) -> HttpResponse:
    """End one of my sessions."""
    _this(request)
    operations.session_end(session_id=pk)
    messages.success(request, gettext("会话已结束。"))
    return HttpResponseRedirect(reverse("access:sessions"))


@require_POST
def end_others(request: ActingRequest) -> HttpResponse:
    """End all of my sessions but this one."""
    ended = operations.session_end_others(keep=_this(request))
    messages.success(request, gettext("已结束其他会话：%(count)s 个。") % {"count": ended})
    return HttpResponseRedirect(reverse("access:sessions"))


class StaffForm(forms.Form):
    """Who is looked for: a whole work number or a whole name."""

    q = forms.CharField(label=gettext_lazy("工号或姓名"), required=False, max_length=50)


class EndForm(forms.Form):
    """Why somebody's sessions are ended."""

    reason = forms.ChoiceField(label=gettext_lazy("理由"))

    def __init__(self, staff_id: int) -> None:
        super().__init__(auto_id=f"id_{staff_id}_%s")
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", gettext("请选择")), *((code, gettext(name)) for code, name in END_REASONS.items())]


@require_safe
@never_cache
def staff(request: ActingRequest) -> HttpResponse:
    """How many sessions a member of staff has; nothing of what is done in them."""
    check_page(request, ENDS)
    words = request.GET.get("q", "").strip()
    found = queries.sessions_of_staff(words, request.actor, request.now) if words else []
    context = {
        "form": StaffForm(request.GET or None),
        "words": words,
        "found": [(row, EndForm(row.staff_id)) for row in found],
    }
    return render(request, "access/staff_sessions.html", context)


@require_POST
def end_of(request: ActingRequest, staff_id: int) -> HttpResponse:
    """End all sessions of a member of staff."""
    check_page(request, ENDS)
    reason = request.POST.get("reason", "")
    ended = operations.sessions_end_of(staff_id=staff_id, reason=reason, actor=request.actor, now=request.now)
    messages.success(request, gettext("已结束会话：%(count)s 个。") % {"count": ended})
    return HttpResponseRedirect(reverse("access:staff_sessions"))
