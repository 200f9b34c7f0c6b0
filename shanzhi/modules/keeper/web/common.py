"""What the keeper's pages share: the door, the day of a form, errors beside fields."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest

FEATURE = "keep"


class BadForm(InputError):
    """A form without what every browser sends: a day, a number."""

    code = "bad-form"


def check(request: ActingRequest) -> None:
    """Raises SignInNeeded or NotAllowed where the acting post keeps nothing."""
    check_may(request.actor, roles().get(request.actor.role), FEATURE)


def day_of(text: str) -> date:
    """The day that a form gives.

    Raises:
        BadForm: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadForm(
            msg("请填写生效日期，如 2026-01-01。"), fields={"holds_from": msg("请填写日期，如 2026-01-01。")}
        ) from None


def count_of(text: str) -> int:
    """A whole number out of a hidden field; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


class Problems(forms.Form):
    """A form whose errors the domain says: by field, or for all of it."""

    use_required_attribute = False

    def __init__(self, *given: Any, error: DomainError | None = None, **more: Any) -> None:
        super().__init__(*given, **more)
        self._error = error

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        super().full_clean()
        if self._error is None:
            return
        self.errors.clear()
        whole = self._error.sentence(gettext)
        beside = {name: gettext(said) for name, said in self._error.fields.items() if name in self.fields}
        if whole not in beside.values() and str(self._error) not in beside.values():
            self.add_error(None, whole)
        for name, said in beside.items():
            self.add_error(name, said)


class DayForm(Problems):
    """From which day; and which decision the screen had seen."""

    holds_from = forms.CharField(label=gettext_lazy("生效日期"), widget=forms.DateInput(attrs={"type": "date"}))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, request: ActingRequest, seen: int, *, error: DomainError | None = None, data: Any = None, **more: Any
    ) -> None:
        tomorrow = local_date(request.now) + timedelta(days=1)
        super().__init__(data, error=error, initial={"holds_from": tomorrow.isoformat(), "seen": seen}, **more)
