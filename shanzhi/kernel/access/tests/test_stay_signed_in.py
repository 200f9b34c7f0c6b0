"""How long a session lasts, under which id, in which cookie, and what ends it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.tests.steps import LOGIN, sign_in
from shanzhi.kernel.access.tests.two_posts import TwoPosts
from tests.city import LOGINS, PASSWORD, Cast
from tests.site import ROOT

pytestmark = pytest.mark.django_db
NAME = LOGINS["handler"]
CHANGE = "/accounts/password/change/"
BETTER = "zibo-2025-better"


@pytest.fixture
def person(client: Client, cast: Cast) -> Client:
    assert sign_in(client, NAME).status_code == 302
    return client


def turn_back(client: Client, **seconds: int) -> None:
    """As if that time had gone by."""
    session = client.session
    for name, value in seconds.items():
        session[name] -= value
    session.save()


def test_it_ends_twelve_hours_after_the_sign_in_however_busy(person: Client):
    turn_back(person, signed_in_at=12 * 3600 - 60)
    assert person.get("/worklist/").status_code == 200
    turn_back(person, signed_in_at=120)
    assert person.get("/worklist/")["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in person.session


def test_it_ends_after_half_an_hour_without_a_click(person: Client):
    turn_back(person, seen_at=29 * 60)
    assert person.get("/worklist/").status_code == 200
    # The visit was noted: another 29 minutes are fine.
    turn_back(person, seen_at=29 * 60)
    assert person.get("/worklist/").status_code == 200
    turn_back(person, seen_at=30 * 60)
    assert person.get("/worklist/")["Location"].startswith(LOGIN)


def test_it_ends_on_the_sign_in_pages_and_at_the_api_as_well(person: Client, cast: Cast):
    turn_back(person, seen_at=31 * 60)
    assert person.get(CHANGE)["Location"].startswith(LOGIN)
    other = Client()
    sign_in(other, NAME)
    turn_back(other, seen_at=31 * 60)
    assert other.get("/api/v1/matters").status_code == 401


def test_it_does_not_end_idle_where_the_city_says_so(person: Client, settings):
    settings.SESSION_IDLE_MINUTES = 0
    turn_back(person, seen_at=11 * 3600)
    assert person.get("/worklist/").status_code == 200


def test_it_keeps_what_was_typed_when_it_ends(client: Client, cast: Cast):
    sign_in(client, LOGINS["dispatcher"])
    turn_back(client, seen_at=31 * 60)
    answer = client.post("/triage/20250101-000001/", {"action": "note", "text": "写了半天的话", "page": "/triage/"})
    assert answer["Location"].startswith(f"{LOGIN}?next=%2Ftriage%2F%3Fparked%3D")
    assert "登录后接着办" in client.get(answer["Location"]).content.decode()


def test_it_has_another_id_after_the_sign_in_and_after_a_change_of_post(double: TwoPosts, cast: Cast):
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = "by somebody who knows this id"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    planted = str(session.session_key)
    sign_in(client, double.login)
    first = client.session.session_key
    assert first != planted
    client.post("/post/", {"post": str(double.handler.post_id)})
    assert client.session.session_key not in (first, planted)
    assert client.get("/start/")["Location"] == "/worklist/"
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = str(first)
    assert thief.get("/worklist/")["Location"].startswith(LOGIN)


def test_it_ends_every_session_of_an_account_at_once(person: Client):
    other = Client()
    sign_in(other, NAME)
    neighbour = Client()
    sign_in(neighbour, LOGINS["checker"])
    operations.sessions_end(account_id=Account.objects.get(username=NAME).pk)
    assert person.get("/worklist/")["Location"].startswith(LOGIN)
    assert other.get("/worklist/")["Location"].startswith(LOGIN)
    assert neighbour.get("/checks/").status_code == 200


# -- the password ----------------------------------------------------------------------------------------------------


def change(client: Client, old: str, new: str, again: str | None = None):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again or new})


def test_it_changes_the_password_and_ends_the_other_sessions(person: Client):
    other = Client()
    sign_in(other, NAME)
    assert change(person, PASSWORD, BETTER)["Location"] == "/accounts/two-step/"
    assert person.get("/worklist/").status_code == 200
    assert other.get("/worklist/")["Location"].startswith(LOGIN)
    assert sign_in(Client(), NAME).status_code == 200
    assert sign_in(Client(), NAME, BETTER).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", BETTER, None, "当前密码不对"),
        (PASSWORD, "elevenchars", None, "12"),
        (PASSWORD, "password1234", None, "常见"),
        (PASSWORD, "123456789012", None, "数字"),
        (PASSWORD, "handler-1234", None, "相似"),
        (PASSWORD, BETTER, "zibo-2025-other", ""),
        (PASSWORD, "", None, "请填写密码"),
    ],
)
def test_it_refuses_a_bad_new_password_in_a_sentence(person: Client, old: str, new: str, again: str | None, said: str):
    answer = change(person, old, new, again)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert sign_in(Client(), NAME).status_code == 302


def test_it_takes_long_passwords_and_any_signs(person: Client):
    long = "我家门前有两棵树 one is a 枣树, " * 5
    assert change(person, PASSWORD, long.strip()).status_code == 302
    assert sign_in(Client(), NAME, long.strip()).status_code == 302


def test_it_changes_no_password_of_a_visitor(client: Client, cast: Cast):
    assert client.get(CHANGE)["Location"].startswith(LOGIN)
    assert change(client, PASSWORD, BETTER)["Location"].startswith(LOGIN)


# -- cookies ---------------------------------------------------------------------------------------------------------

SHOW = """
from django.conf import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,
      s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH, s.MFA_REQUIRED)
