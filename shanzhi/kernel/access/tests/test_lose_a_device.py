"""Somebody's phone is gone: the keeper resets the second step; and how its secrets are kept."""

from base64 import b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test import Client

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.factors import NoSuchAccount, has_factor, totp_counter_of
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.sealing import Unsealable, seal, unseal
from shanzhi.kernel.access.tests.steps import LOGIN, OVERVIEW, enrol_app, sign_in
from shanzhi.kernel.journal.policy import Author
from tests.city import LOGINS, NOW, Cast

pytestmark = pytest.mark.django_db
NAME = LOGINS["handler"]
# RFC 6238, appendix B: the secret of the SHA-1 vectors, and their codes' last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


def test_it_takes_off_the_second_step_and_ends_the_sessions(client: Client, cast: Cast, settings):
    settings.MFA_REQUIRED = True
    sign_in(client, NAME)
    enrol_app(client)
    account = Account.objects.get(username=NAME)
    assert has_factor(account.pk)
    assert operations.factors_reset(username=NAME, author=Author("system"), now=NOW) == 1
    assert not Authenticator.objects.filter(user_id=account.pk).exists()
    assert client.get("/worklist/")["Location"].startswith(LOGIN)
    assert sign_in(client, NAME)["Location"] == "/start/"
    assert client.get("/start/")["Location"] == OVERVIEW


def test_it_knows_nobody_by_a_wrong_name(cast: Cast):
    with pytest.raises(NoSuchAccount):
        operations.factors_reset(username="nobody", author=Author("system"), now=NOW)


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_it_agrees_with_the_standards_codes(at: int, code: str):
    moment = NOW.fromtimestamp(at, NOW.tzinfo)
    assert totp_counter_of(RFC_SECRET, code, moment) == at // 30
    assert totp_counter_of(RFC_SECRET, code, moment, after=at // 30) is None
    assert totp_counter_of(RFC_SECRET, code, moment + timedelta(seconds=30)) == at // 30
    assert totp_counter_of(RFC_SECRET, code, moment + timedelta(seconds=60)) is None
    assert totp_counter_of(RFC_SECRET, code[:-1], moment) is None
    assert totp_counter_of(RFC_SECRET, f"{code}\x00", moment) is None


def test_it_seals_secrets_and_opens_them_under_an_older_key(settings):
    sealed = seal("GEZDGNBVGY3TQOJQ")
    assert "GEZDGNBVGY3TQOJQ" not in sealed
    assert seal("GEZDGNBVGY3TQOJQ") != sealed
    assert unseal(sealed) == "GEZDGNBVGY3TQOJQ"
    settings.MFA_SEAL_KEYS = [b"n" * 32, *settings.MFA_SEAL_KEYS]
    assert unseal(sealed) == "GEZDGNBVGY3TQOJQ"
    settings.MFA_SEAL_KEYS = [b"n" * 32]
    with pytest.raises(Unsealable):
        unseal(sealed)


def test_it_opens_nothing_that_was_changed_or_never_sealed():
    raw = bytearray(b64decode(seal("secret").removeprefix("s1."), altchars=b"-_"))
    raw[-1] ^= 1
    for stored in ("s1." + urlsafe_b64encode(raw).decode(), "GEZDGNBVGY3TQOJQ", "s1.", "s1.x", "", "s1.AAAA"):
        with pytest.raises(Unsealable):
            unseal(stored)


def test_it_derives_a_key_for_each_purpose():
    secrets = settings.INSTALLATION.secrets
    assert secrets.derived("access.mfa") == settings.MFA_SEAL_KEYS[0]
    assert len(secrets.derived("access.mfa")) == 32
    assert secrets.derived("another") != secrets.derived("access.mfa")


def test_it_lets_the_web_hide_no_try(cast: Cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('access_sign_in_attempt', 'DELETE'),"
            " has_column_privilege('access_sign_in_attempt', 'at', 'UPDATE')"
        )
        assert cursor.fetchone() == (False, False)
