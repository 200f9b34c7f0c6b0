"""The centre's own door: what comes by letter, at the window or from another body is taken in here, of whichever kind."""

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.process import Kind, Role, Verb
from shanzhi.kernel.matters.policy.report import BODY_MOST, CHANNELS, NAME_MOST, PLACE_MOST, TITLE_MOST, NewReport
from shanzhi.kernel.matters.web import desk

FEATURE = "triage"
BY_HAND = ("window", "letter", "visit", "phone")
"""The channels by which something reaches the centre's people."""


def taken_in_here(kinds: list[Kind]) -> list[Kind]:
    """The kinds that a dispatcher takes in: not those that somebody in a grid takes up (incidents)."""
    return [kind for kind in kinds if not kind.verb(Verb.TAKE_UP) and Role.DISPATCHER in kind.roles_at(kind.initial)]


class TakeInForm(forms.Form):
    """What came in. The form checks the shape; what may be reported is the domain's to say."""

    use_required_attribute = False
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("事项类型"))
    channel = forms.ChoiceField(label=gettext_lazy("来源"))
    title = forms.CharField(label=gettext_lazy("标题"), max_length=TITLE_MOST, required=False)
    body = forms.CharField(
        label=gettext_lazy("内容"),
        max_length=BODY_MOST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("请写清楚什么事、在哪里。")},
    )
    place_text = forms.CharField(label=gettext_lazy("地点"), max_length=PLACE_MOST, required=False)
    contact_name = forms.CharField(label=gettext_lazy("怎么称呼"), max_length=NAME_MOST, required=False)
    contact_phone = forms.CharField(label=gettext_lazy("联系电话"), max_length=40, required=False)

    def __init__(self, *args: Any, kinds: list[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", gettext(msg("请选择"))), *((kind.code, gettext(kind.name)) for kind in kinds)]
        self.fields["kind"].choices = every  # type: ignore[attr-defined]
        self.fields["channel"].choices = [(code, gettext(CHANNELS[code])) for code in BY_HAND]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def say(self, error: DomainError) -> None:
        """Show the domain's error: beside its fields where the form has them, else for the whole form."""
        beside = {name: gettext(text) for name, text in error.fields.items() if name in self.fields}
        for name, text in beside.items():
            self.add_error(name, text)
        if not beside:
            self.add_error(None, error.sentence(gettext))


@require_http_methods(["GET", "POST"])
@never_cache
def take_in(request: ActingRequest) -> HttpResponse:
    """Take in one matter of a kind that is chosen; number and follow code are shown once, to be handed on."""
    desk.check_staff(request, FEATURE)
    kinds = taken_in_here(desk.kinds())
    if request.method != "POST":
        return _draw(request, TakeInForm(kinds=kinds, initial={"key": uuid.uuid4()}))
    form = TakeInForm(request.POST, kinds=kinds)
    if not form.is_valid():
        return _draw(request, form, status=422)
    given = dict(form.cleaned_data)
    key = given.pop("key")
    new = NewReport(**given, region_code=request.actor.region_code)
    try:
        made = matters.report(new=new, actor=request.actor, now=request.now, key=key)
    except DomainError as error:
        form.say(error)
        return _draw(request, form, status=error.status)
    fresh = TakeInForm(kinds=kinds, initial={"key": uuid.uuid4(), "kind": new.kind, "channel": new.channel})
    return _draw(request, fresh, made=made)


def _draw(
    request: ActingRequest, form: TakeInForm, *, status: int = 200, made: matters.Reported | None = None
) -> HttpResponse:
    return render(request, "triage/take_in.html", {"form": form, "made": made}, status=status)
