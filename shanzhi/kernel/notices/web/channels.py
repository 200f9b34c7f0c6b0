"""通知渠道: how what goes out is doing; trying again, and a test message."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignInNeeded
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.notices import operations, queries
from shanzhi.kernel.notices.policy import text_of
from shanzhi.kernel.notices.policy.errors import error_said
from shanzhi.kernel.notices.policy.templates import GATEWAYS
from shanzhi.kernel.notices.queries import PAGE, ChannelRow, DeliveryRow
from shanzhi.ui.components import Pager

PUSHED = GATEWAYS["webhook"]
STEPS = {"digest": msg("汇总邮件"), "test": msg("试发")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel as it is read: its state as a badge, and what went wrong."""

    row: ChannelRow
    tone: str
    word: str
    error: str
    kind: str


@dataclass(frozen=True, slots=True)
class Late:
    """A message that hasn't arrived, as it is read."""

    id: int
    channel: str
    what: str
    unit: str
    at: datetime
    next_at: datetime
    tries: int
    error: str
    is_given_up: bool


def said(code: str) -> str:
    """What an error's code says, in the reader's language."""
    sentence, values = error_said(code)
    return gettext(sentence) % values if sentence else ""


def _shown(row: ChannelRow) -> Shown:
    if not row.is_offered:
        tone, word = "neutral", gettext("未开通")
    elif row.failing_since:
        tone, word = "bad", gettext("发不出去")
    elif row.given_up:
        tone, word = "warn", gettext("有未送达的")
    else:
        tone, word = "good", gettext("正常")
    name = gettext(row.name) if row.gateway != "webhook" else row.name
    return Shown(row, tone, word, said(row.last_error), name)


def _late(row: DeliveryRow, names: dict[str, str]) -> Late:
    what = gettext(STEPS[row.step]) if row.step in STEPS else _step(row.step)
    return Late(
        row.id,
        names.get(row.destination, gettext(PUSHED)),
        what,
        row.unit_name,
        row.made_at,
        row.next_at,
        row.tries,
        said(row.last_error),
        row.is_given_up,
    )


def _step(step: str) -> str:
    """A step by its template's name; by its code where the rule book has none."""
    book = queries.notice_book()
    found = book.find("unit", step) or book.find("reporter", step)
    return found.name if found else text_of(step).partition("：")[0]


class PhoneForm(forms.Form):
    """Where a test goes; kept nowhere."""

    phone = forms.CharField(
        label=gettext_lazy("手机号"),
        max_length=20,
        help_text=gettext_lazy("发一条试发短信，不保存号码。"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


@require_safe
@never_cache
def channels(request: ActingRequest) -> HttpResponse:
    """Every way out with how it is doing; below, what hasn't arrived. `?before=` is where the page begins."""
    typed = request.GET.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    rows = [_shown(row) for row in queries.channels(request.actor)]
    late = queries.deliveries_listed(request.actor, before=before)
    names = {one.row.code: one.kind for one in rows}
    more = f"?before={late[PAGE - 1].id}" if len(late) > PAGE else ""
    context = {
        "channels": rows,
        "late": [_late(row, names) for row in late[:PAGE]],
        "pager": Pager(next_url=more, previous_url=reverse("notices:channels") if before else "")
        if more or before
        else None,
        "form": PhoneForm(),
        "may_change": queries.may_change_channels(request.actor),
        "sms_offered": operations.is_sms_offered(),
    }
    return render(request, "notices/channels.html", context)


@require_POST
def retry(request: ActingRequest) -> HttpResponse:
    """Try a channel again now, or one message of it (`delivery`)."""
    one = request.POST.get("delivery", "")
    if one.isascii() and one.isdigit() and len(one) < 19:
        operations.delivery_retry(delivery_id=int(one), actor=request.actor, now=request.now)
        messages.success(request, gettext("马上再试。过一会儿刷新，看看结果。"))
    else:
        code = request.POST.get("channel", "")
        count = operations.channel_retry(destination=code, actor=request.actor, now=request.now)
        messages.success(request, gettext("马上再试 %(count)s 条。过一会儿刷新，看看结果。") % {"count": count})
    return HttpResponseRedirect(reverse("notices:channels"))


@require_POST
def test(request: ActingRequest) -> HttpResponse:
    """Send a test message: to the own unit's mailbox, a phone that is typed in, or another system."""
    code = request.POST.get("channel", "")
    try:
        if code == "sms":
            shown = operations.sms_test(phone=request.POST.get("phone", ""), actor=request.actor, now=request.now)
            messages.success(request, shown or gettext("短信平台已接收。"))
        else:
            operations.test_ask(destination=code, actor=request.actor, now=request.now)
            messages.success(request, gettext("试发的消息已经排队。过一会儿刷新，看看结果。"))
    except (NotAllowed, SignInNeeded):
        raise
    except DomainError as error:
        # Nothing was written; the page with the channels is where to go on.
        messages.error(request, error.sentence(gettext))
    return HttpResponseRedirect(reverse("notices:channels"))


@require_safe
@never_cache
def templates(request: ActingRequest) -> HttpResponse:
    """Every template with invented values."""
    queries.check_keeper(request.actor)
    book = queries.notice_book()
    shown = [
        {
            "name": one.name,
            "step": one.step,
            "kind": one.kind,
            "text": one.preview(),
            "mode": gettext(MODES_SAID[one.mode]) if one.audience == "unit" else "",
            "urgent": one.urgent,
            "audience": one.audience,
            "length": len(one.preview()),
        }
        for one in book.templates
    ]
    context = {
        "units": [one for one in shown if one["audience"] == "unit"],
        "reporters": [one for one in shown if one["audience"] == "reporter"],
        "digest": "、".join(f"{minute // 60:02}:{minute % 60:02}" for minute in book.digest.at),
    }
    return render(request, "notices/templates.html", context)


MODES_SAID = {"now": msg("立即"), "digest": msg("汇总"), "none": msg("不发")}
