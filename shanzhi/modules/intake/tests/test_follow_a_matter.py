"""A resident looks up a matter by its number and follow code, on whatever device."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.modules.intake import operations
from shanzhi.modules.intake.models import Guess
from shanzhi.modules.intake.policy import (
    ADDRESS_MOST,
    GUESS_WINDOW,
    NUMBER_MOST,
    PAIR_MOST,
    NoSuchMatter,
    TooManyGuesses,
    guess_limits,
    window_of,
)
from shanzhi.modules.intake.tests.walk import BODY, follow_in, made, sign_in, text_of
from tests.city import Cast

pytestmark = pytest.mark.django_db
AT = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
WRONG = "0000-0000"


@pytest.fixture(autouse=True)
def city(cast: Cast) -> None:
    """The standing city."""


def look(client, number: str, code: str, address: str = "192.0.2.1"):
    return client.post("/follow/", {"number": number, "code": code}, REMOTE_ADDR=address)


def test_it_opens_the_matter_and_is_remembered(client):
    report = made()
    response = look(client, report.number, report.follow_code)
    assert (response.status_code, response["Location"]) == (302, f"/my/{report.number}/")
    assert BODY in client.get(f"/my/{report.number}/").content.decode()
    assert report.number in client.get("/").content.decode()


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_it_reads_a_code_as_people_type_it(client, typed):
    report = made()
    assert look(client, report.number.replace("-", " "), typed(report.follow_code)).status_code == 302


def test_it_says_the_same_for_a_wrong_code_and_a_wrong_number(client):
    report, other = made(), made()
    pages = [
        look(client, report.number, WRONG, "192.0.2.2"),
        look(client, "20200101-999999", report.follow_code, "192.0.2.2"),
        look(client, report.number, other.follow_code, "192.0.2.2"),
        look(client, "编号", "查询码", "192.0.2.2"),
    ]
    assert [page.status_code for page in pages] == [422] * 4
    assert all("编号和查询码对不上，没有找到这件事项。" in text_of(page.content.decode()) for page in pages)
    assert all("followed" not in page.cookies for page in pages)


def test_it_asks_for_both(client):
    read = text_of(look(client, "", "").content.decode())
    assert "请填写事项编号。" in read
    assert "请填写查询码。" in read


def test_it_remembers_several(client):
    first, second = made(), made()
    look(client, first.number, first.follow_code)
    look(client, second.number, second.follow_code)
    page = client.get("/follow/").content.decode()
    assert page.index(second.number) < page.index(first.number)


def test_it_shows_nothing_for_a_forged_cookie(client):
    report = made()
    client.cookies["followed"] = signing.dumps([report.follow_hash], salt="another")
    assert client.get(f"/my/{report.number}/").status_code == 404
    assert report.number not in client.get("/").content.decode()


def test_it_is_a_stranger_in_a_browser_that_is_signed_in_for_work(client, cast):
    report = made()
    sign_in(client, "dispatcher")
    assert client.get(f"/my/{report.number}/").status_code == 404
    follow_in(client, report)
    assert client.get(f"/my/{report.number}/").status_code == 200


def test_it_stops_after_too_many_wrong_codes_for_one_number(client):
    report = made()
    here = "192.0.2.10"
    answers = [look(client, report.number, WRONG, here).status_code for _ in range(PAIR_MOST + 1)]
    assert answers == [422] * PAIR_MOST + [429]
    read = text_of(look(client, report.number, report.follow_code, here).content.decode())
    assert "试错的次数太多，先停一停。" in read
    # The neighbours at the same address, and the reporter at another one, are not shut out.
    neighbour = made()
    assert look(client, neighbour.number, neighbour.follow_code, here).status_code == 302
    assert look(client, report.number, report.follow_code, "192.0.2.11").status_code == 302


def follow_at(moment: datetime, number: str, code: str, address: str) -> operations.Followed:
    with acting(ANYONE):
        return operations.follow(number=number, code=code, address=address, now=moment)


def test_it_counts_a_number_from_everywhere_and_begins_anew_with_the_next_window():
    report = made()
    for turn in range(NUMBER_MOST):
        with pytest.raises(NoSuchMatter):
            follow_at(AT, report.number, WRONG, f"198.51.100.{turn}")
    with pytest.raises(TooManyGuesses) as stopped:
        follow_at(AT, report.number, report.follow_code, "203.0.113.1")
    assert stopped.value.params == {"minutes": 15}
    later = AT + GUESS_WINDOW
    assert follow_at(later, report.number, report.follow_code, "203.0.113.1").number == report.number


def test_it_knows_what_a_try_counts_for():
    limits = {limit.subject: limit.most for limit in guess_limits("192.0.2.1", "20251118-000042")}
    assert limits == {
        "address 192.0.2.1": ADDRESS_MOST,
        "number 20251118-000042": NUMBER_MOST,
        "pair 192.0.2.1 20251118-000042": PAIR_MOST,
    }
    assert window_of(AT + timedelta(minutes=14, seconds=59)) == AT
    assert window_of(AT + timedelta(minutes=15)) == AT + GUESS_WINDOW


def test_it_keeps_no_address(client, cast):
    look(client, "20200101-000001", WRONG, "192.0.2.77")
    subjects = list(Guess.objects.values_list("subject", flat=True))
    assert subjects
    assert all(len(subject) == 64 and "192.0.2" not in subject for subject in subjects)


def test_it_needs_the_same_queries_for_one_matter_and_for_thirty(client, django_assert_num_queries):
    client.get("/")
    follow_in(client, made())
    with django_assert_num_queries(6):
        client.get("/")
    follow_in(client, *(made() for _ in range(30)))
    with django_assert_num_queries(6):
        page = client.get("/").content.decode()
    assert page.count("ui-list__item") == 30
