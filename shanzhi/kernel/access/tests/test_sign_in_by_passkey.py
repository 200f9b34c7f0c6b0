"""Somebody adds a passkey and signs in with it; whatever else looks like one lets nobody in."""

import json
import re
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from shanzhi.kernel.access.tests.device import Device
from shanzhi.kernel.access.tests.steps import CHECK, CODES, LOGIN, OVERVIEW, sign_in
from tests.city import LOGINS, Cast

pytestmark = pytest.mark.django_db
NAME = LOGINS["handler"]
ADD = "/accounts/two-step/passkeys/add/"
ENTER = "/accounts/two-step/passkeys/sign-in/"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.MFA_REQUIRED = True


@pytest.fixture
def person(client: Client, cast: Cast) -> Client:
    assert sign_in(client, NAME).status_code == 302
    return client


@pytest.fixture
def device(person: Client) -> Device:
    """Added, under the name of an office phone."""
    made = Device()
    assert add(person, made, "办公手机")["Location"] == CODES
    return made


def asked_on(page: Any) -> dict[str, Any]:
    found = re.search(r'data-passkey-options="([^"]+)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(unescape(found[1]))["publicKey"]
    return options


def add(client: Client, device: Device, name: str = ""):
    return client.post(ADD, {"name": name, "credential": device.make(asked_on(client.get(ADD)))})


def asked(client: Client) -> dict[str, Any]:
    options: dict[str, Any] = client.get(ENTER, headers={"accept": "application/json"}).json()["request_options"][
        "publicKey"
    ]
    return options


def enter(client: Client, credential: str) -> bool:
    """Post a passkey's answer on the sign-in page; did it let somebody in?"""
    answer = client.post(ENTER, {"credential": credential})
    assert answer.status_code == 302
    if answer["Location"] == "/start/":
        return client.get("/start/")["Location"] == "/worklist/"
    assert answer["Location"] == LOGIN
    assert "通行密钥没有核对成功" in client.get(LOGIN).content.decode()
    assert "_auth_user_id" not in client.session
    return False


def test_it_asks_for_a_key_that_checks_its_owner(person: Client):
    options = asked_on(person.get(ADD))
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"]["id"] == "testserver"
    assert options["user"]["name"] == NAME
    assert asked(Client())["userVerification"] == "required"


def test_it_signs_in_by_passkey_alone_and_as_the_second_step(person: Client, device: Device):
    assert person.get("/start/")["Location"] == "/worklist/"
    alone = Client()
    assert enter(alone, device.show(asked(alone)))
    second = Client()
    assert sign_in(second, NAME)["Location"] == CHECK
    credential = device.show(asked_on(second.get(CHECK)))
    assert second.post(CHECK, {"credential": credential})["Location"] == "/start/"
    assert second.get("/worklist/").status_code == 200


def test_it_takes_each_answer_once_and_only_for_its_own_question(person: Client, device: Device):
    first, another = Client(), Client()
    credential = device.show(asked(first))
    asked(another)
    assert not enter(another, credential)
    assert enter(first, credential)
    first.post("/accounts/logout/")
    assert not enter(first, credential)


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("origin", "https://testserver.example"),
        ("origin", "http://testserver"),
        ("origin", "https://xtestserver"),
        ("rp", "elsewhere.example"),
        ("verified", False),
        ("id", b"x" * 16),
    ],
)
def test_it_takes_no_answer_that_does_not_hold(person: Client, device: Device, wrong: str, value: object):
    setattr(device, wrong, value)
    client = Client()
    assert not enter(client, device.show(asked(client)))


def test_it_takes_no_bad_signature_and_no_strangers_key(person: Client, device: Device):
    client = Client()
    assert not enter(client, device.show(asked(client), signed=b"something else"))
    stranger = Device(id=device.id, handle=device.handle)
    assert not enter(client, stranger.show(asked(client)))
    neighbour = Client()
    sign_in(neighbour, LOGINS["checker"])
    theirs = Device()
    add(neighbour, theirs)
    theirs.handle = device.handle
    assert not enter(client, theirs.show(asked(client)))
    for handle in ("", "MA", "OTk5OTk5OTk5", "x"):
        device.handle = handle
        assert not enter(client, device.show(asked(client))), handle


SHAPES = [
    "",
    "{}",
    "[]",
    "null",
    "5",
    '"x"',
    "{",
    '{"id": "x"}',
    '{"response": {"userHandle": "MQ"}}',
    "[" * 900 + "]" * 900,
]


