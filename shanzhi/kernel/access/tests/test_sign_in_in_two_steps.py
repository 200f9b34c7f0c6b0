"""Somebody sets up an authenticator app and signs in with it; what is wrong, old or somebody else's is refused."""

from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from shanzhi.kernel.access.policy import Role, SecondFactorNeeded, check_second_factor
from shanzhi.kernel.access.tests.steps import (
    APP,
    CHECK,
    CODES,
    LOGIN,
    OVERVIEW,
    code_of,
    enrol_app,
    secret_on,
    sign_in,
)
from tests.city import LOGINS, PASSWORD, Cast

pytestmark = pytest.mark.django_db
NAME = LOGINS["handler"]


@pytest.fixture(autouse=True)
def _required(settings):
    settings.MFA_REQUIRED = True


@pytest.fixture
def person(client: Client, cast: Cast) -> Client:
    """Signed in by password alone."""
    assert sign_in(client, NAME).status_code == 302
    return client


def second(client: Client, code: str):
    return client.post(CHECK, {"code": code})


def test_it_lets_a_password_alone_open_nothing_but_the_pages_where_the_second_step_is_set_up(person: Client):
    for path in ("/start/", "/worklist/", "/m/", "/", "/post/", "/notices/", "/report/"):
        assert person.get(path)["Location"] == OVERVIEW, path
    assert person.post("/post/", {"post": "1"})["Location"] == OVERVIEW
    page = person.get(OVERVIEW)
    assert page.status_code == 200
    assert "请先设置两步验证" in page.content.decode()
    assert person.get("/healthz").status_code == 200
    assert person.post("/language/", {"language": "en"}).status_code == 302


def test_it_refuses_the_api_to_a_session_of_a_password_alone(person: Client):
    answer = person.get("/api/v1/matters")
    assert answer.status_code == 401
    assert "两步验证" in answer.json()["detail"]


def test_it_opens_everything_once_an_app_is_enrolled(person: Client):
    _, codes = enrol_app(person)
    assert len(codes) == len(set(codes)) == 10
    assert person.get("/start/")["Location"] == "/worklist/"
    assert person.get("/worklist/").status_code == 200
    assert person.get("/api/v1/matters").status_code == 200


def test_it_shows_the_recovery_codes_once(person: Client):
    _, codes = enrol_app(person)
    again = person.get(CODES).content.decode()
    assert not any(code in again for code in codes)
    assert "备用码已经显示过" in again


def test_it_keeps_the_secret_while_a_wrong_code_is_put_right(person: Client):
    secret = secret_on(person.get(APP).content.decode())
    wrong = person.post(APP, {"code": "000000" if code_of(secret) != "000000" else "111111"})
    assert "验证码不对" in wrong.content.decode()
    assert secret_on(wrong.content.decode()) == secret
    assert person.post(APP, {"code": ""}).content.decode().count("请填写验证码。") >= 1
    assert person.post(APP, {"code": code_of(secret)})["Location"] == CODES


def test_it_asks_for_the_code_at_the_next_sign_in_and_not_before_it_is_right(person: Client, client: Client):
    secret, _ = enrol_app(person)
    other = Client()
    assert sign_in(other, NAME)["Location"] == CHECK
    assert other.get("/worklist/")["Location"].startswith(LOGIN)
    assert other.get("/api/v1/matters").status_code == 401
    assert other.get(OVERVIEW)["Location"].startswith(LOGIN)
    for wrong in ("", "12345", "abcdef", "1234567", "000000" if code_of(secret) != "000000" else "111111", "²²²²²²"):
        assert second(other, wrong).status_code == 200, wrong
        assert other.get("/worklist/")["Location"].startswith(LOGIN)
    assert second(other, f" {code_of(secret)[:3]} {code_of(secret)[3:]} ")["Location"] == "/start/"
    assert other.get("/worklist/").status_code == 200


