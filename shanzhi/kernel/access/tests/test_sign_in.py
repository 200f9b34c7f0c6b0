"""Somebody signs in, mistypes, is held up, signs out."""

import pytest
from django.test import Client
from django.urls import reverse

from shanzhi.kernel.access import throttle
from shanzhi.kernel.access.models import Account
from tests.city import LOGINS, PASSWORD, Cast
from tests.desks import BACKEND

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: str):
    return client.post(LOGIN, {"login": name, "password": password, **extra})


def test_it_shows_the_sign_in_page_in_our_words(client: Client, cast: Cast):
    html = client.get(LOGIN).content.decode()
    assert "用户名" in html
    assert "密码" in html
    assert "请联系本单位管理员" in html
    assert "Username" not in html
    assert "placeholder" not in html
    assert 'autocomplete="username"' in html
    assert 'autocomplete="current-password"' in html


def test_it_leads_from_sign_in_to_the_start_of_the_post(client: Client, cast: Cast):
    answer = sign_in(client, LOGINS["handler"])
    assert (answer.status_code, answer["Location"]) == (302, "/start/")
    assert client.get("/start/")["Location"] == reverse("worklist:list")


def test_it_leads_back_to_where_one_wanted_to_go(client: Client, cast: Cast):
    assert sign_in(client, LOGINS["handler"], next="/notices/")["Location"] == "/notices/"
    assert sign_in(Client(), LOGINS["handler"], next="https://elsewhere.example/")["Location"] == "/start/"


def test_it_says_that_a_form_waits(client: Client, cast: Cast):
    assert "登录后接着办" in client.get(LOGIN, {"next": "/worklist/?parked=abc"}).content.decode()
    assert "登录后接着办" not in client.get(LOGIN, {"next": "/worklist/"}).content.decode()


def test_it_says_what_is_wrong_in_a_sentence(client: Client, cast: Cast):
    assert "用户名或密码不对" in sign_in(client, LOGINS["handler"], "wrong").content.decode()
    empty = sign_in(client, "", "").content.decode()
    assert "请填写用户名。" in empty
    assert "请填写密码。" in empty


def test_it_does_not_tell_whether_a_name_exists(client: Client, cast: Cast):
    known = sign_in(client, LOGINS["handler"], "wrong").content.decode()
    unknown = sign_in(client, "nobody-here", "wrong").content.decode()
    assert known.count("用户名或密码不对") == unknown.count("用户名或密码不对") == 1


def test_it_holds_up_a_name_after_eight_wrong_passwords_and_no_other_name(client: Client, cast: Cast):
    answers = [sign_in(client, LOGINS["checker"], "wrong") for _ in range(throttle.HERE_MOST)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    html = answers[-1].content.decode()
    assert "这个用户名暂停登录" in html
    assert "请在 15 分钟后再试" in html
    assert LOGINS["checker"] not in html, "people type passwords into the wrong field"
    assert sign_in(client, LOGINS["checker"]).status_code == 429
    assert sign_in(Client(), LOGINS["handler"]).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="10.1.2.3"), LOGINS["checker"]).status_code == 302


def test_it_asks_before_it_signs_out_and_clears_what_the_browser_kept(client: Client, cast: Cast):
    sign_in(client, LOGINS["handler"])
    assert "退出登录？" in client.get("/accounts/logout/").content.decode()
    assert client.get("/notices/").status_code == 200
    left = client.post("/accounts/logout/")
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    gone = client.get(left["Location"])
    assert 'data-draft-clear="*"' in gone.content.decode()
    assert client.get("/notices/")["Location"].startswith(LOGIN)


@pytest.mark.parametrize(
    "path",
    [
        "email/",
        "password/reset/",
        "password/set/",
        "confirm-email/",
        "login/code/",
    ],
)
def test_it_has_no_pages_that_nobody_needs(client: Client, cast: Cast, path):
    answer = client.get(f"/accounts/{path}")
    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.content.decode()


def test_it_changes_no_password_where_there_is_none(client: Client, cast: Cast):
    """Whoever signs in by the identity provider is told so."""
    account = Account.objects.get(username=LOGINS["handler"])
    account.set_unusable_password()
    account.save(update_fields=["password"])
    client.force_login(account, BACKEND)
    for answer in (client.get("/accounts/password/change/"), client.post("/accounts/password/change/")):
        assert answer["Location"] == "/accounts/two-step/"
    assert "没有密码" in client.get("/accounts/two-step/").content.decode()


def test_it_says_that_accounts_are_opened_by_the_unit(client: Client, cast: Cast):
    assert "账号由单位开通" in client.get("/accounts/signup/").content.decode()
    assert client.post("/accounts/signup/", {"username": "x", "password1": "y"}).status_code == 405


def test_it_says_in_the_demo_that_two_steps_are_off(client: Client, cast: Cast, settings):
    assert "演示城市未启用两步验证" not in client.get(LOGIN).content.decode()
    settings.DEMO_CITY = True
    assert "演示城市未启用两步验证" in client.get(LOGIN).content.decode()
    settings.MFA_REQUIRED = True
    assert "演示城市未启用两步验证" not in client.get(LOGIN).content.decode()
