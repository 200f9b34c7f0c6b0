"""Sign-in and sign-out in the look of the house; nobody signs up here, and a forgotten password is the keeper's matter."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStage
from allauth.account.views import AccountInactiveView, LoginView, LogoutView, PasswordChangeView
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.web import session

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

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        """Whoever comes back here before the second step starts anew, as somebody else perhaps."""
        clear_login(request)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign in; a machine that tries without end from a browser that nobody knows is stopped first."""
        limits = {"sign_in": settings.UNKNOWN_BROWSERS_A_MINUTE}
        if not session.is_known(request):
            refused: HttpResponse | None = ratelimit.consume_or_429(
                request, app="shanzhi", action="sign_in", config=limits
            )
            if refused is not None:
                return refused
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Says so where a form waits behind the sign-in; the ways to sign in."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "form_waits": PARKED_MARK in (self.get_next_url() or ""),
            "provider_name": settings.OIDC["url"] and (settings.OIDC["name"] or gettext("统一身份认证")),
            "no_second_step": settings.DEMO_CITY and not settings.MFA_REQUIRED,
        }


@method_decorator(never_cache, name="dispatch")
class StaffLogout(LogoutView):  # type: ignore[misc]
    """Asks on GET, signs out on POST."""

    template_name = "access/logout.html"

    def get_redirect_url(self) -> str:
        """The page that says so, and clears the drafts that the browser kept."""
        return reverse("account_signed_out")

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Signed out: pictures in the browser's cache and texts in its storage go as well (OWASP ASVS 5.0, 14.3.1).

        Cookies stay: they hold what belongs to a resident or to the browser, and the session is over on the server.
        """
        answer: HttpResponse = super().post(*args, **kwargs)
        answer["Clear-Site-Data"] = '"cache", "storage"'
        return answer


class StaffPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The current password and a new one, with our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "oldpassword": gettext_lazy("当前密码"),
            "password1": gettext_lazy("新密码"),
            "password2": gettext_lazy("再输一次新密码"),
        }
        for name, label in words.items():
            field = self.fields[name]
            field.label, field.help_text = label, ""
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = gettext_lazy("请填写密码。")
        self.fields["password1"].help_text = gettext_lazy("至少 12 个字符。不要用常见的密码，也不要与用户名相近。")


class ChangePassword(PasswordChangeView):  # type: ignore[misc]
    """Change the password, knowing the current one; every other session ends."""

    template_name = "access/change_password.html"
    success_url = reverse_lazy("mfa_index")

    def get_form_class(self) -> type[StaffPasswordForm]:
        """Our form."""
        return StaffPasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever signs in by the identity provider has no password here."""
        account = request.user
        if isinstance(account, Account) and not account.has_usable_password():
            messages.warning(request, gettext("您的账号在本系统没有密码，不用修改。请用统一身份认证或通行密钥登录。"))
            return HttpResponseRedirect(reverse("mfa_index"))
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: StaffPasswordForm) -> HttpResponse:
        """Changed. The session's hash has the password in it, so the others are over."""
        answer: HttpResponse = super().form_valid(form)
        messages.success(self.request, gettext("密码已修改，其他地方的登录已经退出。"))
        return answer


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