def test_it_takes_each_code_once(person: Client):
    secret, _ = enrol_app(person)
    first, another = Client(), Client()
    sign_in(first, NAME)
    sign_in(another, NAME)
    code = code_of(secret)
    assert second(first, code).status_code == 302
    refused = second(another, code)
    assert refused.status_code == 200
    assert "已经用过" in refused.content.decode()
    # The code by which the app was enrolled, and every one before the last used, is used up too.
    assert second(another, code_of(secret, -1)).status_code == 200
    assert second(another, code_of(secret, 1)).status_code == 302


def test_it_takes_no_code_from_too_far_off(person: Client):
    secret, _ = enrol_app(person)
    other = Client()
    sign_in(other, NAME)
    assert second(other, code_of(secret, -3)).status_code == 200
    assert second(other, code_of(secret, 3)).status_code == 200


def test_it_takes_each_recovery_code_once(person: Client):
    _, codes = enrol_app(person)
    first, another = Client(), Client()
    sign_in(first, NAME)
    assert second(first, codes[0]).status_code == 302
    sign_in(another, NAME)
    assert second(another, codes[0]).status_code == 200
    assert second(another, codes[1]).status_code == 302
    assert "还有 8 个没有用" in another.get(OVERVIEW).content.decode()


def test_it_takes_nobody_elses_code(person: Client):
    enrol_app(person)
    neighbour = Client()
    sign_in(neighbour, LOGINS["checker"])
    secret, codes = enrol_app(neighbour)
    other = Client()
    sign_in(other, NAME)
    assert second(other, code_of(secret)).status_code == 200
    assert second(other, codes[0]).status_code == 200


def test_it_holds_up_somebody_who_guesses_codes(person: Client):
    secret, _ = enrol_app(person)
    other = Client()
    sign_in(other, NAME)
    for _ in range(10):
        second(other, "000000" if code_of(secret) != "000000" else "111111")
    held = second(other, code_of(secret))
    assert held.status_code == 200
    assert "验证码错误的次数太多" in held.content.decode()
    # It is the account that waits: another browser and another address change nothing.
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    sign_in(elsewhere, NAME)
    assert "验证码错误的次数太多" in second(elsewhere, code_of(secret)).content.decode()


