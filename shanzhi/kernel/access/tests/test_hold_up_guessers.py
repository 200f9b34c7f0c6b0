"""Somebody guesses passwords: from the next desk, from everywhere at once. Nobody else is held up, and the owner hears of it."""

import os
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher, identify_hasher, make_password
from django.db import connection
from django.test import Client

from shanzhi.config import database
from shanzhi.config import settings as city_settings
from shanzhi.kernel.access import attempts, operations
from shanzhi.kernel.access.attempts import Place, TooManyTries, name_hash
from shanzhi.kernel.access.models import Account, SignInAttempt
from shanzhi.kernel.access.tests.steps import CHECK, LOGIN, code_of, enrol_app, sign_in
from shanzhi.kernel.access.throttle import BY_PASSWORD, HERE_MOST, NAME_MOST, Tries, wait_for_name, wait_here
from tests.city import LOGINS, NOW, PASSWORD, Cast

pytestmark = pytest.mark.django_db
OFFICE = "10.20.30.40"
OFFICE_SIZE = 200 if os.environ.get("SHANZHI_SIZE") == "full" else 50
NAME = LOGINS["handler"]


def at_office() -> Client:
    return Client(REMOTE_ADDR=OFFICE)


def from_everywhere(name: str, count: int) -> None:
    for number in range(count):
        sign_in(Client(REMOTE_ADDR=f"172.16.{number // 250}.{number % 250 + 1}"), name, "wrong")


@pytest.fixture(scope="session")
def colleagues(django_db_setup, django_db_blocker) -> list[str]:
    """The people of one office, beside the cast: two hundred at full size."""
    names = [f"colleague-{number:03}" for number in range(OFFICE_SIZE)]
    with django_db_blocker.unblock(), database.acting_as(settings.INSTALLATION, "importer"):
        hashed = make_password(PASSWORD)
        Account.objects.bulk_create(Account(username=name, password=hashed) for name in names)
    return names


def test_it_lets_a_whole_office_sign_in_while_somebody_there_tries_their_names(cast: Cast, colleagues):
    """All behind one address. The first ten have signed in from their desks before and are attacked to the limit; of the
    others twenty have been tried seven times, the rest once."""
    attacked, others = colleagues[:10], colleagues[10:]
    desks = {name: at_office() for name in attacked}
    for name, desk in desks.items():
        assert sign_in(desk, name).status_code == 302
        desk.post("/accounts/logout/")
    attacker = at_office()
    for name in attacked:
        for _ in range(HERE_MOST):
            sign_in(attacker, name, "wrong")
        assert sign_in(attacker, name).status_code == 429
    for name in others:
        for _ in range(HERE_MOST - 1 if name in others[:20] else 1):
            sign_in(attacker, name, "wrong")
    assert [sign_in(desk, name).status_code for name, desk in desks.items()] == [302] * 10
    assert [sign_in(at_office(), name).status_code for name in others] == [302] * len(others)


def test_it_holds_a_name_that_is_attacked_from_everywhere_to_one_try_at_a_time(cast: Cast):
    owner = Client(REMOTE_ADDR="10.1.1.1")
    sign_in(owner, NAME)
    owner.post("/accounts/logout/")
    from_everywhere(NAME, NAME_MOST)
    refused = sign_in(Client(REMOTE_ADDR="192.168.7.7"), NAME)
    assert refused.status_code == 429
    assert "请在 1 分钟后再试" in refused.content.decode()
    assert sign_in(Client(REMOTE_ADDR="192.168.7.7"), LOGINS["checker"]).status_code == 302
    assert sign_in(owner, NAME).status_code == 302


def test_it_tells_the_person_at_the_next_sign_in_and_once(cast: Cast):
    from_everywhere(NAME, 7)
    owner = Client(REMOTE_ADDR="10.1.1.1")
    sign_in(owner, NAME)
    assert "有 7 次用您的账号登录没有成功" in owner.get("/notices/").content.decode()
    owner.post("/accounts/logout/")
    sign_in(owner, NAME)
    assert "次用您的账号登录没有成功" not in owner.get("/notices/").content.decode()


def test_it_tells_of_a_password_that_was_right_and_a_code_that_was_wrong(cast: Cast):
    owner = Client(REMOTE_ADDR="10.1.1.1")
    sign_in(owner, NAME)
    secret, _ = enrol_app(owner)
    thief = Client(REMOTE_ADDR="172.16.1.1")
    assert sign_in(thief, NAME)["Location"] == CHECK
    thief.post(CHECK, {"code": "123"})
    owner.post("/accounts/logout/")
    sign_in(owner, NAME)
    owner.post(CHECK, {"code": code_of(secret)})
    assert "有 2 次用您的账号登录没有成功" in owner.get("/notices/").content.decode()


def test_it_does_not_count_a_password_that_confirms_a_change(cast: Cast):
    owner = Client()
    sign_in(owner, NAME)
    session = owner.session
    session["signed_in_at"] -= 600
    session.save()
    owner.post("/accounts/confirm/?next=/accounts/two-step/app/", {"password": PASSWORD})
    owner.post("/accounts/logout/")
    sign_in(owner, NAME)
    assert "次用您的账号登录没有成功" not in owner.get("/notices/").content.decode()


