"""A unit reads what it was told: newest first, new ones marked, each leading to its matter."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import pytest
from django.conf import settings
from django.test import Client

from shanzhi.config import database
from shanzhi.kernel.access.models import Account
from tests.city import LOGINS, Cast

pytestmark = pytest.mark.django_db
START = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
PAGE_QUERIES = 8
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

Tell = Callable[..., None]


@pytest.fixture
def tell(cast: Cast) -> Iterator[Tell]:
    """Write notices as the worker does, committed.

    What the test before wrote goes at the start: at its end, its own transaction still holds the rows.
    """
    installation = settings.INSTALLATION
    with psycopg.connect(database.admin_url(installation, installation.database), autocommit=True) as connection:
        connection.execute(f'SET search_path = "{installation.schema}"; SET lock_timeout = 5000')
        connection.execute("DELETE FROM notices_notice")

        def write(unit_id: int | None, count: int, role: str = "handler", text: str = "matters.dispatch") -> None:
            for index in range(1, count + 1):
                connection.execute(
                    "INSERT INTO notices_notice (unit_id, role, subject_kind, subject_id, subject_step, text, params,"
                    " created_at) VALUES (%s, %s, 'matter', %s, 1, %s, %s, %s)",
                    [
                        unit_id,
                        role,
                        index,
                        text,
                        orjson.dumps({"title": f"第{index}件", "number": f"SZ20251118-{index:06d}"}).decode(),
                        START + timedelta(minutes=index),
                    ],
                )

        yield write


def signed_in(part: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), BACKEND)
    return client


def main(client: Client, address: str = "/notices/") -> str:
    return client.get(address).content.decode().split("<main")[1].split("</main>")[0]


def bell(client: Client) -> str:
    header = client.get("/notices/").content.decode().split("<header")[1].split("</header>")[0]
    return "".join(re.findall(r"通知，(\d+) 条未读", header)) or "0"


def titles(html: str) -> list[int]:
    return [int(index) for index in re.findall(r"新派单：第(\d+)件", html)]


def test_it_lists_newest_first_and_leads_to_the_matter(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 3)
    html = main(signed_in("handler"))
    assert titles(html) == [3, 2, 1]
    assert 'href="/m/SZ20251118-000003/"' in html
    assert html.count(">新<") == 3


def test_it_counts_the_unread_ones_at_the_bell_and_marks_them_read(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 3)
    client = signed_in("handler")
    assert bell(client) == "3"
    upto = re.findall(r'name="upto" value="(\d+)"', main(client))[0]
    answer = client.post("/notices/read/", {"upto": upto})
    assert (answer.status_code, answer["Location"]) == (302, "/notices/")
    assert bell(client) == "0"
    html = main(client)
    assert (html.count(">新<"), titles(html), "全部标为已读" in html) == (0, [3, 2, 1], False)


def test_it_shows_a_line_of_a_deleted_matter_with_what_is_left_of_it(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 1, text="matters.hand_over")
    assert "转给“—”接办：第1件" in main(signed_in("handler"))


def test_it_leaves_new_what_came_after_the_page(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 1)
    client = signed_in("handler")
    upto = re.findall(r'name="upto" value="(\d+)"', main(client))[0]
    tell(cast.handler.unit_id, 1, role="handler-later")
    assert client.post("/notices/read/", {"upto": "x" + upto}).status_code == 302
    assert bell(client) == "1"


def test_it_keeps_another_units_notices_from_me(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 2)
    tell(cast.handler.unit_id, 1, role="checker")
    neighbour = signed_in("neighbour_handler")
    assert titles(main(neighbour)) == []
    assert "没有通知" in main(neighbour)
    neighbour.post("/notices/read/", {"upto": "999999999999"})
    assert bell(signed_in("handler")) == "2"


def test_it_pages_by_twenty_five(cast: Cast, tell: Tell):
    tell(cast.handler.unit_id, 30)
    client = signed_in("handler")
    first = main(client)
    assert titles(first) == list(range(30, 5, -1))
    after = re.findall(r'rel="next" href="([^"]+)"', first)[0]
    assert titles(main(client, f"/notices/{after}")) == [5, 4, 3, 2, 1]
    assert titles(main(client, "/notices/?before=nonsense")) == list(range(30, 5, -1))


def test_it_asks_visitors_to_sign_in(cast: Cast):
    assert Client().get("/notices/")["Location"].startswith("/accounts/login/")
    assert Client().post("/notices/read/", {"upto": "1"})["Location"].startswith("/accounts/login/")


def test_it_asks_the_same_number_of_questions_for_one_notice_and_for_fifty(
    cast: Cast, tell: Tell, django_assert_num_queries
):
    client = signed_in("handler")
    tell(cast.handler.unit_id, 1)
    client.get("/notices/")
    with django_assert_num_queries(PAGE_QUERIES):
        client.get("/notices/")
    tell(cast.second_handler.unit_id, 50)
    other = signed_in("second_handler")
    other.get("/notices/")
    with django_assert_num_queries(PAGE_QUERIES):
        other.get("/notices/")