"""


def settings_with(show: str = SHOW, **given: str) -> str:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_") or name == "SHANZHI_HOME"
    }
    environment = kept | {"DJANGO_SETTINGS_MODULE": "shanzhi.config.settings", "PYTHONPATH": str(ROOT)} | given
    said = subprocess.run([sys.executable, "-c", show], env=environment, capture_output=True, check=True, cwd=ROOT)
    return said.stdout.decode().strip()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"SHANZHI_TLS": "1"}, "__Host-sessionid __Host-csrftoken True True True Lax None / True"),
        ({}, "sessionid csrftoken False False True Lax None / True"),
        ({"SHANZHI_MFA": "off"}, "sessionid csrftoken False False True Lax None / False"),
        ({"SHANZHI_MFA": "no"}, "sessionid csrftoken False False True Lax None / True"),
        ({"SHANZHI_DEMO": "1"}, "sessionid csrftoken False False True Lax None / False"),
        ({"SHANZHI_DEMO": "1", "SHANZHI_MFA": "required"}, "sessionid csrftoken False False True Lax None / True"),
    ],
    ids=["TLS", "plain", "off", "anything else", "demo", "demo in earnest"],
)
def test_it_binds_the_cookies_to_the_host_under_tls_and_asks_for_two_steps_unless_told_not_to(given, expected):
    assert settings_with(**given) == expected


def test_it_keeps_the_cookie_of_the_language_to_tls_and_to_the_server():
    names = ("NAME", "SECURE", "HTTPONLY")
    show = f"from django.conf import settings as s; print(*(getattr(s, f'LANGUAGE_COOKIE_{{n}}') for n in {names}))"
    assert settings_with(show, SHANZHI_TLS="1") == "__Host-language True True"
    assert settings_with(show) == "language False True"


def test_it_lets_the_sign_in_form_lead_to_the_identity_provider_and_nowhere_else():
    show = "from django.conf import settings as s; print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    assert settings_with(show) == """["'self'"]"""
    given = {"SHANZHI_OIDC_URL": "https://id.example.org:8443/realms/city/"}
    assert settings_with(show, **given) == """["'self'", 'https://id.example.org:8443']"""


def test_it_prefixes_the_cookies_of_residents_under_tls():
    show = (
        "import django; django.setup(); from shanzhi.modules.intake.web.sealed import RECEIPT_COOKIE as receipt; "
        "from shanzhi.kernel.access.web.middleware import FOLLOWED_COOKIE as followed, RESIDENT_COOKIE as resident; "
        "print(receipt, followed, resident)"
    )
    assert settings_with(show, SHANZHI_TLS="1") == "__Secure-receipt __Host-followed __Host-resident"
    assert settings_with(show) == "receipt followed resident"
