"""Platforms whose letters are believed: listed, and asked for to be entered or withdrawn."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.packs import operations
from shanzhi.kernel.packs.queries import letters as queries
from shanzhi.modules.letters.web.views import check


class PeerForm(forms.Form):
    """A platform; what is wrong with it the domain says, in `problems` by field."""

    code = forms.CharField(
        label=gettext_lazy("平台代码"),
        max_length=100,
        help_text=gettext_lazy("省是区划代码前两位，例如 37；市是前四位，例如 3703。"),
    )
    name = forms.CharField(label=gettext_lazy("平台名称"), max_length=100)
    keys = forms.CharField(
        label=gettext_lazy("公钥"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("从对方的“留痕封存”页整行复制，每行一把；并用电话或公函核对编号。"),
    )
    reason = forms.CharField(label=gettext_lazy("依据"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, problems: dict[str, str] | None = None) -> None:
        super().__init__(data)
        self._problems = problems or {}

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            if name is None or name not in self.errors:
                self.add_error(name, gettext(sentence))


@require_safe
@never_cache
def peers(request: ActingRequest) -> HttpResponse:
    """The platforms that were entered, those withdrawn last."""
    check(request)
    rows = sorted(queries.peers(withdrawn=True), key=lambda row: row.withdrawn_at is not None)
    return render(request, "letters/peers.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def peer_new(request: ActingRequest) -> HttpResponse:
    """Ask for a platform to be entered; leads to the request that now waits for its sign-off."""
    check(request)
    form, status = PeerForm(), 200
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("code", "name", "keys", "reason")}
        try:
            number = operations.peer_ask(**given, actor=request.actor, now=request.now)
        except DomainError as error:
            problems = error.fields or {"": error.sentence(gettext)}
            form, status = PeerForm(request.POST, problems), error.status
        else:
            messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
            return HttpResponseRedirect(reverse("access:signoff", args=[number]))
    return render(request, "letters/peer_new.html", {"form": form}, status=status)


@require_POST
def peer_withdraw(request: ActingRequest) -> HttpResponse:
    """Ask for a platform to be withdrawn."""
    check(request)
    number = operations.peer_withdraw_ask(
        code=request.POST.get("code", ""), reason=request.POST.get("reason", ""), actor=request.actor, now=request.now
    )
    messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
    return HttpResponseRedirect(reverse("access:signoff", args=[number]))
