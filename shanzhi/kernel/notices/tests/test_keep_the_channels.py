"""The keeper's pages, and what the database lets nobody do, whatever the program asks for."""

import re
from datetime import timedelta

import psycopg
import pytest
from django.test import Client
from psycopg.errors import InsufficientPrivilege

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.core.outbound import Rules
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.notices import operations, queries
from shanzhi.kernel.notices.models import Address, Delivery
from shanzhi.kernel.notices.tests.going_out import box, mail_at, notice, out, rows, sent, told, worker
from shanzhi.kernel.notices.tests.servers import nobody
from tests.city import LOGINS, NOW, PASSWORD
from tests.concurrency.committed import as_role, city

__all__ = ["city", "out"]

CHANNEL_QUERIES = 11


def browser(part: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": LOGINS[part], "password": PASSWORD})
    return client


def main(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().split("<main")[1].split("</main>")[0])


@pytest.fixture
def failing(out, settings):
    """Three messages wait for a mail server that isn't there."""
    settings.MAIL = mail_at(nobody())
    box(out)
    for n in (1, 2, 3):
        told(out, notice(out, n))
    sent(out, "mail")
    return out


def test_it_shows_how_each_channel_is_doing(failing):
    page = main(browser("keeper"), "/notices/channels/")
    assert "发不出去" in page
    assert "连不上邮件服务器。请核对地址和网络。" in page
    assert re.search(r"等待发送.*?3", page)
    assert "新派单 · 张店区住房和城乡建设局" in page
    assert "未开通" in page, "text messages aren't set up"
    assert "@zjj" not in page
    assert "SZ2025" not in page, "whoever keeps the channels sees no matter"


def test_it_asks_the_same_number_of_questions_for_one_and_for_fifty(failing, django_assert_num_queries):
    client = browser("keeper")
    client.get("/notices/channels/")
    with django_assert_num_queries(CHANNEL_QUERIES):
        client.get("/notices/channels/")
    with worker(failing):
        Delivery.objects.update(failed_at=NOW, last_error="smtp-550")
    for n in range(10, 60):
        told(failing, notice(failing, n))
    with worker(failing):
        Delivery.objects.update(failed_at=NOW, last_error="smtp-550")
    with django_assert_num_queries(CHANNEL_QUERIES):
        page = main(client, "/notices/channels/")
    assert page.count("再试这一条") == 2 * 25
    older = re.findall(r'rel="next" href="([^"]+)"', page)[0]
    assert main(client, f"/notices/channels/{older}").count("再试这一条") == 2 * 25


def test_it_tries_one_message_again_when_the_keeper_says_so(failing):
    first = rows(failing)[0]
    client = browser("keeper")
    assert client.post("/notices/channels/retry/", {"delivery": str(first.pk)}).status_code == 302
    assert sent(failing, "mail", rows(failing)[0].next_at) == 1
    assert rows(failing)[0].tries == 2
    assert client.post("/notices/channels/retry/", {"delivery": "999999999"}).status_code == 404


@pytest.mark.parametrize("part", ["handler", "supervisor", "security_officer", "auditor"])
def test_it_is_the_keepers_alone(out, part):
    client = browser(part)
    for page in ("channels", "addresses", "subscriptions", "templates", "subscriptions/1"):
        assert client.get(f"/notices/{page}/").status_code == 403, page
    assert client.post("/notices/channels/retry/", {"channel": "mail"}).status_code == 403
    assert client.post("/notices/channels/test/", {"channel": "mail"}).status_code == 403


def test_it_enters_and_takes_out_a_mailbox_and_writes_down_that_and_not_which(out):
    box(out)
    box(out, "")
    box(out, "zhiban2@zjj.example")
    with worker(out):
        [row] = Address.objects.all()
        entries = journal.entries_of("notice_address", row.pk)
    unit_id = out.cast.handler.unit_id
    assert [entry.payload for entry in entries][-3:] == [
        {"unit_id": unit_id, "role": "", "removed": removed} for removed in (False, True, False)
    ]
    assert "@" not in str([entry.payload for entry in entries])
    assert row.email == "zhiban2@zjj.example"


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no mailbox"},
        {"email": "a@b.example, c@d.example"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
        {"email": "<a@b.example>"},
        {"email": "值班@zjj.example"},
        {"email": "a" * 300 + "@b.example"},
        {"unit": "没有这个局"},
        {"role": "king"},
    ],
)
def test_it_refuses_a_mailbox_that_can_not_be(out, given):
    wanted = {"unit": "centre-3703", "role": "", "email": "a@b.example"} | given
    with acting(out.cast.keeper), pytest.raises(DomainError):
        operations.address_set(**wanted, actor=out.cast.keeper, now=NOW)
    with acting(out.cast.handler), pytest.raises(NotAllowed):
        operations.address_set(unit="centre-3703", role="", email="a@b.example", actor=out.cast.handler, now=NOW)


