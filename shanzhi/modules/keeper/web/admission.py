"""准入清单: what may be asked of communities and grids."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.organisation.policy.admission import LEVELS, NoSuchAdmission
from shanzhi.modules.keeper import operations, queries
from shanzhi.modules.keeper.web._forms import carry_out, day


@require_safe
@never_cache
def admission(request: ActingRequest) -> HttpResponse:
    """The list: what holds today, what begins later, what has ended."""
    today = local_date(request.now)
    rows = queries.keeper_admission(actor=request.actor)
    shown = [
        {
            "row": row,
            "level": gettext(LEVELS[row.level]),
            "is_live": row.since <= today and (row.until is None or row.until > today),
            "is_over": row.until is not None and row.until <= today,
        }
        for row in rows
    ]
    # What holds comes first, then what begins, then what is over.
    shown.sort(key=lambda one: (bool(one["is_over"]), not one["is_live"]))
    return render(request, "keeper/admission.html", {"rows": shown})


class ItemForm(forms.Form):
    """Something that may be asked."""

    item = forms.CharField(label=gettext_lazy("事项"), max_length=100)
    level = forms.ChoiceField(
        label=gettext_lazy("可以要求谁"), choices=[(str(level), gettext_lazy(name)) for level, name in LEVELS.items()]
    )
    ground = forms.CharField(
        label=gettext_lazy("依据"),
        max_length=300,
        help_text=gettext_lazy("法规或文件的名称、文号和条款。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    on = day(gettext_lazy("从哪天起"))
    until = day(
        gettext_lazy("到哪天止"), required=False, help_text=gettext_lazy("从这一天起不再可以要求；长期就留空。")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: ActingRequest) -> HttpResponse:
    """Put something on the list."""
    queries.check_keeper(request.actor)
    form = ItemForm(request.POST if request.method == "POST" else None, initial={"on": local_date(request.now)})

    def do(given: dict[str, Any]) -> str:
        operations.item_add(**given, actor=request.actor, now=request.now)
        messages.success(request, gettext("已加入准入清单。"))
        return reverse("keeper:admission")

    return carry_out(request, form, do, "keeper/form.html", _about(gettext("加入准入清单"), gettext("加入")))


class EndForm(forms.Form):
    """The first day without."""

    on = day(gettext_lazy("从哪天起不再可以要求"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def end(request: ActingRequest, pk: int) -> HttpResponse:
    """Take something off the list."""
    rows = queries.keeper_admission(actor=request.actor)
    row = next((row for row in rows if row.id == pk), None)
    if row is None:
        raise NoSuchAdmission(msg("没有这一项，可能刚被改过。请刷新后再选。"))
    form = EndForm(request.POST if request.method == "POST" else None, initial={"on": local_date(request.now)})

    def do(given: dict[str, Any]) -> str:
        operations.item_end(admission_id=pk, on=given["on"], actor=request.actor, now=request.now)
        messages.success(request, gettext("已移出准入清单。"))
        return reverse("keeper:admission")

    context = _about(gettext("移出准入清单"), gettext("移出"))
    return carry_out(request, form, do, "keeper/form.html", context | {"lead": row.item})


def _about(heading: str, submit: str) -> dict[str, Any]:
    return {
        "heading": heading,
        "submit": submit,
        "back": reverse("keeper:admission"),
        "back_label": gettext("准入清单"),
    }