@pytest.mark.parametrize("credential", SHAPES, ids=range(len(SHAPES)))
def test_it_answers_nonsense_with_a_sentence(person: Client, device: Device, credential: str):
    visitor = Client()
    asked(visitor)
    assert not enter(visitor, credential)
    second = Client()
    sign_in(second, NAME)
    assert second.post(CHECK, {"credential": credential}).status_code == 200
    assert second.get("/worklist/")["Location"].startswith(LOGIN)
    person.get(ADD)
    assert person.post(ADD, {"credential": credential}).status_code == 200
    assert Authenticator.objects.filter(type="webauthn").count() == 1


@pytest.mark.parametrize("part", ["attestationObject", "clientDataJSON"])
@pytest.mark.parametrize("value", ["", "AAAA", "_____w", "oA", 5, None, ["x"]])
def test_it_adds_nothing_that_is_no_passkey(person: Client, part: str, value: object):
    made = json.loads(Device().make(asked_on(person.get(ADD))))
    made["response"][part] = value
    answer = person.post(ADD, {"credential": json.dumps(made)})
    assert answer.status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize(
    ("wrong", "value"), [("verified", False), ("origin", "https://elsewhere.example"), ("rp", "x")]
)
def test_it_adds_no_passkey_of_another_site_or_without_a_check_of_its_owner(person: Client, wrong: str, value: object):
    device = Device()
    setattr(device, wrong, value)
    assert add(person, device).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()
    assert person.get("/start/")["Location"] == OVERVIEW


def test_it_names_and_removes_only_ones_own(person: Client, device: Device, settings):
    (key,) = Authenticator.objects.filter(type="webauthn")
    neighbour = Client()
    sign_in(neighbour, LOGINS["checker"])
    add(neighbour, Device())
    for what in ("name", "remove"):
        path = f"/accounts/two-step/passkeys/{key.pk}/{what}/"
        assert neighbour.get(path).status_code == 404
        assert neighbour.post(path, {"name": "x"}).status_code == 404
        assert person.get(path).status_code == 200
    assert person.post(f"/accounts/two-step/passkeys/{key.pk}/name/", {"name": "<b>值班</b>"})["Location"] == OVERVIEW
    assert "&lt;b&gt;值班&lt;/b&gt;" in person.get(OVERVIEW).content.decode()
    assert "请填写名称" in person.post(f"/accounts/two-step/passkeys/{key.pk}/name/", {"name": ""}).content.decode()
    assert "不能去掉" in person.post(f"/accounts/two-step/passkeys/{key.pk}/remove/").content.decode()
    add(person, Device())
    assert "第 2 把通行密钥" in person.get(OVERVIEW).content.decode()
    assert person.post(f"/accounts/two-step/passkeys/{key.pk}/remove/")["Location"] == OVERVIEW
    client = Client()
    assert not enter(client, device.show(asked(client)))


def test_it_keeps_nothing_that_a_stranger_sends(cast: Cast):
    """A page that needs a sign-in sends on at once: no session is begun to keep what was sent."""
    for page in ("app/", "passkeys/add/", "passkeys/1/name/", "passkeys/1/remove/", "codes/new/"):
        stranger = Client()
        answer = stranger.post(f"/accounts/two-step/{page}", {"name": "x" * 10_000})
        assert answer["Location"] == f"/accounts/login/?next=/accounts/two-step/{page}"
        assert "sessionid" not in stranger.cookies


def test_it_removes_by_its_form_alone(person: Client, device: Device, settings):
    """A DELETE would go past the last factor, past the end of the other sessions, past the notice."""
    (key,) = Authenticator.objects.filter(type="webauthn")
    for method in ("delete", "put", "patch"):
        assert getattr(person, method)(f"/accounts/two-step/passkeys/{key.pk}/remove/").status_code == 405
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_it_lets_a_passkey_in_while_the_password_is_under_attack(person: Client, device: Device):
    for number in range(45):
        sign_in(Client(REMOTE_ADDR=f"172.16.0.{number}"), NAME, "wrong")
    unknown = Client(REMOTE_ADDR="10.99.99.99")
    assert sign_in(unknown, NAME).status_code == 429
    answer = unknown.post(ENTER, {"credential": device.show(asked(unknown))})
    assert answer["Location"] == "/start/"
    assert "有 40 次用您的账号登录没有成功" in unknown.get("/notices/").content.decode()
