"""Signing in step by step, as a person at the pages does."""

import re
import time
from base64 import b32decode

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.test import Client

from shanzhi.kernel.access.sealing import unseal
from tests.city import PASSWORD

LOGIN = "/accounts/login/"
CHECK = "/accounts/two-step/check/"
OVERVIEW = "/accounts/two-step/"
APP = "/accounts/two-step/app/"
CODES = "/accounts/two-step/codes/"


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: str):
    """Name and password."""
    return client.post(LOGIN, {"login": name, "password": password, **extra})


def code_of(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows now, or some steps of 30 seconds from now."""
    app = HOTP(b32decode(secret.replace(" ", "")), 6, SHA1(), enforce_key_length=False)
    return app.generate(int(time.time()) // 30 + steps).decode()


def secret_on(html: str) -> str:
    """The secret that the page tells."""
    found = re.search(r'class="ui-copy__code"[^>]*>([A-Z2-7 ]+)<', html)
    assert found is not None
    return found[1].replace(" ", "")


def enrol_app(client: Client) -> tuple[str, list[str]]:
    """Enrol an app; returns its secret and the recovery codes. The code of the step before is used up."""
    secret = secret_on(client.get(APP).content.decode())
    answer = client.post(APP, {"code": code_of(secret, -1)})
    assert answer["Location"] == CODES, answer.content.decode()
    shown = client.get(CODES).content.decode()
    return secret, re.findall(r"<li><code>(\d{8})</code></li>", shown)


def stored_secret(name: str) -> str:
    """The secret as the database has it, opened."""
    row = Authenticator.objects.get(user__username=name, type="totp")
    return unseal(row.data["secret"])
