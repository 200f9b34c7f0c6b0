"""Somebody signs in by the city's identity provider: a real one, over HTTP; and what it gets wrong lets nobody in."""

import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client

from shanzhi.config import database
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.tests.steps import CHECK, LOGIN, OVERVIEW, code_of, enrol_app, sign_in
from shanzhi.kernel.access.web.oidc.http import MOST_BYTES, ProviderSession, is_safe
from shanzhi.kernel.organisation.models import Staff
from tests.city import LOGINS, Cast
from tests.oidc.conftest import IdentityProvider, free_port

pytestmark = pytest.mark.django_db
BEGIN = "/accounts/provider/"
NAME = LOGINS["handler"]


def begin(client: Client, **fields: str) -> str:
    answer = client.post(BEGIN, fields)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def way_back(client: Client, provider: IdentityProvider, **fields: str) -> str:
    """Go to the provider and sign in there; returns the path by which it sends the browser back."""
    back = urlsplit(provider.visit(begin(client, **fields)))
    return f"{back.path}?{back.query}"


def kept_account(name: str, *, is_active: bool = True) -> str:
    """An account of nobody on the staff; made by the owner, and it stays: the web has no right to make one."""
    with database.as_owner(settings.INSTALLATION) as owner:
        owner.execute(
            "INSERT INTO access_account (username, password, email, is_active, session_epoch) VALUES (%s, '!', '', %s, 0)"
            " ON CONFLICT (username) DO NOTHING",
            [name, is_active],
        )
    return name


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_it_signs_in_whom_the_provider_names(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(NAME)
    answer = client.get(way_back(client, provider))
    assert (answer.status_code, answer["Location"]) == (302, "/start/")
    assert client.get("/start/")["Location"] == "/worklist/"


def test_it_leads_back_to_where_one_wanted_to_go_and_nowhere_else(
    client: Client, cast: Cast, provider: IdentityProvider
):
    provider.next(NAME)
    assert client.get(way_back(client, provider, next="/notices/"))["Location"] == "/notices/"
    elsewhere = Client()
    assert elsewhere.get(way_back(elsewhere, provider, next="https://elsewhere.example/"))["Location"] == "/start/"


def test_it_asks_with_pkce_state_and_nonce_and_takes_nothing_from_the_address(
    client: Client, cast: Cast, provider: IdentityProvider
):
    more = "?auth_params=redirect_uri%3Dhttps://elsewhere.example&scope=admin&process=connect"
    asked = parse_qs(urlsplit(client.post(BEGIN + more)["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/accounts/provider/back/"]
    assert sorted(asked["scope"][0].split()) == ["openid", "profile"]
    assert len(asked["nonce"][0]) == 32
    assert len(asked["state"][0]) >= 16
    other = parse_qs(urlsplit(begin(client)).query)
    assert other["nonce"] != asked["nonce"]
    assert other["state"] != asked["state"]


def test_it_shows_the_button_only_in_a_city_with_a_provider(client: Client, cast: Cast, provider, settings):
    assert "用市统一身份认证登录" in client.get(LOGIN).content.decode()
    settings.OIDC = settings.OIDC | {"url": ""}
    assert "身份认证登录" not in client.get(LOGIN).content.decode()
    assert client.post(BEGIN).status_code == 404
    assert client.get(f"{BEGIN}back/?state=x&code=y").status_code == 404


def test_it_does_not_begin_by_a_link(client: Client, cast: Cast, provider: IdentityProvider):
    assert client.get(BEGIN).status_code == 405


def test_it_finds_the_account_by_the_work_number_where_the_city_says_so(client: Client, cast: Cast, provider, settings):
    settings.OIDC = settings.OIDC | {"claim": "employee_number"}
    number = Staff.objects.get(pk=cast.handler.staff_id).work_number
    provider.next("somebody-else", employee_number=number)
    assert client.get(way_back(client, provider))["Location"] == "/start/"
    assert Account.objects.get(pk=client.session["_auth_user_id"]).username == NAME
    # A sign-in name is no work number.
    other = Client()
    provider.next("x", employee_number=NAME)
    assert other.get(way_back(other, provider)).status_code == 403


@pytest.mark.parametrize("who", ["nobody-here", "HANDLER", "handler ", "' OR 1=1 --", "系统"])
def test_it_makes_no_account_for_somebody_unknown(client: Client, cast: Cast, provider: IdentityProvider, who: str):
    count = Account.objects.count()
    provider.next("sub", preferred_username=who)
    answer = client.get(way_back(client, provider))
    assert answer.status_code == 403
    assert "本系统还没有您的账号" in answer.content.decode()
    assert not signed_in(client)
    assert Account.objects.count() == count


@pytest.mark.parametrize("value", [None, "", 5, ["handler"], {"is": "handler"}, True])
def test_it_takes_no_claim_that_is_no_text(client: Client, cast: Cast, provider: IdentityProvider, value: object):
    provider.next("sub", preferred_username=value)
    assert client.get(way_back(client, provider)).status_code == 403
    assert not signed_in(client)


@pytest.mark.parametrize("wrong", ["key", "nonce", "no-nonce", "issuer", "audience", "expired", "unsigned"])
def test_it_believes_no_token_that_does_not_hold(
    client: Client, cast: Cast, provider: IdentityProvider, wrong: str, caplog
):
    provider.next(NAME, wrong=wrong)
    answer = client.get(way_back(client, provider))
    assert answer.status_code == 502
    assert "统一身份认证没有应答，或者答复有误" in answer.content.decode()
    assert not signed_in(client)
    assert "identity provider: OAuth2Error" in caplog.text
    assert NAME not in caplog.text


@pytest.mark.parametrize("wrong", ["discovery-issuer", "discovery-elsewhere"])
def test_it_is_led_to_no_other_issuer_and_no_other_address(client: Client, cast: Cast, provider, wrong: str):
    provider.next(NAME)
    back = way_back(client, provider)
    provider.next(NAME, wrong=wrong)
    assert client.get(back).status_code == 502
    assert not signed_in(client)


def test_it_takes_no_answer_that_names_another_issuer(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(NAME)
    back = way_back(client, provider)
    assert "&iss=" in back
    assert client.get(f"{back.partition('&iss=')[0]}&iss=https%3A%2F%2Felsewhere.example").status_code == 502
    assert not signed_in(client)


def test_it_takes_no_answer_that_was_not_asked_for_here(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(NAME)
    back = way_back(client, provider)
    thief = Client()
    for path in (back, back.replace("state=", "state=x"), f"{BEGIN}back/?code=1", f"{BEGIN}back/"):
        answer = thief.get(path)
        assert answer.status_code == 400, path
        assert "不是从这里开始的" in answer.content.decode()
    assert not signed_in(thief)


def test_it_takes_each_answer_once(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(NAME)
    back = way_back(client, provider)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400
    # The same code under a fresh state: the provider refuses it, and so do we.
    other = Client()
    state = parse_qs(urlsplit(begin(other)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert other.get(f"{BEGIN}back/?code={code}&state={state}").status_code == 502
    assert not signed_in(other)


def test_it_says_so_when_the_provider_lets_nobody_in(client: Client, cast: Cast, provider: IdentityProvider):
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    answer = client.get(f"{BEGIN}back/?error=access_denied&state={state}")
    assert answer.status_code == 403
    assert "没有放行" in answer.content.decode()


def test_it_says_so_when_the_provider_is_down(client: Client, cast: Cast, provider: IdentityProvider, settings):
    settings.OIDC = settings.OIDC | {"url": f"http://127.0.0.1:{free_port()}"}
    answer = client.post(BEGIN)
    assert answer.status_code == 502
    assert "请稍后再试，或者用密码登录" in answer.content.decode()
    assert sign_in(client, NAME).status_code == 302


def test_it_gives_somebody_without_a_post_nothing(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(kept_account("nobodys"))
    assert client.get(way_back(client, provider))["Location"] == "/start/"
    page = client.get("/start/")
    assert page.status_code == 403
    assert "您目前没有任何岗位" in page.content.decode()


def test_it_lets_no_closed_account_in(client: Client, cast: Cast, provider: IdentityProvider):
    provider.next(kept_account("closed", is_active=False))
    assert client.get(way_back(client, provider))["Location"] == "/accounts/inactive/"
    assert not signed_in(client)


# -- the second step -------------------------------------------------------------------------------------------------


def test_it_asks_for_our_second_step_where_the_provider_vouches_for_none(
    client: Client, cast: Cast, provider, settings
):
    settings.MFA_REQUIRED = True
    provider.next(NAME)
    client.get(way_back(client, provider))
    assert client.get("/start/")["Location"] == OVERVIEW
    secret, _ = enrol_app(client)
    other = Client()
    assert other.get(way_back(other, provider))["Location"] == CHECK
    assert not signed_in(other)
    assert other.post(CHECK, {"code": code_of(secret)})["Location"] == "/start/"


def test_it_believes_the_provider_about_the_second_step_only_where_the_city_says_so(
    client: Client, cast: Cast, provider: IdentityProvider, settings
):
    settings.MFA_REQUIRED = True
    provider.next(NAME, wrong="mfa")
    client.get(way_back(client, provider))
    assert client.get("/start/")["Location"] == OVERVIEW
    settings.OIDC = settings.OIDC | {"mfa": "1"}
    believed = Client()
    believed.get(way_back(believed, provider))
    assert believed.get("/start/")["Location"] == "/worklist/"
    provider.next(NAME)
    silent = Client()
    silent.get(way_back(silent, provider))
    assert silent.get("/start/")["Location"] == OVERVIEW


def test_it_asks_for_the_class_that_the_city_names_and_wants_it_back(client: Client, cast: Cast, provider, settings):
    settings.MFA_REQUIRED = True
    settings.OIDC = settings.OIDC | {"mfa": "urn:two-steps"}
    assert parse_qs(urlsplit(begin(client)).query)["acr_values"] == ["urn:two-steps"]
    provider.next(NAME, wrong="acr")
    client.get(way_back(client, provider))
    assert client.get("/start/")["Location"] == "/worklist/"
    provider.next(NAME, wrong="mfa")
    other = Client()
    other.get(way_back(other, provider))
    assert other.get("/start/")["Location"] == OVERVIEW


# -- the calls -------------------------------------------------------------------------------------------------------


def test_it_calls_the_providers_own_address_alone(provider: IdentityProvider):
    calls = ProviderSession(provider.url)
    assert calls.get(f"{provider.url}/.well-known/openid-configuration").json()["issuer"] == provider.url
    for elsewhere in (
        "http://127.0.0.1:9/",
        "https://elsewhere.example/",
        f"{provider.url}@elsewhere.example/",
        "file:///etc/passwd",
    ):
        with pytest.raises(requests.RequestException):
            calls.get(elsewhere)


def test_it_wants_https_beyond_this_machine():
    assert is_safe("https://id.example.org/x")
    assert is_safe("http://127.0.0.1:8080/")
    assert not is_safe("http://id.example.org/")
    assert not is_safe("ftp://127.0.0.1/")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * (MOST_BYTES + 20_000),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{",
        b"",
    ],
    ids=["redirect", "too much", "no JSON", "nothing"],
)
def test_it_gives_up_on_a_provider_that_answers_badly(client: Client, cast: Cast, provider, settings, answer: bytes):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        settings.OIDC = settings.OIDC | {"url": f"http://127.0.0.1:{server.getsockname()[1]}"}
        assert client.post(BEGIN).status_code == 502
        thread.join()


def test_it_does_not_wait_for_a_provider_that_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(requests.Timeout):
            ProviderSession(url, seconds=0.2).get(url)
