"""One code, one name, many at once: a code opens one door, a name has as many tries as it has."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from shanzhi.config import database
from shanzhi.kernel.access import attempts, operations
from shanzhi.kernel.access.attempts import Place
from shanzhi.kernel.access.models import Account, SignInAttempt
from shanzhi.kernel.access.tests.steps import LOGIN, code_of, sign_in
from shanzhi.kernel.access.throttle import HERE_MOST, KEPT_FOR
from shanzhi.kernel.journal.policy import Author
from tests.city import LOGINS, NOW
from tests.concurrency.committed import City, as_role, at_once

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
AT_ONCE = 6


@pytest.fixture
def account(city: City) -> Account:
    """Somebody with an app and recovery codes."""
    found = Account.objects.get(username=LOGINS["handler"])
    Authenticator.objects.filter(user=found).delete()
    TOTP.activate(found, SECRET)
    RecoveryCodes.activate(found)
    return found


def use(account: Account, code: str) -> bool:
    # The machine's time, as a request has it: the code is of now.
    return operations.code_use(account_id=account.pk, code=code, now=datetime.now(UTC)) is not None


def test_it_takes_one_code_once_however_many_bring_it(account: Account):
    code = code_of(SECRET)
    outcomes = at_once(*[lambda: use(account, code)] * AT_ONCE)
    assert [each.error for each in outcomes] == [None] * AT_ONCE
    assert sum(each.value for each in outcomes) == 1


def test_it_takes_one_recovery_code_once_however_many_bring_it(account: Account):
    (row,) = Authenticator.objects.filter(user=account, type="recovery_codes")
    code = RecoveryCodes(row).generate_codes()[0]
    outcomes = at_once(*[lambda: use(account, code)] * AT_ONCE)
    assert sum(each.value for each in outcomes) == 1
    row.refresh_from_db()
    assert len(RecoveryCodes(row).get_unused_codes()) == 9


def test_it_gives_a_name_its_tries_and_no_more_however_many_come_at_once(city: City):
    place = Place("10.7.7.7")

    def job() -> int:
        return operations.attempt_begin(name="tried-at-once", place=place, now=NOW)

    outcomes = [outcome for _ in range(3) for outcome in at_once(*[job] * AT_ONCE)]
    assert sum(each.error is None for each in outcomes) == HERE_MOST
    refused = [each.error for each in outcomes if each.error is not None]
    assert {type(error) for error in refused} == {attempts.TooManyTries}


def test_it_resets_a_lost_device_for_good_and_journals_it(city: City, account: Account):
    client = Client()
    Authenticator.objects.filter(user=account).delete()
    assert sign_in(client, account.username).status_code == 302
    TOTP.activate(account, SECRET)
    assert operations.factors_reset(username=account.username, author=Author("system"), now=NOW) == 1
    assert client.get("/worklist/")["Location"].startswith(LOGIN)
    with as_role(city.installation, "worker") as opened:
        rows = opened.execute(
            "SELECT author_kind, author_post_id, subject_kind, subject_id, payload FROM journal_entry WHERE action = %s",
            ["account.reset_factors"],
        ).fetchall()
    assert rows == [("system", None, "account", account.pk, {"factors": 1})]


def test_it_forgets_tries_after_thirty_days(city: City):
    late = NOW + timedelta(days=400)
    for at in (late - KEPT_FOR - timedelta(seconds=1), late - KEPT_FOR):
        operations.attempt_begin(name="long-ago", place=Place("10.0.0.9"), now=at)
    with database.acting_as(city.installation, "worker"):
        assert attempts.attempts_forget(now=late) >= 1
        assert attempts.attempts_forget(now=late) == 0
    assert SignInAttempt.objects.filter(name_hash=attempts.name_hash("long-ago")).count() == 1
