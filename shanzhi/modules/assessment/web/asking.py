"""Who asks, forms that take over the domain's sentences, and where the address of an action leads."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

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


def sent_to(page: str, at: str = "", *, feature: str = READ) -> Callable[[Callable[..., HttpResponse]], Any]:
    """The address of an action, which belongs to a page (named by its route, `at` a place on it). A refused action is drawn
    under its own address; whoever opens that again, or comes back to it, is led to the page and nothing is done."""

    def decorate(view: Callable[..., HttpResponse]) -> Any:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def led(request: ActingRequest, pk: int, **given: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, pk, **given)
            check(request, feature)
            args = [pk, given["key"]] if "key" in given else [pk]
            return HttpResponseRedirect(reverse(f"assessment:{page}", args=args) + at)

        return led

    return decorate
