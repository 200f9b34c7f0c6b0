"""The sign-in addresses under `accounts/`, by the names that allauth asks for.

Its other pages (e-mail, password reset, codes) are not there: staff have no e-mail in the system.
"""

from django.urls import path

from shanzhi.kernel.access.web import sign_in

urlpatterns = [
    path("login/", sign_in.StaffLogin.as_view(), name="account_login"),
    path("logout/", sign_in.StaffLogout.as_view(), name="account_logout"),
    path("signed-out/", sign_in.signed_out, name="account_signed_out"),
    path("inactive/", sign_in.Inactive.as_view(), name="account_inactive"),
    path("signup/", sign_in.signup_closed, name="account_signup"),
]
