"""A unit's duty mailbox gets its notices: by a real mail server, with whatever a mail server does."""

from datetime import timedelta

import pytest

from shanzhi.core.mail import MailServer
from shanzhi.kernel.access.operations import acting as operations_as
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.models import Channel
from shanzhi.kernel.notices.tests.going_out import (
    SENDER,
    box,
    mail_at,
    notice,
    out,
    rows,
    sent,
    states,
    told,
    worker,
)
from shanzhi.kernel.notices.tests.servers import (
    PASSWORD,
    USER,
    certificate,
    mail_server,
    nobody,
    silent_server,
)
from tests.city import NOW
from tests.concurrency.committed import city

__all__ = ["city", "out"]

MAILBOX = "zhiban@zjj.example"
LONG = timedelta(hours=7)


@pytest.fixture
def one(out, settings):
    """One message is on its way, as soon as there is a server."""
    settings.MAIL = mail_at(nobody())
    box(out)
    assert told(out, notice(out)) == 1
    return out


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


def test_it_says_number_and_date_and_nothing_of_the_matter(one, settings):
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        assert (sent(one, "mail"), sent(one, "mail")) == (1, 0)
    [(to, mail)] = server.taken
    [row] = rows(one)
    assert to == [MAILBOX]
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        SENDER, MAILBOX, "新派单 SZ20251118-000001（诉求），11月25日17:30前签收",
    )  # fmt: skip
    assert mail["Message-ID"] == f"<{row.key}@city.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines()[:2] == ["新派单 SZ20251118-000001（诉求），11月25日17:30前签收", ""]
    assert states(one) == [("sent", 1, "")]


@pytest.mark.parametrize("at_once", [False, True])
def test_it_encrypts_and_signs_in(one, settings, tls, at_once):
    context, trust = tls
    with mail_server(context, auth=True, at_once=at_once) as server:
        settings.MAIL = mail_at(
            server.port, tls="tls" if at_once else "starttls", trust=trust, user=USER, password=PASSWORD
        )
        assert sent(one, "mail") == 1
    assert ([to for to, _ in server.taken], len(server.signed_in)) == ([[MAILBOX]], 1)


def test_it_gives_a_stranger_neither_password_nor_mail(one, settings, tls):
    context, _ = tls
    with mail_server(context, auth=True) as server:
        settings.MAIL = mail_at(server.port, tls="starttls", user=USER, password=PASSWORD)
        assert sent(one, "mail") == 1
    assert (server.taken, server.signed_in) == ([], [])
    assert states(one) == [("waiting", 1, "smtp-tls")]


def test_it_does_without_encryption_only_where_the_setting_says_so(one, settings):
    with mail_server() as server:
        settings.MAIL = mail_at(server.port, tls="starttls")
        assert sent(one, "mail") == 1
    assert (server.taken, states(one)) == ([], [("waiting", 1, "smtp-no-tls-or-auth")])


def test_it_says_that_the_password_is_wrong(one, settings, tls):
    context, trust = tls
    with mail_server(context, auth=True) as server:
        settings.MAIL = mail_at(
            server.port, tls="starttls", trust=trust, user=USER, password="wrong-wrong-wrong", seconds=5.0
        )
        sent(one, "mail")
    assert (server.taken, states(one)) == ([], [("waiting", 1, "smtp-auth")])


def test_it_tries_again_what_was_put_off_and_sends_it_once(one, settings):
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        server.rcpt = ["450 4.2.1 zhiban@zjj.example is busy, call 13812345678"]
        server.data = ["451 4.3.0 try later"]
        keys, now = [], NOW
        for _ in range(3):
            assert sent(one, "mail", now) == 1
            [row] = rows(one)
            keys.append(row.key)
            assert sent(one, "mail", row.next_at - timedelta(seconds=1)) == 0
            now = row.next_at
        assert (server.tries, len(server.taken)) == (3, 1)
    assert states(one) == [("sent", 3, "")]
    assert len(set(keys)) == 1


def test_it_gives_up_what_is_refused_for_good_and_lists_it(one, settings):
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        server.rcpt = ["550 5.1.1 zhiban@zjj.example: no such user"]
        assert (sent(one, "mail"), sent(one, "mail", NOW + LONG)) == (1, 0)
    assert states(one) == [("given_up", 1, "smtp-550")]
    with worker(one):
        assert list(Channel.objects.values_list("code", "failures")) == [("mail", 0)]