def test_it_keeps_no_secret_in_the_clear(person: Client):
    secret = secret_on(person.get(APP).content.decode())
    assert secret not in str(dict(person.session))
    person.post(APP, {"code": code_of(secret)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == 2
    assert all(secret not in text and '"s1.' in text for text in stored)


def test_it_signs_out_everywhere_else_when_a_factor_is_added_or_removed(person: Client):
    elsewhere = Client()
    sign_in(elsewhere, NAME)
    key = person.session.session_key
    secret, _ = enrol_app(person)
    assert person.session.session_key != key
    assert elsewhere.get("/start/")["Location"].startswith(LOGIN)
    sign_in(elsewhere, NAME)
    second(elsewhere, code_of(secret))
    assert person.post(f"{CODES}new/").status_code == 302
    assert elsewhere.get("/start/")["Location"].startswith(LOGIN)
    assert person.get("/start/")["Location"] == "/worklist/"


def test_it_keeps_the_last_factor_of_a_post_that_needs_one(person: Client, settings):
    enrol_app(person)
    page = person.get(f"{APP}remove/")
    assert "不能去掉" in page.content.decode()
    assert person.post(f"{APP}remove/").status_code == 200
    assert Authenticator.objects.filter(user__username=NAME, type="totp").exists()
    settings.MFA_REQUIRED = False
    assert person.post(f"{APP}remove/")["Location"] == OVERVIEW
    assert not Authenticator.objects.filter(user__username=NAME).exists()


def test_it_asks_for_a_factor_again_before_factors_change(person: Client):
    secret, _ = enrol_app(person)
    session = person.session
    session["signed_in_at"] -= 600
    session.save()
    asked = person.get(f"{CODES}new/")
    assert asked["Location"].startswith("/accounts/confirm/code/")
    assert person.get("/accounts/confirm/")["Location"].startswith("/accounts/confirm/code/"), (
        "the password isn't enough"
    )
    assert "验证码" in person.get(asked["Location"]).content.decode()
    wrong = person.post(asked["Location"], {"code": "12345"})
    assert wrong.status_code == 200
    assert person.get(f"{CODES}new/").status_code == 302
    done = person.post(asked["Location"], {"code": code_of(secret)})
    assert done["Location"] == f"{CODES}new/"
    assert person.get(f"{CODES}new/").status_code == 200


def test_it_asks_for_the_password_again_before_the_first_factor_of_an_old_session(person: Client):
    session = person.session
    session["signed_in_at"] -= 600
    session.save()
    asked = person.get(APP)["Location"]
    assert asked == f"/accounts/confirm/?next={APP.replace('/', '%2F')}"
    assert "密码不对" in person.post(asked, {"password": "wrong"}).content.decode()
    assert person.post(asked, {"password": PASSWORD})["Location"] == APP
    assert person.get(APP).status_code == 200


def test_it_goes_on_with_what_was_sent_once_the_person_has_confirmed(person: Client):
    secret = secret_on(person.get(APP).content.decode())
    session = person.session
    session["signed_in_at"] -= 600
    session.save()
    asked = person.post(APP, {"code": code_of(secret)})
    assert asked["Location"].startswith("/accounts/confirm/")
    assert not Authenticator.objects.filter(user__username=NAME).exists()
    assert person.post(asked["Location"], {"password": PASSWORD})["Location"] == CODES
    assert Authenticator.objects.filter(user__username=NAME, type="totp").exists()


def test_it_lets_somebody_turn_back_at_the_second_step(person: Client):
    enrol_app(person)
    other = Client()
    assert sign_in(other, NAME)["Location"] == CHECK
    assert other.get(LOGIN).status_code == 200
    assert other.get(CHECK)["Location"] == LOGIN, "the sign-in that was begun is over"
    assert sign_in(other, LOGINS["checker"])["Location"] == "/start/"


@pytest.mark.parametrize(
    "path", [OVERVIEW, APP, f"{APP}remove/", CODES, f"{CODES}new/", "/accounts/two-step/passkeys/add/"]
)
def test_it_shows_no_page_of_the_second_step_to_a_visitor(client: Client, cast: Cast, path: str):
    assert client.get(path)["Location"].startswith(LOGIN)


def test_it_has_no_second_step_to_show_before_the_first(client: Client, cast: Cast):
    assert client.get(CHECK)["Location"] == LOGIN
    assert client.post(CHECK, {"code": "123456"})["Location"] == LOGIN


def test_it_asks_for_the_factor_also_where_none_is_required(person: Client, settings):
    enrol_app(person)
    settings.MFA_REQUIRED = False
    other = Client()
    assert sign_in(other, NAME)["Location"] == CHECK
    assert other.get("/worklist/")["Location"].startswith(LOGIN)


def test_it_asks_nothing_in_a_city_that_turned_it_off(person: Client, settings):
    settings.MFA_REQUIRED = False
    assert person.get("/start/")["Location"] == "/worklist/"
    assert "请先设置两步验证" not in person.get(OVERVIEW).content.decode()


def test_it_asks_nothing_of_a_post_that_sees_no_personal_data():
    role = Role("counter", "统计员", "matters:list", frozenset({"find"}), personal_data=False)
    check_second_factor(role, has_second=False, is_required=True)
    for seeing in (replace(role, personal_data=True), None):
        check_second_factor(seeing, has_second=True, is_required=True)
        check_second_factor(seeing, has_second=False, is_required=False)
        with pytest.raises(SecondFactorNeeded):
            check_second_factor(seeing, has_second=False, is_required=True)
