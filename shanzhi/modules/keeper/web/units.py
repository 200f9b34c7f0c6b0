"""Units: the list with vacancy and load, one unit, and the forms that change it."""

from typing import Any
from urllib.parse import urlencode

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
from shanzhi.kernel.organisation.operations import NewUnit
from shanzhi.kernel.organisation.policy import UNIT_KIND_NAMES, UnitKind
from shanzhi.kernel.organisation.queries import OfficeCard, unit_catalogue
from shanzhi.modules.keeper import operations, queries
from shanzhi.modules.keeper.operations import UnitEdit
from shanzhi.modules.keeper.policy import Load
from shanzhi.modules.keeper.queries import LoadedUnit, UnitsWanted
from shanzhi.modules.keeper.web._forms import RegionField, carry_out, day, offer_regions
from shanzhi.ui.components import Badge, Column, Pager, Row, Table

ONLY = (
    ("", gettext_lazy("全部")),
    ("vacant", gettext_lazy("有空缺岗位")),
    ("over", gettext_lazy("超负荷")),
)
KINDS = [(str(kind), gettext_lazy(name)) for kind, name in UNIT_KIND_NAMES.items()]


class FindForm(forms.Form):
    """Which units."""

    q = forms.CharField(label=gettext_lazy("名称"), required=False, max_length=50)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), required=False, choices=[("", gettext_lazy("全部")), *KINDS])
    code = forms.RegexField(
        r"^[0-9]{0,15}$",
        label=gettext_lazy("区域代码"),
        required=False,
        error_messages={"invalid": gettext_lazy("区域代码只有数字。")},
    )
    only = forms.ChoiceField(label=gettext_lazy("只看"), required=False, choices=ONLY)

    def wanted(self, after: str) -> UnitsWanted:
        """What was asked for; a field that can't be read counts as empty."""
        given = self.cleaned_data if self.is_valid() else {}
        return UnitsWanted(
            given.get("q", ""),
            UnitKind(given["kind"]) if given.get("kind") else None,
            given.get("code", ""),
            given.get("only", ""),
            int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None,
        )


@require_safe
@never_cache
def units(request: ActingRequest) -> HttpResponse:
    """Units of the keeper's place, by place and code."""
    form = FindForm(request.GET)
    after = request.GET.get("after", "")
    rows, following = queries.units_list(form.wanted(after), actor=request.actor, now=request.now)
    kept = {name: request.GET[name] for name in ("q", "kind", "code", "only") if request.GET.get(name)}
    first = f"?{urlencode(kept)}" if kept else reverse("keeper:units")
    context = {
        "form": form,
        "clear": reverse("keeper:units"),
        "table": _table(rows),
        "pager": Pager(
            previous_url=first if after else "",
            next_url=f"?{urlencode({**kept, 'after': following})}" if following else "",
        ),
    }
    return render(request, "keeper/units.html", context)


def load_badge(load: Load) -> Badge:
    """A unit's load in a word."""
    if not load.held:
        return Badge(gettext("无在办"), "neutral")
    if load.most is None:
        return Badge(gettext("样本不足"), "neutral")
    if load.is_over:
        return Badge(gettext("超负荷"), "bad")
    return Badge(gettext("正常"), "good")


def _table(rows: list[LoadedUnit]) -> Table:
    columns = (
        Column("name", gettext("单位")),
        Column("kind", gettext("类型")),
        Column("region", gettext("区域")),
        Column("posts", gettext("岗位"), "number"),
        Column("vacant", gettext("空缺"), "badge"),
        Column("held", gettext("在办"), "number"),
        Column("load", gettext("负荷"), "badge"),
    )
    shown = [
        Row(
            reverse("keeper:unit", args=[one.row.id]),
            {
                "name": one.row.name,
                "kind": gettext(UNIT_KIND_NAMES[one.row.kind]),
                "region": one.row.region_name,
                "posts": one.row.posts,
                "vacant": _vacancy(one),
                "held": one.work.held,
                "load": load_badge(one.load),
            },
        )
        for one in rows
    ]
    return Table(gettext("单位"), columns, shown)


def _vacancy(one: LoadedUnit) -> Badge:
    if not one.row.vacant or one.row.vacant_since is None:
        return Badge(gettext("无") if one.row.posts else gettext("未设岗"), "neutral")
    words = gettext("%(count)d 个，自 %(since)s") % {"count": one.row.vacant, "since": one.row.vacant_since}
    return Badge(words, "warn")


@require_safe
@never_cache
def unit(request: ActingRequest, pk: int) -> HttpResponse:
    """One unit: its work, its posts, what it was called."""
    page = queries.unit_page(pk, actor=request.actor, now=request.now)
    card = page.card
    facts: list[tuple[str, object]] = [
        (gettext("类型"), gettext(UNIT_KIND_NAMES[card.kind])),
        (gettext("单位代码"), card.code),
        (gettext("简称"), card.short_name),
        (gettext("区域"), f"{page.region_name}（{page.region_code}）"),
        (gettext("上级单位"), card.parent_name),
        (gettext("设立日期"), day_said(card.opened_on, gettext)),
        (gettext("撤销日期"), day_said(card.closed_on, gettext) if card.closed_on else ""),
        (gettext("接收单位"), card.successor_name),
    ]
    context = {
        "page": page,
        "card": card,
        "facts": facts,
        "load": load_badge(page.load),
        "load_line": _load_line(page.load),
        "is_open": card.closed_on is None,
    }
    return render(request, "keeper/unit.html", context)


