"""A request is counted for the address that it came from, whatever it says of itself."""

import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings

from shanzhi.config.edge.proxies import FORWARDING, ProxyMiddleware, address_behind
from shanzhi.kernel.access.models import Account
from shanzhi.modules.intake.web.resident import address_of
from tests.city import LOGINS, Cast


@pytest.mark.parametrize(
    ("told", "proxies", "address"),
    [
        ("", 0, "10.0.0.9"),
        ("1.2.3.4", 0, "10.0.0.9"),
        ("1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.1", 2, "1.2.3.4"),
        ("1.2.3.4", 2, "10.0.0.9"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("unknown", 1, "10.0.0.9"),
        ("1.2.3.4:5678", 1, "10.0.0.9"),
        ("<script>", 1, "10.0.0.9"),
        (", ,", 1, "10.0.0.9"),
    ],
)
def test_it_believes_its_own_proxies_only(told: str, proxies: int, address: str) -> None:
    assert address_behind(told, "10.0.0.9", proxies) == address


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "1.2.3.4")])
def test_it_counts_tries_for_that_address(proxies: int, address: str) -> None:
    seen = []
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="6.6.6.6, 1.2.3.4")
    with override_settings(PROXIES=proxies):
        ProxyMiddleware(lambda request: seen.append(address_of(request)))(request)  # type: ignore[arg-type, return-value]
    assert seen == [address]


def test_it_leaves_nothing_for_others_to_believe() -> None:
    request = RequestFactory().get("/")
    request.META.update(dict.fromkeys(FORWARDING, "evil.example"))
    ProxyMiddleware(lambda request: None)(request)  # type: ignore[arg-type, return-value]
    assert not set(FORWARDING) & set(request.META)
    assert request.META["shanzhi.is_forwarded"] is True


@pytest.mark.django_db
@pytest.mark.usefixtures("cast")
def test_it_builds_addresses_from_the_name_it_was_asked_by(client: Client) -> None:
    answer = client.post(
        "/api/v1/reports", {"body": "路灯不亮。"}, "application/json", headers={"X-Forwarded-Host": "evil.example"}
    )
    assert answer.status_code == 201
    assert answer.json()["url"].startswith("http://testserver/")


@pytest.mark.django_db
def test_it_leaves_nothing_on_a_shared_computer(client: Client, cast: Cast) -> None:
    client.force_login(Account.objects.get(username=LOGINS["dispatcher"]))
    assert "no-store" in client.get("/triage/").headers["Cache-Control"]


@pytest.mark.django_db
def test_it_answers_to_no_name_that_it_was_not_given(client: Client) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    "path", ["/", "/report/", "/public/", "/accounts/login/", "/api/v1/categories", "/healthz", "/no/"]
)
def test_it_sends_the_same_guards_with_every_answer(client: Client, path: str) -> None:
    sent = client.get(path).headers
    csp = sent["Content-Security-Policy"]
    assert "unsafe" not in csp
    for rule in (
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert rule in csp
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["X-Frame-Options"] == "DENY"
    assert sent["Referrer-Policy"] == "same-origin"
    assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
    assert sent["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=(self)" in sent["Permissions-Policy"]
    assert {"private", "no-store"} & set(sent["Cache-Control"].split(", "))
    assert "Server" not in sent


def test_it_asks_for_tls_only_once_it_has_it() -> None:
    assert settings.SECURE_HSTS_SECONDS == 0
