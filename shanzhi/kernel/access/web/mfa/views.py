"""Pages of the second step: what one has, adding, naming, removing, recovery codes, and the step itself."""

import json
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as CodeReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.web import session

# allauth would ask a stranger to confirm who they are, and keep what they sent until then: in a session of their own.
_KNOWN = method_decorator(login_required, name="dispatch")


def _options(context: dict[str, Any], name: str) -> dict[str, Any]:
    """allauth's options for the browser, as text for an attribute of the form."""
    found = context.pop("js_data", {}).get(name)
    return context | {"passkey_options": json.dumps(found) if found else ""}


class Overview(IndexView):  # type: ignore[misc]
    """What somebody signs in with."""

    template_name = "access/mfa/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Passkeys, app, recovery codes left, and whether a factor is still missing."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["authenticators"]
        recovery = found.get(Authenticator.Type.RECOVERY_CODES)
        app = found.get(Authenticator.Type.TOTP)
        passkeys = found.get(Authenticator.Type.WEBAUTHN, [])
        return context | {
            "passkeys": [
                {
                    "pk": key.instance.pk,
                    "name": key.name,
                    "created_at": key.instance.created_at,
                    "last_used_at": key.instance.last_used_at,
                }
                for key in passkeys
            ],
            "app": app.instance if app else None,
            "codes_left": len(recovery.get_unused_codes()) if recovery else 0,
            "has_factor": bool(app or passkeys),
            "must_enrol": settings.MFA_REQUIRED and not (app or passkeys),
            "signed_in_fully": isinstance(self.request.user, Account)
            and session.has_second_step(self.request, self.request.user),
        }


class SecondStepPage(AuthenticateView):  # type: ignore[misc]
    """The second step of signing in."""

    template_name = "access/mfa/second_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which ways this person has."""
        context = _options(super().get_context_data(**kwargs), "request_options")
        types = set(Authenticator.objects.filter(user_id=self.stage.login.user.pk).values_list("type", flat=True))
        return context | {
            "has_passkey": Authenticator.Type.WEBAUTHN in types,
            "has_app": Authenticator.Type.TOTP in types,
        }


@_KNOWN
class EnrolApp(ActivateTOTPView):  # type: ignore[misc]
    """Enrol an authenticator app: works without script."""

    template_name = "access/mfa/enrol_app.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The secret, in groups of four as people type it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Enrolled: the other sessions end, and the code can't be used again."""
        response: HttpResponse = super().form_valid(form)
        operations.totp_counter_used(account_id=self.request.user.pk, counter=form.counter)  # type: ignore[attr-defined]
        session.factors_changed(self.request, Authenticator.Type.TOTP.value)
        messages.success(self.request, gettext("验证器已启用，其他地方的登录已经退出。"))
        return response


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    """Take the authenticator app off."""

    template_name = "access/mfa/remove_app.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Removed: the other sessions end."""
        response: HttpResponse = super().form_valid(form)
        session.factors_changed(self.request)
        messages.success(self.request, gettext("验证器已去掉，其他地方的登录已经退出。"))
        return response


@_KNOWN
class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey; the browser's part needs script, an app doesn't."""

    template_name = "access/mfa/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the browser has to make: a key that signs in by itself and asks for the device's lock."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = webauthn.begin_registration(self.request.user, True)
        return context | {"passkey_options": json.dumps(options)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Added: the other sessions end."""
        response: HttpResponse = super().form_valid(form)
        session.factors_changed(self.request, Authenticator.Type.WEBAUTHN.value)
        messages.success(self.request, gettext("通行密钥已添加，其他地方的登录已经退出。"))
        return response


@_KNOWN
class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]
    """Name a passkey."""

    template_name = "access/mfa/rename_passkey.html"
    success_url = reverse_lazy("mfa_index")


@_KNOWN
class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Take a passkey off; the last factor stays where posts need one."""

    # Django's view also answers DELETE, and that by deleting alone: without asking for the last factor, without ending
    # the other sessions.
    http_method_names = ("get", "head", "options", "post")
    template_name = "access/mfa/remove_passkey.html"
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Removed: the other sessions end."""
        if not get_adapter().can_delete_authenticator(self.get_object()):
            form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
            page: HttpResponse = self.render_to_response(self.get_context_data(form=form))
            return page
        response: HttpResponse = super().form_valid(form)
        session.factors_changed(self.request)
        messages.success(self.request, gettext("通行密钥已去掉，其他地方的登录已经退出。"))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The key's name."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"passkey_name": self.get_object().wrap().name}


@method_decorator(never_cache, name="dispatch")
class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """The recovery codes, once."""

    template_name = "access/mfa/recovery_codes.html"


@_KNOWN
class NewRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Make new recovery codes; the old ones end."""

    template_name = "access/mfa/new_recovery_codes.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """New ones: the other sessions end."""
        response: HttpResponse = super().form_valid(form)
        session.factors_changed(self.request)
        return response


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """Sign in by passkey alone: the browser fetches the options by GET and posts what the device answers."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Back to the sign-in page, with a sentence; which key it was isn't said."""
        messages.error(self.request, gettext("通行密钥没有核对成功。请再试一次，或用密码登录。"))
        return HttpResponseRedirect(reverse("account_login"))


class ConfirmByPassword(ReauthenticateView):  # type: ignore[misc]
    """The password once more, before factors change."""

    template_name = "access/mfa/confirm.html"

    def get_form(self, *args: Any, **kwargs: Any) -> forms.Form:
        """Our words."""
        form: forms.Form = super().get_form(*args, **kwargs)
        form.fields["password"].label = gettext("密码")
        form.fields["password"].help_text = ""
        form.fields["password"].widget.attrs.pop("placeholder", None)
        form.fields["password"].error_messages["required"] = gettext("请填写密码。")
        return form


class ConfirmByCode(CodeReauthenticateView):  # type: ignore[misc]
    """A code, before factors change."""

    template_name = "access/mfa/confirm.html"


class ConfirmByPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """A passkey, before factors change."""

    template_name = "access/mfa/confirm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the browser has to ask for."""
        return _options(super().get_context_data(**kwargs), "request_options") | {"by_passkey": True}

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Once more."""
        messages.error(self.request, gettext("通行密钥没有核对成功。请再试一次，或换一种方式。"))
        return HttpResponseRedirect(self.request.get_full_path())
