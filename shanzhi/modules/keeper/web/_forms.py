"""Forms of the keeper: drawn, and carried out by one call of the domain; what was typed is never lost."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError, NotAllowed, NotFound
from shanzhi.kernel.access.web.middleware import ActingRequest


class DayField(forms.DateField):
    """A day, by the browser's own picker."""

    def __init__(self, **given: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


def day(label: Any, **given: Any) -> forms.DateField:
    """A field for a day."""
    return DayField(label=label, **given)


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

    What the domain refuses is said beside its field and above the form, with all that was typed.

    Raises:
        NotAllowed, NotFound: as `do` does; these are no matter of what was typed.
    """
    status = 200
    if request.method == "POST":
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
    return render(request, template, {"form": form, **context}, status=status)


def _say(form: forms.Form, error: DomainError) -> None:
    beside = {code: words for code, words in error.fields.items() if code in form.fields}
    for code, words in beside.items():
        form.add_error(code, gettext(words))
    if not beside:
        form.add_error(None, error.sentence(gettext))
