"""Forms of the keeper: drawn, and carried out by one call of the domain; what was typed is never lost."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError, NotAllowed, NotFound
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.web import desk


class DayField(forms.DateField):
    """A day, by the browser's own picker."""

    def __init__(self, **given: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


def day(label: Any, **given: Any) -> forms.DateField:
    """A field for a day."""
    return DayField(label=label, **given)


class RegionField(desk.PickerField):
    """A region, chosen by a word of its name; its code. `suggested` are codes that are offered from the start."""

    def __init__(self, *, suggested: tuple[str, ...] = (), **given: Any) -> None:
        super().__init__(**given)
        self.suggested = suggested

    def clean(self, value: Any) -> Any:
        """The code; whether there is such a region the domain says."""
        code = str(super().clean(value) or "")
        if code and not desk.is_code(code):
            raise forms.ValidationError(gettext("请从列表里选一个区域。"))
        return code


def offer_regions(form: forms.Form, *codes: str) -> None:
    """Offer these regions in a form's field `region` from the start."""
    field = form.fields["region"]
    assert isinstance(field, RegionField)  # noqa: S101 - the form's author asks
    field.suggested = codes


def reason() -> forms.CharField:
    """Why: a document, a decision."""
    return forms.CharField(
        label=gettext_lazy("依据"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text=gettext_lazy("写明文件或决定，例如：区委组织部任免通知。不要写个人信息。"),
    )


def carry_out(
    request: ActingRequest,
    form: forms.Form,
    do: Callable[[dict[str, Any]], str],
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Draw the form, or send it: `do` makes the one call and answers with the address to go to.

    What the domain refuses is said beside its field and above the form, with all that was typed. A picker's button (for
    browsers without script) sends the form and changes nothing.

    Raises:
        NotAllowed, NotFound: as `do` does; these are no matter of what was typed.
    """
    # A browser's own bubble comes in its language and goes away; the sentence beside the field stays.
    form.use_required_attribute = False
    status = 200
    if request.POST.get(desk.FIND):
        form = _as_typed(form)
    elif request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return HttpResponseRedirect(do(form.cleaned_data))
            except NotAllowed:
                raise
            except DomainError as error:
                if isinstance(error, NotFound) and not error.fields and not form.has_changed():
                    raise
                _say(form, error)
                status = error.status
    context["searches"] = _draw_pickers(request, form)
    return render(request, template, {"form": form, **context}, status=status)


def _as_typed(form: forms.Form) -> forms.Form:
    """The form with what was typed and nothing found wrong: it isn't sent yet."""
    typed = {name: form[name].value() for name in form.fields}
    made = type(form)(initial=typed)
    made.use_required_attribute = False
    for name, field in form.fields.items():
        if isinstance(field, RegionField):
            made.fields[name] = field
    return made


def _draw_pickers(request: ActingRequest, form: forms.Form) -> bool:
    """Fill the form's pickers; has it any?"""
    for name, field in form.fields.items():
        if isinstance(field, RegionField):
            chosen, words = str(form[name].value() or ""), request.POST.get(desk.search_name(name), "")
            field.picker = desk.picker(request, name, "region", chosen=[chosen], suggested=field.suggested, words=words)
    return any(isinstance(field, RegionField) for field in form.fields.values())


def _say(form: forms.Form, error: DomainError) -> None:
    beside = {code: words for code, words in error.fields.items() if code in form.fields}
    for code, words in beside.items():
        form.add_error(code, gettext(words))
    if not beside:
        form.add_error(None, error.sentence(gettext))
