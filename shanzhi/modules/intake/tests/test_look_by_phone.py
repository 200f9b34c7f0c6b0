"""A resident shows a phone by a code that comes to it, and sees the matters that were reported with it."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import queries
from shanzhi.kernel.vault.policy import InvalidPhone
from shanzhi.modules.intake import operations
from shanzhi.modules.intake.policy import NoMobile, TooManyCodes, WrongCode
from shanzhi.modules.intake.tests.walk import made, sign_in, text_of
from tests.city import Cast

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
_phones = count(13_100_000_000 + int(timezone.now().timestamp()) % 90_000_000)
_addresses = count(1)


@pytest.fixture(autouse=True)
def city(cast: Cast, settings) -> None:
    settings.SMS, settings.DEMO_CITY = "log", True


@pytest.fixture
def phone() -> str:
    """A phone that no other test uses: counts are committed, whatever becomes of a test."""
    return str(next(_phones))


@pytest.fixture
def address() -> str:
    """An address that no other test uses."""
    return f"2001:db8::{timezone.now().timestamp()}:{next(_addresses)}"


def send(phone: str, address: str, now: datetime = NOW) -> str:
    """The code that came to the phone."""
    with acting(ANYONE):
        sent = operations.code_send(phone=phone, address=address, now=now)
    found = re.search(r"验证码 (\d{6})，", sent.shown)
    assert found
    return found[1]


def show(phone: str, code: str, address: str, now: datetime = NOW) -> operations.PhoneShown:
    with acting(ANYONE):
        return operations.code_show(phone=phone, code=code, address=address, now=now)


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# Codes


def test_it_opens_a_session_with_the_matters_of_this_phone_alone(phone, address):
    first, second = made(contact_phone=phone), made(contact_phone=f"+86 {phone}")
    made(contact_phone=str(next(_phones)))
    shown = show(phone, send(phone, address), address)
    assert shown.matters == 2
    with acting(ANYONE):
        resident = access.resident_seen(token=shown.token, now=NOW)
    assert resident is not None
    assert (resident.follow, resident.is_fresh) == ((second.follow_hash, first.follow_hash), True)


def test_it_answers_alike_for_a_phone_with_which_nothing_was_reported(client, phone, address):
    made(contact_phone=phone)
    pages = []
    for number in (phone, str(next(_phones))):
        answer = client.post("/phone/", {"phone": number, "do": "send"}, REMOTE_ADDR=address)
        pages.append(
            re.sub(
                r"\d{3}\*{4}\d{4}|\d{6,11}|token\" (value|content)=\"\w+|csrf-token\" content=\"\w+",
                "",
                answer.content.decode(),
            )
        )
        assert answer.status_code == 200
    assert text_of(pages[0]) == text_of(pages[1])


def test_it_takes_a_code_once(phone, address):
    code = send(phone, address)
    show(phone, code, address)
    with pytest.raises(WrongCode):
        show(phone, code, address)


def test_it_takes_a_code_once_of_two_at_the_same_time(phone, address):
    code = send(phone, address)
    start = threading.Barrier(2)

    def race() -> bool:
        try:
            start.wait(10)
            show(phone, code, address)
        except WrongCode:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(future.result() for future in [pool.submit(race), pool.submit(race)]) == [False, True]


def test_it_forgets_a_code_after_five_minutes_and_after_the_next_one(phone, address):
    old = send(phone, address)
    with pytest.raises(WrongCode):
        show(phone, old, address, NOW + timedelta(minutes=5))
    new = send(phone, address)
    if old != new:
        with pytest.raises(WrongCode):
            show(phone, old, address)
    assert show(phone, f" {new[:3]} {new[3:]} ", address).matters == 0


def test_it_takes_no_more_than_five_tries_the_right_code_neither(phone, address):
    code = send(phone, address)
    for _ in range(5):
        with pytest.raises(WrongCode):
            show(phone, other_code(code), address)
    with pytest.raises(WrongCode):
        show(phone, code, address)


def test_it_counts_tries_that_come_at_once(phone, address):
    code = send(phone, address)

    def guess(_: int) -> None:
        try:
            with pytest.raises(WrongCode):
                show(phone, other_code(code), address)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(12)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tries FROM intake_phone_code WHERE blind_index = %s", [queries.phone_index(phone)])
        assert cursor.fetchone() == (5,)


def test_it_is_no_good_for_another_phone(phone, address):
    code, other = send(phone, address), str(next(_phones))
    with pytest.raises(WrongCode):
        show(other, code, address)


def test_it_limits_codes_for_one_phone_and_not_for_an_office(phone, address):
    for _ in range(3):
        send(phone, address)
    with pytest.raises(TooManyCodes):
        send(phone, address)
    for _ in range(60):
        send(str(next(_phones)), address)
    assert send(phone, address, NOW + timedelta(minutes=16))


def test_it_limits_codes_for_one_phone_from_everywhere(phone, address):
    for place in range(6):
        send(phone, f"{address}/{place}")
    with pytest.raises(TooManyCodes):
        send(phone, f"{address}/7")


def test_it_limits_codes_for_one_phone_in_a_day(phone, address):
    now = datetime(2025, 11, 19, 2, 30, tzinfo=UTC)
    for hour in range(10):
        send(phone, address, now + timedelta(hours=hour))
    with pytest.raises(TooManyCodes):
        send(phone, address, now + timedelta(hours=11))


@pytest.mark.parametrize("number", ["0533-2345678", "4001234567", "12345678"])
def test_it_says_where_no_message_can_go(number, address):
    with pytest.raises((NoMobile, InvalidPhone)):
        send(number, address)


def test_it_keeps_neither_phone_nor_code(phone, address):
    code = send(phone, address)
    with connection.cursor() as cursor:
        cursor.execute("SELECT intake_phone_code::text FROM intake_phone_code")
        rows = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT intake_guess::text FROM intake_guess")
        rows += " ".join(row[0] for row in cursor.fetchall())
    for said in (phone, phone.encode().hex(), code.encode().hex(), f",{code},", address):
        assert said not in rows


def test_it_forgets_what_is_over(phone, address, as_role):
    send(phone, address)
    token = access.resident_open(follow=["0" * 64], now=NOW)
    as_role("worker")
    assert operations.codes_forget(now=NOW + timedelta(hours=5)) >= 1
    as_role("app")
    assert access.resident_seen(token=token, now=NOW) is None


# The session


def test_it_ends_after_half_an_hour_of_rest_and_after_four_hours(db):
    def seen(token: str, minutes: int) -> bool:
        return access.resident_seen(token=token, now=NOW + timedelta(minutes=minutes)) is not None

    token = access.resident_open(follow=[], now=NOW)
    assert seen(token, 29)
    assert seen(token, 58)
    assert not seen(token, 89)
    token = access.resident_open(follow=[], now=NOW)
    assert [seen(token, minutes) for minutes in range(20, 260, 20)] == [True] * 11 + [False]
    assert not seen("", 0)
    assert not seen("x" * 43, 0)


def walks_in(client, phone: str, address: str) -> None:
    page = client.post("/phone/", {"phone": phone, "do": "send"}, REMOTE_ADDR=address).content.decode()
    code = re.search(r"验证码 (\d{6})，", page)
    assert code
    answer = client.post("/phone/", {"phone": phone, "code": code[1], "do": "show"}, REMOTE_ADDR=address)
    assert (answer.status_code, answer["Location"]) == (302, "/mine/")


def test_it_walks_from_the_phone_to_the_matter_and_its_data(client, phone, address):
    report = made(contact_phone=phone)
    assert client.get(f"/my/{report.number}/").status_code == 404
    walks_in(client, phone, address)
    cookie = client.cookies["resident"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", "")
    read = text_of(client.get("/mine/").content.decode())
    assert "共1件" in read
    assert report.number in read
    assert client.get(f"/my/{report.number}/").status_code == 200
    assert client.get(f"/my/{report.number}/data/").status_code == 200
    # A code of a moment ago is enough: nothing is asked for again.
    page = client.get(f"/my/{report.number}/data/copy/").content.decode()
    assert 'name="confirm"' not in page
    copied = client.post(f"/my/{report.number}/data/copy/", {"go": "1"})
    assert (copied.status_code, b"".join(copied.streaming_content)[:2]) == (200, b"PK")


def test_it_ends_by_the_button_here_and_not_only_in_the_browser(client, phone, address):
    report = made(contact_phone=phone)
    walks_in(client, phone, address)
    key = client.cookies["resident"].value
    assert client.post("/phone/leave/").status_code == 200
    assert client.get(f"/my/{report.number}/").status_code == 404
    client.cookies["resident"] = key
    assert client.get(f"/my/{report.number}/").status_code == 404
    assert client.get("/phone/leave/").status_code == 405


def test_it_is_not_remembered_by_the_browser_after_the_session(client, phone, address):
    report, new = made(contact_phone=phone), made()
    walks_in(client, phone, address)
    client.post("/follow/", {"number": new.number, "code": new.follow_code})
    client.post("/phone/leave/")
    assert client.get(f"/my/{new.number}/").status_code == 200
    assert client.get(f"/my/{report.number}/").status_code == 404


def test_it_gives_staff_nothing_beyond_their_post(client, phone, address, cast):
    report = made(contact_phone=phone, region_code="370306100200")
    sign_in(client, "handler")
    walks_in(client, phone, address)
    assert client.get(f"/my/{report.number}/").status_code == 200
    assert client.get(f"/m/{report.number}/").status_code == 404


def test_it_says_on_the_page_what_is_wrong(client, phone, address):
    for fields, status in (
        ({"do": "send"}, 422),
        ({"do": "send", "phone": "abc"}, 422),
        ({"do": "show", "phone": phone}, 422),
        ({"do": "show", "phone": phone, "code": "123456"}, 422),
    ):
        assert client.post("/phone/", fields, REMOTE_ADDR=address).status_code == status


def test_it_is_not_offered_without_a_gateway(client, settings):
    settings.SMS = "none"
    assert client.get("/phone/").status_code == 404
    assert client.post("/phone/", {"phone": "13812345678", "do": "send"}).status_code == 404
    assert "/phone/" not in client.get("/follow/").content.decode()


# The door in the database


def test_it_lets_nobody_through_without_the_index(phone):
    made(contact_phone=phone)
    with acting(ANYONE), connection.cursor() as cursor:
        for wanted in (None, b"", b"\0" * 32, phone.encode(), b"%", queries.phone_index(phone) + b"\0"):
            cursor.execute("SELECT * FROM matters_follow_of_phone(%s)", [wanted])
            assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM vault_record")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT * FROM matters_follow_of_phone(%s)", [queries.phone_index(phone)])
        assert len(cursor.fetchall()) == 1


@pytest.mark.parametrize("role", ["worker", "importer"])
def test_it_is_the_webs_door_alone(as_role, role):
    as_role(role)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM matters_follow_of_phone(%s)", [b"\0" * 32])


def test_it_has_a_fixed_search_path(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE proname = 'matters_follow_of_phone'")
        assert cursor.fetchone() == (True, ["search_path=shanzhi, pg_temp"])
