"""Who asks, and forms that take over the domain's sentences."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.rounds.policy.words import LEAD, READ


def check(request: ActingRequest, feature: str = READ) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post open this?"""
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


def leads_city(request: ActingRequest, city_code: str) -> bool:
    """Does the acting post lead rounds of this city?"""
    return may(request, LEAD) and request.actor.place.contains(city_code)


class Told(forms.Form):
    """A form that takes over the domain's sentences as its own errors."""

    def __init__(self, data: Any = None, problems: Mapping[str, str] | None = None, **given: Any) -> None:
        super().__init__(data, **given)
        self._problems = dict(problems or {})

    def full_clean(self) -> None:
        """Django's own checks first, then what the domain said."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            if name is None or name not in self.errors:
                self.add_error(name, gettext(sentence))


def problems_of(error: DomainError) -> dict[str, str]:
    """What an error says beside each field; the whole sentence where it says nothing there."""
    return dict(error.fields) or {"": error.sentence(gettext)}


def headline(error: DomainError | None) -> str:
    """The sentence that heads what stands beside the fields; empty where it is the only one."""
    return error.sentence(gettext) if error is not None and error.fields else ""
