"""Official papers of a matter: read one before it is issued, issue it, print it. The browser makes the PDF."""

from typing import Any

from django import forms
from django.contrib import messages
from django.forms.utils import ErrorDict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.process import FieldSpec, FieldType
from shanzhi.kernel.matters.queries import PaperView
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.vault.operations import READ_REASONS

SERVICE = "service"
"""Why a name is read for a paper: to serve it."""
SHORT = 100
LONG = 10
"""So many digits no step has."""


class PaperForm(forms.Form):
    """What is filled in when a paper is issued; the domain alone judges it."""

    use_required_attribute = False

    def __init__(self, found: PaperView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for spec in found.fill:
            self.fields[spec.code] = _field(spec, needed=spec.code not in found.paper.may)

    def full_clean(self) -> None:
        """Find nothing wrong here: the domain does, in sentences of its own."""
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def say(self, error: DomainError) -> None:
        """Show the domain's sentences beside their fields, what has none above."""
        for name, text in error.fields.items():
            if name in self.fields:
                self.add_error(name, gettext(text))
        if not set(error.fields) & set(self.fields):
            self.add_error(None, error.sentence(gettext))


def _field(spec: FieldSpec, *, needed: bool) -> forms.Field:
    hint = gettext(spec.hint) if spec.hint else ""
    common: dict[str, Any] = {"label": gettext(spec.name), "help_text": hint, "required": needed}
    if spec.type is FieldType.CHOICE:
        listed = [("", gettext(msg("请选择"))), *((value, gettext(value)) for value in spec.choices)]
        return forms.CharField(**common, widget=forms.Select(choices=listed))
    is_short = (spec.max or 0) <= SHORT
    return forms.CharField(**common, widget=forms.TextInput() if is_short else forms.Textarea(attrs={"rows": 3}))


@require_http_methods(["GET", "POST"])
@never_cache
def paper(request: ActingRequest, number: str, step: int, code: str) -> HttpResponse:
    """One paper: its draft with what has to be filled in, or as it was issued; POST issues it."""
    desk.check_staff(request)
    matter_id = desk.id_of(number)
    if request.method != "POST":
        asked = request.GET.get("was", "")
        was = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < LONG else None
        found = queries.paper(matter_id, step, code, actor=request.actor, was=was)
        return _draw(request, found, form=None if found.issued_step else PaperForm(found))
    try:
        operations.paper_issue(
            matter_id=matter_id, step=step, code=code, actor=request.actor, now=request.now, fields=request.POST.dict()
        )
    except InputError as error:
        found = queries.paper(matter_id, step, code, actor=request.actor)
        form = PaperForm(found, request.POST)
        form.say(error)
        return _draw(request, found, form=form, status=error.status)
    messages.success(request, gettext(msg("文书已开具，内容不再改变。可以打印了。")))
    return HttpResponseRedirect(reverse("matters:paper", args=[number, step, code]))


@require_POST
@never_cache
def void(request: ActingRequest, number: str, step: int, code: str) -> HttpResponse:
    """Withdraw the issued paper, with a reason; the matter's page tells whether it is to be issued anew."""
    desk.check_staff(request)
    matter_id = desk.id_of(number)
    reason = request.POST.get("reason", "")
    try:
        operations.paper_void(
            matter_id=matter_id, step=step, code=code, reason=reason, actor=request.actor, now=request.now
        )
    except InputError as error:
        found = queries.paper(matter_id, step, code, actor=request.actor)
        said = error.sentence(gettext) + "".join(gettext(text) for text in error.fields.values())
        return _draw(request, found, status=error.status, problem=said, reason=reason)
    messages.success(request, gettext(msg("文书已作废，原件留存并标明。还要开具的，在“文书”里列为待开具。")))
    return HttpResponseRedirect(reverse("matters:matter", args=[number]))


@require_POST
@never_cache
def name(request: ActingRequest, number: str, step: int, code: str) -> HttpResponse:
    """The issued paper with its addressee's name in it, shown once; who looked and why is journaled for the reporter."""
    desk.check_staff(request)
    matter_id = desk.id_of(number)
    found = queries.paper(matter_id, step, code, actor=request.actor)
    if found.issued_step is None or not found.is_to_reporter:
        raise InputError(msg("只有已开具、写给反映人的文书才能填入姓名。"))
    try:
        told = operations.reveal_contact(
            matter_id=matter_id,
            reason=request.POST.get("reason", ""),
            actor=request.actor,
            now=request.now,
            parts=("name",),
        )
    except InputError as error:
        return _draw(request, found, status=error.status, problem=error.sentence(gettext))
    if not told:
        return _draw(request, found, problem=gettext(msg("反映人没有留姓名，请打印后手写。")))
    return _draw(request, found, named=told.get("name", ""))


def _draw(
    request: ActingRequest,
    found: PaperView,
    *,
    form: PaperForm | None = None,
    status: int = 200,
    named: str = "",
    problem: str = "",
    reason: str = "",
) -> HttpResponse:
    context = {
        "paper": found,
        "sheet": found.sheet,
        "form": form,
        "lacks": gettext(msg("、")).join(gettext(one) for one in found.lacks),
        "named": named,
        "problem": problem,
        "reason": reason,
        "reasons": [(SERVICE, gettext(READ_REASONS[SERVICE]))],
        "back": reverse("matters:matter", args=[found.number]),
    }
    return render(request, "matters/paper.html", context, status=status)
