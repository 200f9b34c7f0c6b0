"""Posts: one post with who held it, and the forms that set up, change, fill, vacate and abolish it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.organisation.operations import SEES_NAMES, NewPost, PostNow
from shanzhi.kernel.organisation.policy import Sees
from shanzhi.kernel.organisation.queries import unit_catalogue
from shanzhi.modules.keeper import operations, queries
from shanzhi.modules.keeper.operations import Appointment
from shanzhi.modules.keeper.queries import PostPage
from shanzhi.modules.keeper.web._forms import RegionField, carry_out, day, offer_regions, reason


def _roles() -> list[tuple[str, str]]:
    return [(role.code, gettext(role.name)) for role in unit_catalogue().roles.values()]


def _role_name(code: str) -> str:
    role = unit_catalogue().roles.get(code)
    return gettext(role.name) if role else code


@require_safe
@never_cache
def post(request: ActingRequest, pk: int) -> HttpResponse:
    """One post: what it is, who holds it and who held it."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    card = page.card
    facts: list[tuple[str, object]] = [
        (gettext("单位"), card.unit_name),
        (gettext("角色"), _role_name(card.role)),
        (gettext("区域"), f"{page.region_name}（{page.region_code}）"),
        (gettext("可见范围"), gettext(SEES_NAMES[card.sees])),
        (gettext("另定的区域代码"), "、".join(low for low, _ in card.ranges) if card.ranges else ""),
        (gettext("序号"), card.seat),
        (gettext("设立日期"), day_said(card.opened_on, gettext)),
        (gettext("撤销日期"), day_said(card.closed_on, gettext) if card.closed_on else ""),
    ]
    context = {
        "page": page,
        "card": card,
        "facts": facts,
        "roles": {past.more: _role_name(past.more) for past in card.past},
        "is_open": card.closed_on is None,
        "is_mine": pk == request.actor.post_id,
        "today": local_date(request.now),
    }
    return render(request, "keeper/post.html", context)


class NewForm(forms.Form):
    """A post to be set up."""

    role = forms.ChoiceField(label=gettext_lazy("角色"))
    title = forms.CharField(
        label=gettext_lazy("岗位名称"), max_length=50, required=False, help_text=gettext_lazy("不写就用角色的名称。")
    )
    region = RegionField(label=gettext_lazy("区域"))
    on = day(gettext_lazy("设立日期"))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = _roles()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest, pk: int) -> HttpResponse:
    """Set up a vacant post in a unit."""
    page = queries.unit_page(pk, actor=request.actor, now=request.now)
    form = NewForm(
        request.POST if request.method == "POST" else None,
        initial={"region": page.region_code, "on": local_date(request.now)},
    )
    offer_regions(form, page.region_code, *queries.grids_of(page.region_code, local_date(request.now)))

    def do(given: dict[str, Any]) -> str:
        made = operations.post_open(
            new=NewPost(pk, given["role"], given["region"], given["title"]),
            on=given["on"],
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, gettext("岗位已设立，现在空缺。"))
        return reverse("keeper:post", args=[made])

    context = {
        "heading": gettext("设立岗位"),
        "lead": page.card.name,
        "submit": gettext("设立"),
        "back": reverse("keeper:unit", args=[pk]),
        "back_label": page.card.name,
    }
    return carry_out(request, form, do, "keeper/form.html", context)


