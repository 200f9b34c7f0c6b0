"""What was typed is there after signing in again: once, for a day, on its own page."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from shanzhi.kernel.vault.models import ParkedForm
from shanzhi.kernel.vault.operations import PARKED_BYTES, PARKED_FOR, form_park, form_take_back, parked
from shanzhi.kernel.vault.operations.parked import PARKED_A_BROWSER
from shanzhi.kernel.vault.policy.envelope import VaultError
from tests.city import NOW

pytestmark = pytest.mark.django_db

PATH = "/worklist/7/reply"
FIELDS = {"reply": ["电梯已修好，请住户13812345678放心。"], "files": ["a", "b"], "empty": [""]}


def park(fields: dict[str, list[str]] = FIELDS, now: datetime = NOW) -> str:
    key = form_park(path=PATH, fields=fields, now=now)
    assert key is not None
    return key


def test_it_gives_back_what_was_typed_once():
    key = park()
    assert form_take_back(key=key, path=PATH, now=NOW) == FIELDS
    assert form_take_back(key=key, path=PATH, now=NOW) == {}
    assert ParkedForm.objects.count() == 0


def test_it_keeps_what_was_typed_sealed():
    park()
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_parkedform::text, sealed FROM vault_parkedform")
        whole, sealed = cursor.fetchone()
    assert "13812345678" not in whole
    assert b"13812345678" not in bytes(sealed)
    assert b"13812345678".hex() not in whole


def test_it_gives_it_back_on_its_own_page_only():
    key = park()
    for path in ("/worklist/8/reply", PATH + "/", "", "/"):
        assert form_take_back(key=key, path=path, now=NOW) == {}
    assert form_take_back(key=key, path=PATH, now=NOW) == FIELDS


def test_it_keeps_it_for_a_day():
    key, late = park(), park()
    assert form_take_back(key=key, path=PATH, now=NOW + PARKED_FOR) == FIELDS
    assert form_take_back(key=late, path=PATH, now=NOW + PARKED_FOR + timedelta(seconds=1)) == {}


def test_it_clears_away_what_nobody_came_back_for():
    park()
    park(now=NOW + PARKED_FOR + timedelta(seconds=1))
    assert ParkedForm.objects.count() == 1


@pytest.mark.parametrize(
    "key", ["", "x", "0b6f3a52-5d0c-4c5e-9a43-1f2f6f1c7a10", "0" * 32, "' OR 1=1", "\x00", "9" * 400]
)
def test_it_gives_nothing_for_another_key(key):
    park()
    assert form_take_back(key=key, path=PATH, now=NOW) == {}
    assert ParkedForm.objects.count() == 1


def test_it_opens_no_form_that_was_put_under_another_key():
    first, second = park(), park(fields={"reply": ["别的"]})
    sealed = ParkedForm.objects.get(pk=first).sealed
    ParkedForm.objects.filter(pk=second).delete()
    ParkedForm.objects.create(id=second, path=PATH, sealed=sealed, parked_at=NOW)
    with pytest.raises(VaultError):
        form_take_back(key=second, path=PATH, now=NOW)


def test_it_keeps_no_form_that_is_too_large():
    room = PARKED_BYTES - len('{"a": [""]}')
    assert form_park(path=PATH, fields={"a": ["x" * room]}, now=NOW) is not None
    assert form_park(path=PATH, fields={"a": ["x" * (room + 1)]}, now=NOW) is None
    assert ParkedForm.objects.count() == 1


# -- room -------------------------------------------------------------------------------------------------------------


def parked_by(address: str, browser: str, size: int = 10, seconds: int = 0) -> str:
    key = form_park(
        path=PATH, fields={"a": ["x" * size]}, now=NOW + timedelta(seconds=seconds), address=address, browser=browser
    )
    assert key is not None
    return key


def is_there(key: str) -> bool:
    return ParkedForm.objects.filter(pk=key).exists()


def test_it_keeps_a_browsers_newest_forms():
    keys = [parked_by("10.0.0.1", "one", seconds=number) for number in range(PARKED_A_BROWSER + 3)]
    other = parked_by("10.0.0.1", "two")
    assert [is_there(key) for key in keys] == [False] * 3 + [True] * PARKED_A_BROWSER
    assert is_there(other)


def test_it_locks_out_no_office_whose_sessions_all_end_at_once():
    """Three hundred people behind one address."""
    keys = [parked_by("10.0.0.1", f"browser {number}", size=2000) for number in range(300)]
    assert all(map(is_there, keys))


def test_it_lets_a_flood_displace_itself_and_nobody_else(monkeypatch):
    """Other cookies each time, one address: the newest of the flood stay, and everybody else's form does."""
    monkeypatch.setattr(parked, "PARKED_BYTES_IN_ALL", 40_000)
    before = [parked_by("10.0.0.1", f"browser {number}", size=1000) for number in range(10)]
    flood = [parked_by("203.0.113.9", f"made up {number}", size=2000, seconds=number) for number in range(40)]
    after = parked_by("10.0.0.2", "one", size=1000)
    assert all(map(is_there, [*before, after]))
    assert [is_there(key) for key in flood] == sorted(map(is_there, flood))
    assert 5 <= sum(map(is_there, flood)) <= 14
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(octet_length(sealed)) FROM vault_parkedform")
        assert cursor.fetchone()[0] <= 40_000


def test_it_keeps_no_address_and_no_cookie_in_plain_text():
    parked_by("203.0.113.9", "cookie-of-a-session")
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_parkedform::text, address, browser FROM vault_parkedform")
        whole, address, browser = cursor.fetchone()
    for plain in ("203.0.113.9", "cookie-of-a-session"):
        assert plain not in whole
        assert plain.encode().hex() not in whole
    assert len(bytes(address)) == len(bytes(browser)) == 32