def test_it_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(out):
    answer = browser("keeper").post("/notices/addresses/", {"unit": "没有这个局", "email": "a@b.example"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "没有找到“没有这个局”" in page
    assert 'value="a@b.example"' in page


def test_it_lets_a_unit_see_how_its_own_went_and_no_more(failing):
    with as_role(failing.installation, "app", failing.cast.handler) as mine:
        assert mine.execute("SELECT count(*) FROM notices_delivery").fetchone() == (3,)
        assert mine.execute("SELECT count(*) FROM notices_address").fetchone() == (1,)
        for table in ("channel", "subscription"):
            assert mine.execute(f"SELECT count(*) FROM notices_{table}").fetchone() == (0,)
        assert mine.execute("UPDATE notices_delivery SET state = 'waiting', next_at = now()").rowcount == 0
    with as_role(failing.installation, "app", failing.cast.second_handler) as other:
        for table in ("delivery", "address", "preference"):
            assert other.execute(f"SELECT count(*) FROM notices_{table}").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT text FROM notices_delivery",
        "SELECT body FROM notices_delivery",
        "SELECT subject_id FROM notices_delivery",
        "SELECT key FROM notices_delivery",
        "SELECT * FROM notices_line",
        "UPDATE notices_delivery SET destination = 'x'",
        "UPDATE notices_delivery SET unit_id = 1",
        "DELETE FROM notices_delivery",
        "DELETE FROM notices_address",
        "UPDATE notices_address SET unit_id = 1",
        "UPDATE notices_subscription SET url = 'https://evil.example/'",
        "UPDATE notices_channel SET failures = 0",
        "INSERT INTO notices_line (unit_id) VALUES (1)",
    ],
)
def test_it_lets_not_even_a_keeper_do_this(failing, statement):
    with as_role(failing.installation, "app", failing.cast.keeper) as keeper, pytest.raises(InsufficientPrivilege):
        keeper.execute(statement)


FORGED = (
    "INSERT INTO notices_delivery (gateway, destination, key, step, unit_id, role, subject_kind, subject_id, text, body,"
    " made_at, next_at, give_up_at, tries, last_error, state) VALUES (%s, %s, gen_random_uuid(), %s, %s, '', '', %s, 'x',"
    " '{}', now(), now(), now(), 0, '', 'waiting')"
)


@pytest.mark.parametrize(
    "who, gateway, step, own, subject",
    [
        ("handler", "mail", "test", True, None),
        ("keeper", "mail", "matters.dispatch", True, None),
        ("keeper", "mail", "test", False, None),
        ("keeper", "sms", "test", True, None),
        ("keeper", "mail", "test", True, 1),
    ],
)
def test_it_lets_nobody_forge_a_message(failing, who, gateway, step, own, subject):
    """A keeper's test to the own unit is all that the web may add."""
    actor = failing.cast.actors()[who]
    unit_id = actor.unit_id if own else failing.cast.second_handler.unit_id
    with as_role(failing.installation, "app", actor) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        opened.execute(FORGED, [gateway, gateway, step, unit_id, subject])


def test_it_keeps_a_neighbours_mailbox_from_a_keeper_of_another_place(out):
    with as_role(out.installation, "app", out.cast.keeper) as opened:
        opened.execute("SELECT set_config('shanzhi.place', '{[370303,370304)}', true)")
        unit = opened.execute("SELECT id FROM organisation_unit WHERE code = 'housing-construction-370306'").fetchone()
        assert unit is not None
        with pytest.raises(InsufficientPrivilege):
            opened.execute(
                "INSERT INTO notices_address (unit_id, role, email, changed_at, steps) VALUES (%s, '', 'a@b.c', now(), 1)",
                [unit[0]],
            )


def test_it_counts_for_the_metrics_what_waits(failing):
    with worker(failing):
        assert queries.deliveries_backlog() == {"mail": (3, 0), "sms": (0, 0), "webhook": (0, 0)}
        operations.deliver_due(gateway="mail", now=NOW + timedelta(days=6))
        assert queries.deliveries_backlog()["mail"] == (0, 3)


def test_it_adds_a_system_by_the_page_and_shows_its_secret_only_when_asked(out, settings):
    settings.OUTBOUND = Rules(http_on_loopback=True)
    client = browser("keeper")
    wanted = {"name": "市大数据平台", "url": "http://127.0.0.1:9/hook", "kinds": ["request"], "scope_code": "3703"}
    answer = client.post("/notices/subscriptions/", wanted)
    assert answer.status_code == 302
    where = answer["Location"]
    assert "whsec_" not in main(client, where)
    shown = client.post(where, {"do": "show"})
    assert "whsec_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    first = re.findall(r"whsec_[A-Za-z0-9+/=]+", shown.content.decode())[0]
    client.post(where, {"do": "rotate"})
    assert first not in client.post(where, {"do": "show"}).content.decode()
    assert client.post("/notices/subscriptions/", {**wanted, "url": "https://10.0.0.1/"}).status_code == 422
    assert client.post(where, {"do": "end"}).status_code == 302
    assert client.get(where).status_code == 404


def test_it_saves_a_posts_wishes_by_the_page(out):
    client = browser("handler")
    assert "还没有登记值班邮箱" in main(client, "/notices/settings/")
    client.post("/notices/settings/", {"mode-matters.dispatch": "digest", "mode-nonsense": "now"})
    with acting(out.cast.handler):
        found = {row.step: (row.mode, row.is_own) for row in queries.preferences_of(out.cast.handler)[0]}
    assert (found["matters.dispatch"], found["matters.reply"]) == (("digest", True), ("digest", False))
    assert client.post("/notices/settings/", {"mode-matters.dispatch": "shout"}).status_code == 422
