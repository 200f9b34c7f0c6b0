"""Tokens of programs: listed without their keys, issued once, ended."""

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
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.policy.tokens import ISSUES, LOOKS_AFTER
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.access.web.signoffs import check_page, may, number_of
from shanzhi.ui.components import Pager


@require_safe
@never_cache
def tokens(request: ActingRequest) -> HttpResponse:
    """The tokens of my place; `?all=1` shows ended ones too."""
    check_page(request, LOOKS_AFTER)
    every = request.GET.get("all") == "1"
    before = number_of(request.GET.get("before", ""))
    page = queries.tokens_page(actor=request.actor, now=request.now, live_only=not every, before=before)
    kept = "?all=1&" if every else "?"
    context = {
        "rows": page.rows,
        "every": every,
        "may_issue": may(request, ISSUES),
        "pager": Pager(
            previous_url=kept.rstrip("&?") or reverse("access:tokens") if before else "",
            next_url=f"{kept}before={page.next_before}" if page.next_before else "",
        ),
    }
    return render(request, "access/tokens.html", context)


class FindForm(forms.Form):
    """Whose post the token is for."""

    who = forms.CharField(label=gettext_lazy("任职人的工号或姓名"), max_length=50)


class IssueForm(forms.Form):
    """One of the posts found, what for, and for how long."""

    post = forms.ChoiceField(label=gettext_lazy("岗位"), widget=forms.RadioSelect)
    label = forms.CharField(
        label=gettext_lazy("用途"),
        max_length=100,
        help_text=gettext_lazy("写明哪个系统、做什么，例如：12345 热线推送。"),
    )
    days = forms.IntegerField(label=gettext_lazy("有效天数"), min_value=1, max_value=730, initial=365)

    def __init__(self, choices: list[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["post"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def issue(request: ActingRequest) -> HttpResponse:
    """Find the post by who holds it, then issue; the token is shown on the answer and never again."""
    check_page(request, ISSUES)
    who = (request.POST if request.method == "POST" else request.GET).get("who", "").strip()
    found = queries.posts_for_token(who, actor=request.actor, on=local_date(request.now)) if who else []
    choices = [(str(row.post_id), f"{row.staff_name} · {row.unit_name} · {gettext(row.title)}") for row in found]
    form = IssueForm(choices, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "find": FindForm({"who": who} if who else None),
        "who": who,
        "found": found,
        "form": form,
    }
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                context["token"] = operations.token_issue(
                    post_id=int(given["post"]),
                    label=given["label"],
                    days=given["days"],
                    now=request.now,
                    actor=request.actor,
                )
                status = 200
            except DomainError as error:
                form.add_error(None, error.sentence(gettext))
                status = error.status
    return render(request, "access/token_issue.html", context, status=status)


@require_POST
def end(request: ActingRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    operations.token_end(token_id=pk, now=request.now, actor=request.actor)
    messages.success(request, gettext("令牌已停用。"))
    return HttpResponseRedirect(reverse("access:tokens"))
