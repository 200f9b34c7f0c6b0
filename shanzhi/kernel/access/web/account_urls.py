"""The sign-in addresses under `accounts/`, by the names that allauth asks for.

Its other pages (e-mail, password reset, codes by e-mail) are not there: staff have no e-mail in the system.
"""

from django.urls import path

from shanzhi.kernel.access.web import sign_in
from shanzhi.kernel.access.web.mfa import views as mfa
from shanzhi.kernel.access.web.oidc import views as oidc

urlpatterns = [
    path("login/", sign_in.StaffLogin.as_view(), name="account_login"),
    path("logout/", sign_in.StaffLogout.as_view(), name="account_logout"),
    path("signed-out/", sign_in.signed_out, name="account_signed_out"),
    path("inactive/", sign_in.Inactive.as_view(), name="account_inactive"),
    path("signup/", sign_in.signup_closed, name="account_signup"),
    path("password/change/", sign_in.ChangePassword.as_view(), name="account_change_password"),
    path("confirm/", mfa.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("confirm/code/", mfa.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("confirm/passkey/", mfa.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("two-step/", mfa.Overview.as_view(), name="mfa_index"),
    path("two-step/check/", mfa.SecondStepPage.as_view(), name="mfa_authenticate"),
    path("two-step/app/", mfa.EnrolApp.as_view(), name="mfa_activate_totp"),
    path("two-step/app/remove/", mfa.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("two-step/passkeys/add/", mfa.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("two-step/passkeys/sign-in/", mfa.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("two-step/passkeys/<int:pk>/name/", mfa.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("two-step/passkeys/<int:pk>/remove/", mfa.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("two-step/codes/", mfa.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("two-step/codes/new/", mfa.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("provider/", oidc.begin, name="provider_begin"),
    path("provider/back/", oidc.back, name="openid_connect_callback"),
]