def _load_line(load: Load) -> str:
    if load.most is None:
        return gettext("同类单位不足 5 个，没有可比的数。可以为它写一个承办上限。")
    if load.by_capacity:
        return gettext("承办上限 %(most)d 件。") % {"most": load.most}
    return gettext("超过 %(most)d 件算超负荷：同类单位每岗在办中位数的 2 倍，至少 10 件。") % {"most": load.most}


class EditForm(forms.Form):
    """How a unit is to be."""

    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=100)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=30, required=False)
    above = forms.CharField(
        label=gettext_lazy("上级单位"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("写全称或单位代码；没有上级就留空。"),
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("承办上限（件）"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("同时在办超过这个数算超负荷。留空就和同类单位比。"),
    )
    on = day(gettext_lazy("从哪天起"), help_text=gettext_lazy("今天或以前；以前的名称会留在沿革里。"))
    version = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: ActingRequest, pk: int) -> HttpResponse:
    """Rename, move, say what it can carry."""
    card = queries.unit_page(pk, actor=request.actor, now=request.now).card
    form = EditForm(
        request.POST if request.method == "POST" else None,
        initial={
            "name": card.name,
            "short_name": card.short_name,
            "above": card.parent_name,
            "capacity": card.capacity,
            "on": local_date(request.now),
            "version": card.version,
        },
    )

    def do(given: dict[str, Any]) -> str:
        to = UnitEdit(given["name"], given["short_name"], given["above"], given["capacity"])
        operations.unit_edit(
            unit_id=pk, to=to, version=given["version"], on=given["on"], actor=request.actor, now=request.now
        )
        messages.success(request, gettext("已保存。"))
        return reverse("keeper:unit", args=[pk])

    return carry_out(request, form, do, "keeper/form.html", _about(card, gettext("改名、改上级"), gettext("保存")))


class NewForm(forms.Form):
    """A unit to be set up."""

    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=KINDS)
    department = forms.ChoiceField(
        label=gettext_lazy("部门类型"), required=False, help_text=gettext_lazy("部门和公用事业单位要选。")
    )
    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=100)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=30, required=False)
    region = RegionField(label=gettext_lazy("区域"))
    above = forms.CharField(
        label=gettext_lazy("上级单位"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("写全称或单位代码；没有上级就留空。"),
    )
    on = day(gettext_lazy("设立日期"))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field = self.fields["department"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", gettext("不选"))] + [(one.code, one.name) for one in unit_catalogue().departments]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Set up a unit."""
    queries.check_keeper(request.actor)
    form = NewForm(
        request.POST if request.method == "POST" else None,
        initial={"region": request.actor.region_code, "on": local_date(request.now)},
    )
    # What lies above counties is in no search; it is where a keeper's own units are.
    offer_regions(form, request.actor.region_code)

    def do(given: dict[str, Any]) -> str:
        made = operations.unit_open(
            new=NewUnit(
                UnitKind(given["kind"]),
                given["name"],
                given["region"],
                given["short_name"],
                department=given["department"],
            ),
            above=given["above"],
            on=given["on"],
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, gettext("单位已设立。"))
        return reverse("keeper:unit", args=[made])

    context = {
        "heading": gettext("设立单位"),
        "submit": gettext("设立"),
        "back": reverse("keeper:units"),
        "back_label": gettext("单位和岗位"),
    }
    return carry_out(request, form, do, "keeper/form.html", context)


class CloseForm(forms.Form):
    """When, and who takes over."""

    successor = forms.CharField(
        label=gettext_lazy("接收单位"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("写全称或单位代码。有在办事项或下级单位时必填，全部由它接办，时限不变。"),
    )
    on = day(gettext_lazy("撤销日期"), help_text=gettext_lazy("今天或以前：从这一天起不再有这个单位。"))
    version = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def close(request: ActingRequest, pk: int) -> HttpResponse:
    """Close a unit, naming its successor."""
    page = queries.unit_page(pk, actor=request.actor, now=request.now)
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        initial={"on": local_date(request.now), "version": page.card.version},
    )

    def do(given: dict[str, Any]) -> str:
        posts = operations.unit_shut(
            unit_id=pk,
            successor=given["successor"],
            version=given["version"],
            on=given["on"],
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, gettext("单位已撤销，同时撤销岗位 %(count)d 个。") % {"count": posts})
        return reverse("keeper:unit", args=[pk])

    context = _about(page.card, gettext("撤销单位"), gettext("撤销"))
    context["lead"] = gettext("在办事项 %(work)d 件，岗位 %(posts)d 个。岗位随单位一起撤销，任职人同日离任。") % {
        "work": page.open_in_all,
        "posts": len(page.seats),
    }
    return carry_out(request, form, do, "keeper/form.html", context | {"is_dangerous": True})


def _about(card: OfficeCard, heading: str, submit: str) -> dict[str, Any]:
    return {
        "heading": heading,
        "lead": card.name,
        "submit": submit,
        "back": reverse("keeper:unit", args=[card.id]),
        "back_label": card.name,
    }