def test_it_keeps_and_logs_no_name_that_was_typed(cast: Cast, caplog: pytest.LogCaptureFixture):
    typed = "My-Secret-Password-1"
    for _ in range(HERE_MOST + 1):
        answer = sign_in(Client(REMOTE_ADDR="10.66.66.66"), typed, "another-secret")
    assert answer.status_code == 429
    assert typed not in answer.content.decode()
    logged = caplog.text
    assert "sign-in failed" in logged
    assert name_hash(typed)[:6].hex() in logged
    assert typed.casefold() not in logged.casefold()
    assert "another-secret" not in logged
    assert "10.66.66.66" not in logged
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(a)::text, '') FROM access_sign_in_attempt a")
        (kept,) = cursor.fetchone()
    assert typed.encode().hex() not in kept
    assert typed not in kept


class CountedHasher(MD5PasswordHasher):
    """Counts how often a hash is computed."""

    counted = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).counted += 1
        return super().encode(password, salt)


def main_of(html: str, name: str) -> str:
    """What the page says, without what changes from visit to visit."""
    inside = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", inside).replace(name, "")


def test_it_does_the_same_for_names_that_exist_and_names_that_do_not(cast: Cast, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
    seen: dict[str, list[tuple[int, int, str]]] = {}
    for name in (NAME, "nobody-of-that-name"):
        for _ in range(HERE_MOST + 1):
            CountedHasher.counted = 0
            answer = sign_in(Client(REMOTE_ADDR="10.5.5.5"), name, "wrong")
            seen.setdefault(name, []).append(
                (answer.status_code, CountedHasher.counted, main_of(answer.content.decode(), name))
            )
    known, unknown = seen.values()
    assert known == unknown
    assert [row[:2] for row in known] == [(200, 1)] * 7 + [(429, 1), (429, 0)]


def test_it_keeps_and_checks_passwords_by_the_slow_hash_of_a_city(cast: Cast, settings):
    """The tests' own settings have a quick one."""
    settings.PASSWORD_HASHERS = city_settings.PASSWORD_HASHERS
    account = Account.objects.get(username=NAME)
    account.password = make_password("never-used-before-7")
    assert identify_hasher(account.password).algorithm == "pbkdf2_sha256"
    assert int(account.password.split("$")[1]) == PBKDF2PasswordHasher.iterations >= 1_000_000
    assert account.check_password("never-used-before-7")
    assert not account.check_password("never-used-before-8")


def test_it_counts_many_ways_to_write_a_name_as_one(cast: Cast):
    assert name_hash(" Handler ") == name_hash("handler") == name_hash("ｈａｎｄｌｅｒ")
    assert name_hash("handler") != name_hash("handler2")


def test_it_takes_the_addresses_of_one_site_for_one(cast: Cast):
    assert Place("2001:db8:1:2::1").hash == Place("2001:db8:1:2:ffff::9").hash
    assert Place("2001:db8:1:3::1").hash != Place("2001:db8:1:2::1").hash
    assert Place("10.0.0.1").hash != Place("10.0.0.2").hash
    assert Place("10.0.0.1", "secret").hash != Place("10.0.0.1").hash
    assert Place("").hash == Place("").hash


def test_it_lets_a_forged_cookie_make_no_browser_known(cast: Cast):
    forger = Client(REMOTE_ADDR="10.3.3.3")
    for value in ("x", "eyJhIjoiYiJ9:1:bad", '{"a": "b"}'):
        forger.cookies["known"] = value
        sign_in(forger, NAME, "wrong")
    assert SignInAttempt.objects.filter(known=True, outcome="failed").count() == 0


def test_it_holds_up_a_known_browser_that_guesses_and_no_other_place(cast: Cast):
    desk = Client(REMOTE_ADDR="10.1.1.1")
    sign_in(desk, NAME)
    desk.post("/accounts/logout/")
    for _ in range(HERE_MOST):
        last = sign_in(desk, NAME, "wrong")
    assert last.status_code == 429
    assert sign_in(desk, NAME).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.1.1.1"), NAME).status_code == 302


def test_it_counts_tries_before_it_looks_at_the_password(cast: Cast):
    place = Place("10.4.4.4")
    for _ in range(HERE_MOST):
        operations.attempt_begin(name=NAME, place=place, now=NOW)
    with pytest.raises(TooManyTries) as held:
        operations.attempt_begin(name=NAME, place=place, now=NOW + timedelta(minutes=5))
    assert held.value.minutes == 10
    again = operations.attempt_begin(name=NAME, place=place, now=NOW + BY_PASSWORD.within)
    operations.attempt_passed(attempt_id=again)
    assert attempts.held_up(name=NAME, place=place, now=NOW + BY_PASSWORD.within) is None


def test_it_says_how_long_to_wait():
    assert wait_here(Tries(), BY_PASSWORD, NOW) is None
    assert wait_here(Tries(here=7, here_since=NOW), BY_PASSWORD, NOW) is None
    assert wait_here(Tries(here=8, here_since=NOW), BY_PASSWORD, NOW + timedelta(minutes=14)) == timedelta(minutes=1)
    assert wait_here(Tries(here=8, here_since=NOW), BY_PASSWORD, NOW + timedelta(minutes=15)) is None
    assert wait_for_name(Tries(unknown=NAME_MOST - 1, unknown_last=NOW), NOW) is None
    assert wait_for_name(Tries(unknown=NAME_MOST, unknown_last=NOW), NOW) == timedelta(seconds=30)
    assert wait_for_name(Tries(unknown=NAME_MOST, unknown_last=NOW), NOW + timedelta(seconds=30)) is None


def test_it_shows_the_way_to_sign_in_on_the_page_that_holds_up(cast: Cast):
    for _ in range(HERE_MOST):
        page = sign_in(Client(REMOTE_ADDR="10.8.8.8"), "somebody", "wrong")
    assert LOGIN in page.content.decode()
