"""值班邮箱 and 系统订阅: where things go."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.notices import operations, queries
from shanzhi.kernel.notices.operations import NewSubscription
from shanzhi.kernel.notices.policy.kinds import kinds_offered
from shanzhi.kernel.notices.queries import PAGE
from shanzhi.ui.components import Pager


class AddressForm(forms.Form):
    """A unit's mailbox."""

    unit = forms.CharField(label=gettext_lazy("单位"), max_length=100, help_text=gettext_lazy("单位代码或全称。"))
    role = forms.ChoiceField(label=gettext_lazy("角色"), required=False)
    email = forms.CharField(
        label=gettext_lazy("值班邮箱"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("单位的公务邮箱，不填个人邮箱。留空就是取消。"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        named = [(role.code, gettext(role.name)) for role in roles().values()]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 - as declared above
        role.choices = [("", gettext("全部角色")), *named]


class SubscriptionForm(forms.Form):
    """Another system."""

    name = forms.CharField(label=gettext_lazy("对方系统"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("接收网址"),
        max_length=500,
        help_text=gettext_lazy("https 开头。内网地址要先由管理员加入允许名单。"),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("事项类型"),
        required=False,
        help_text=gettext_lazy("不选就是全部。"),
        widget=forms.CheckboxSelectMultiple,
    )
    scope_code = forms.CharField(
        label=gettext_lazy("区域代码"),
        required=False,
        max_length=15,
        help_text=gettext_lazy("只推送这个区域和下级的事项；留空就是全市。"),
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField)  # noqa: S101 - as declared above
        kinds.choices = list(kinds_offered().items())


def _refused(form: forms.Form, error: DomainError) -> None:
    """Say what the domain refused, beside its field or above the form."""
    beside = [name for name in error.fields if name in form.fields]
    form.add_error(beside[0] if len(beside) == 1 else None, error.sentence(gettext))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def addresses(request: ActingRequest) -> HttpResponse:
    """Duty mailboxes; entering, changing and taking out one. `?after=` is where the page begins."""
    queries.check_keeper(request.actor)
    form = AddressForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operations.address_set(**form.cleaned_data, actor=request.actor, now=request.now)
                messages.success(request, gettext("已保存。"))
                return HttpResponseRedirect(reverse("notices:addresses"))
            except NotAllowed:
                raise
            except DomainError as error:
                _refused(form, error)
                status = error.status
    typed = request.GET.get("after", "")
    after = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    rows = queries.addresses_page(request.actor, after=after)
    named = roles()
    more = f"?after={rows[PAGE - 1].id}" if len(rows) > PAGE else ""
    context = {
        "form": form,
        "rows": [
            {"row": row, "role": gettext(named[row.role].name) if row.role in named else gettext("全部角色")}
            for row in rows[:PAGE]
        ],
        "pager": Pager(next_url=more, previous_url=reverse("notices:addresses") if after else "")
        if more or after
        else None,
    }
    return render(request, "notices/addresses.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def subscriptions(request: ActingRequest) -> HttpResponse:
    """Other systems that are told; adding one."""
    queries.check_city_keeper(request.actor)
    form = SubscriptionForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            wanted = NewSubscription(given["name"], given["url"], tuple(given["kinds"]), given["scope_code"])
            try:
                pk = operations.subscription_add(
                    wanted=wanted, known_kinds=list(kinds_offered()), actor=request.actor, now=request.now
                )
                messages.success(request, gettext("已添加。请把密钥交给对方，用来核对签名。"))
                return HttpResponseRedirect(reverse("notices:subscription", args=[pk]))
            except NotAllowed:
                raise
            except DomainError as error:
                _refused(form, error)
                status = error.status if error.status < 500 else 422
    rows = [{"row": row, "kinds": _kinds(row.kinds)} for row in queries.subscriptions(request.actor)]
    return render(request, "notices/subscriptions.html", {"form": form, "rows": rows}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def subscription(request: ActingRequest, pk: int) -> HttpResponse:
    """One of them: its secret (`do=show`), another key (`rotate`), the end (`end`)."""
    row = queries.subscription(pk, request.actor)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "end":
        operations.subscription_end(subscription_id=pk, actor=request.actor, now=request.now)
        messages.success(request, gettext("已停用，不再推送。"))
        return HttpResponseRedirect(reverse("notices:subscriptions"))
    if do == "rotate":
        operations.subscription_rotate(subscription_id=pk, actor=request.actor, now=request.now)
        messages.success(request, gettext("已换密钥。请在一周内把新密钥交给对方。"))
        return HttpResponseRedirect(reverse("notices:subscription", args=[pk]))
    context = {
        "row": row,
        "kinds": _kinds(row.kinds),
        "secret": queries.subscription_secret(row) if do == "show" else "",
        "old_until": row.old_key_until if row.old_key_until and row.old_key_until > request.now else None,
    }
    return render(request, "notices/subscription.html", context)


def _kinds(codes: tuple[str, ...]) -> str:
    names = kinds_offered()
    return "、".join(names.get(code, code) for code in codes) or gettext("全部类型")