def test_it_lets_one_bad_mailbox_stop_no_other(one, settings):
    box(one, "zhiban@cgj.example", unit="urban-management-370303")
    other = one.cast.second_handler.unit_id
    told(one, *[notice(one, n, step="matters.dispatch") for n in (2, 3)])
    with worker(one):
        line = notice(one, 9)
        object.__setattr__(line, "unit_id", other)
        operations.notices_write([line], now=NOW)
        operations.digest_due(NOW)
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        server.rcpt = ["550 no"]
        assert sent(one, "mail") == 3
    assert [to for to, _ in server.taken] == [[MAILBOX], ["zhiban@cgj.example"]]
    assert [row.state for row in rows(one)] == ["given_up", "sent", "sent"]


@pytest.mark.parametrize("what", ["nobody", "silent"])
def test_it_waits_for_a_server_that_is_away_and_asks_with_one_message_at_a_time(one, settings, what):
    for n in (2, 3, 4):
        told(one, notice(one, n))
    with silent_server() as silent:
        settings.MAIL = mail_at(silent if what == "silent" else nobody())
        error = "smtp-too-slow" if what == "silent" else "smtp-unreachable"
        assert sent(one, "mail") == 1
        assert states(one) == [("waiting", 1, error), *[("waiting", 0, "")] * 3]
        with worker(one):
            [channel] = Channel.objects.all()
        assert (channel.code, channel.failures, channel.failing_since, channel.last_error) == ("mail", 1, NOW, error)
        assert sent(one, "mail", NOW + timedelta(seconds=20)) == 0
        assert sent(one, "mail", NOW + timedelta(seconds=60)) == 1
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        assert sent(one, "mail", NOW + LONG) == 4
    assert {row.state for row in rows(one)} == {"sent"}
    with worker(one):
        [channel] = Channel.objects.all()
    assert (channel.failures, channel.failing_since, channel.last_error) == (0, None, "")


def test_it_gives_up_after_days_keeps_it_and_sends_it_when_a_keeper_says_so(one, settings):
    settings.MAIL = mail_at(nobody())
    sent(one, "mail", NOW + timedelta(days=4))
    assert sent(one, "mail", NOW + timedelta(days=5)) == 0
    [row] = rows(one)
    assert (row.state, row.last_error, row.ended_at) == ("given_up", "smtp-unreachable", NOW + timedelta(days=5))
    later = NOW + timedelta(days=6)
    keeper = one.cast.keeper
    with operations_as(keeper):
        assert operations.channel_retry(destination="mail", actor=keeper, now=later) == 1
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        assert sent(one, "mail", later) == 1
    assert len(server.taken) == 1
    assert rows(one)[0].state == "sent"


def test_it_sends_nothing_to_a_mailbox_that_was_taken_out(one, settings):
    box(one, "")
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        assert sent(one, "mail") == 1
    assert (server.taken, states(one)) == ([], [("void", 1, "no-mailbox")])
    assert told(one, notice(one, 5)) == 0


def test_it_keeps_mailboxes_and_passwords_out_of_logs_and_errors(one, settings, caplog):
    with mail_server() as server:
        settings.MAIL = mail_at(server.port)
        server.rcpt = ["450 zhiban@zjj.example has moved, ask 13812345678"]
        sent(one, "mail")
    everything = str([vars(row) for row in rows(one)]) + caplog.text + repr(mail_at(1, password=PASSWORD))
    assert "@zjj" not in everything
    assert "138123" not in everything
    assert PASSWORD not in everything


@pytest.mark.parametrize(
    "given, said",
    [
        ({"host": "mail.city.example", "tls": "none"}, "this machine alone"),
        ({"host": "mail.city.example", "tls": "ssl"}, "starttls, tls or none"),
        ({"host": "mail.city.example", "port": "70000"}, "a port's number"),
        ({"host": "mail.city.example", "sender": ""}, "SHANZHI_MAIL_FROM"),
        ({"host": "mail.city.example", "user": "x"}, "go together"),
    ],
)
def test_it_refuses_settings_that_would_send_in_clear(given, said):
    plain = {"host": "", "port": "", "tls": "", "user": "", "password": "", "sender": SENDER, "trust": ""}
    with pytest.raises(ValueError, match=said):
        MailServer.read(**(plain | given))
    assert MailServer.read(**plain) == MailServer()
    good = MailServer.read(**(plain | {"host": "mail.city.example"}))
    assert (good.tls, good.port) == ("starttls", 587)