class TitleForm(forms.Form):
    """Another title."""

    title = forms.CharField(label=gettext_lazy("岗位名称"), max_length=50)
    on = day(gettext_lazy("从哪天起"), help_text=gettext_lazy("今天或以前。"))
    version = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def title(request: ActingRequest, pk: int) -> HttpResponse:
    """Give a post another title."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    form = TitleForm(
        request.POST if request.method == "POST" else None,
        initial={"title": page.card.title, "on": local_date(request.now), "version": page.card.version},
    )

    def do(given: dict[str, Any]) -> str:
        operations.post_title(post_id=pk, **given, actor=request.actor, now=request.now)
        messages.success(request, gettext("已保存。"))
        return reverse("keeper:post", args=[pk])

    return carry_out(request, form, do, "keeper/form.html", _about(page, gettext("岗位改名"), gettext("保存")))


class ChangeForm(forms.Form):
    """Another role, sight or range."""

    role = forms.ChoiceField(label=gettext_lazy("角色"))
    sees = forms.ChoiceField(
        label=gettext_lazy("可见范围"), choices=[(str(sees), gettext_lazy(name)) for sees, name in SEES_NAMES.items()]
    )
    codes = forms.RegexField(
        r"^[0-9]*([,，、\s]+[0-9]+)*$",
        label=gettext_lazy("另定的区域代码"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("管几个区域时逐个写代码，用逗号隔开；留空就是岗位所在的区域。"),
        error_messages={"invalid": gettext_lazy("只写数字代码，用逗号隔开。")},
    )
    reason = reason()
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = _roles()

    def to(self) -> PostNow:
        """How the post is to be."""
        codes = self.cleaned_data["codes"].replace("，", ",").replace("、", ",").replace(",", " ").split()
        return PostNow(self.cleaned_data["role"], Sees(self.cleaned_data["sees"]), tuple(codes))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change(request: ActingRequest, pk: int) -> HttpResponse:
    """Ask for another role, sight or range; a security officer decides."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    card = page.card
    form = ChangeForm(
        request.POST if request.method == "POST" else None,
        initial={
            "role": card.role,
            "sees": str(card.sees),
            "codes": ",".join(low for low, _ in card.ranges) if card.ranges else "",
            "version": card.version,
        },
    )

    def do(given: dict[str, Any]) -> str:
        number = operations.change_ask(
            post_id=pk,
            to=form.to(),
            version=given["version"],
            reason=given["reason"],
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
        return reverse("access:signoff", args=[number])

    return carry_out(
        request, form, do, "keeper/form.html", _about(page, gettext("申请变更角色和范围"), gettext("提交申请"))
    )


class AppointForm(forms.Form):
    """Who, from when, why."""

    number = forms.CharField(label=gettext_lazy("工号"), max_length=32)
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=50, required=False, help_text=gettext_lazy("工号还没有登记时填写。")
    )
    since = day(gettext_lazy("任职日期"))
    until = day(gettext_lazy("离任日期"), required=False, help_text=gettext_lazy("临时代理才填：从这一天起不再任职。"))
    reason = reason()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def appoint(request: ActingRequest, pk: int) -> HttpResponse:
    """Ask for somebody to take a post; a security officer decides."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    form = AppointForm(request.POST if request.method == "POST" else None, initial={"since": local_date(request.now)})

    def do(given: dict[str, Any]) -> str:
        number = operations.appoint_ask(post_id=pk, to=Appointment(**given), actor=request.actor, now=request.now)
        messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
        return reverse("access:signoff", args=[number])

    context = _about(page, gettext("安排任职"), gettext("提交申请"))
    context["hint"] = gettext("任职由安全管理员复核，同意后登记。登录账号由管理员用 shanzhi account 命令开通。")
    return carry_out(request, form, do, "keeper/form.html", context)


class DayForm(forms.Form):
    """The first day without."""

    on = day(gettext_lazy("从哪天起"), help_text=gettext_lazy("这一天起不再任职。"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def vacate(request: ActingRequest, pk: int) -> HttpResponse:
    """Whoever holds a post leaves it."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    form = DayForm(request.POST if request.method == "POST" else None, initial={"on": local_date(request.now)})

    def do(given: dict[str, Any]) -> str:
        operations.post_vacate(post_id=pk, on=given["on"], actor=request.actor, now=request.now)
        messages.success(request, gettext("离任已登记。会话和令牌在一分钟内结束。"))
        return reverse("keeper:post", args=[pk])

    context = _about(page, gettext("办理离任"), gettext("登记离任"))
    return carry_out(request, form, do, "keeper/form.html", context | {"is_dangerous": True})


class CloseForm(DayForm):
    """The first day without the post."""

    version = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def close(request: ActingRequest, pk: int) -> HttpResponse:
    """Abolish a post."""
    page = queries.post_page(pk, actor=request.actor, now=request.now)
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        initial={"on": local_date(request.now), "version": page.card.version},
    )

    def do(given: dict[str, Any]) -> str:
        operations.post_shut(post_id=pk, version=given["version"], on=given["on"], actor=request.actor, now=request.now)
        messages.success(request, gettext("岗位已撤销。"))
        return reverse("keeper:post", args=[pk])

    context = _about(page, gettext("撤销岗位"), gettext("撤销"))
    return carry_out(request, form, do, "keeper/form.html", context | {"is_dangerous": True})


def _about(page: PostPage, heading: str, submit: str) -> dict[str, Any]:
    holder = gettext("现任：%(name)s") % {"name": page.holder.staff_name} if page.holder else gettext("现在空缺")
    return {
        "heading": heading,
        "lead": f"{page.card.unit_name} · {gettext(page.card.title)} · {holder}",
        "submit": submit,
        "back": reverse("keeper:post", args=[page.card.id]),
        "back_label": gettext(page.card.title),
    }
