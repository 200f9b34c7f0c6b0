"""Who asks, what was typed, and forms that take over the domain's sentences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.drives.policy.words import READ

DIGITS = 15


def check(request: ActingRequest, feature: str = READ) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post do this?"""
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


def number_of(text: str) -> int:
    """A whole number as typed; 0 for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else 0


def day_of(text: str) -> date | None:
    """A day as typed; None for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def degrees_of(text: str, most: int) -> float | None:
    """Degrees as a phone gives them; None for anything else."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if -most <= found <= most else None


def post_of(request: HttpRequest, name: str) -> str:
    """What was sent under a name."""
    return str(request.POST.get(name, ""))


class Told(forms.Form):
    """A form that takes over the domain's sentences as its own errors."""

    use_required_attribute = False

    def __init__(self, data: Any = None, problems: Mapping[str, str] | None = None, **given: Any) -> None:
        super().__init__(data, **given)
        self._problems = dict(problems or {})

    def full_clean(self) -> None:
        """Django's own checks first; where the domain said something, that instead."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            if name is not None:
                self.errors.pop(name, None)
            self.add_error(name, gettext(sentence))


def problems_of(error: DomainError | None) -> dict[str, str]:
    """What an error says beside each field; the whole sentence where it says nothing there."""
    if error is None:
        return {}
    return dict(error.fields) or {"": error.sentence(gettext)}


def headline(error: DomainError | None) -> str:
    """The sentence that heads what stands beside the fields; empty where it is the only one."""
    return error.sentence(gettext) if error is not None and error.fields else ""
