"""Sign-in and sign-out in the look of the house; nobody signs up here, and a forgotten password is the keeper's matter."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.views import AccountInactiveView, LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PARKED_MARK = "parked="
"""In the address to return to: a form was sent without a valid session, and what was typed waits for its writer."""


class StaffLoginForm(LoginForm):  # type: ignore[misc]
    """User name and password, with our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["login"], self.fields["password"]
        name.label, password.label = gettext_lazy("用户名"), gettext_lazy("密码")
        name.error_messages["required"] = gettext_lazy("请填写用户名。")
        password.error_messages["required"] = gettext_lazy("请填写密码。")
        password.help_text = ""
        for field in (name, password):
            field.widget.attrs.pop("placeholder", None)
        name.widget.attrs.update(autocapitalize="none", spellcheck="false")


class StaffLogin(LoginView):  # type: ignore[misc]
    """The sign-in page."""

    template_name = "access/login.html"

    def get_form_class(self) -> type[StaffLoginForm]:
        """Our form."""
        return StaffLoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Says so where a form waits behind the sign-in."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"form_waits": PARKED_MARK in (self.get_next_url() or "")}


@method_decorator(never_cache, name="dispatch")
class StaffLogout(LogoutView):  # type: ignore[misc]
    """Asks on GET, signs out on POST."""

    template_name = "access/logout.html"

    def get_redirect_url(self) -> str:
        """The page that says so, and clears the drafts that the browser kept."""
        return reverse("account_signed_out")


class Inactive(AccountInactiveView):  # type: ignore[misc]
    """The account was closed."""

    template_name = "access/inactive.html"


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Signed out: nothing of the last user stays in the browser."""
    return render(request, "access/signed_out.html")


@require_safe
def signup_closed(request: HttpRequest) -> HttpResponse:
    """Accounts are opened by the unit's keeper."""
    return render(request, "access/signup_closed.html")
