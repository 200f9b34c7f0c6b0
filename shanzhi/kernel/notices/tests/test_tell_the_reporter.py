"""Whoever reported hears by text message: number, stage, date; the phone leaves the vault at that moment, and they see it."""

from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters import queries
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.tests.going_out import box, drained, mail_at, out, rows, sent, worker
from shanzhi.kernel.notices.tests.servers import hook, mail_server
from shanzhi.kernel.notices.tests.test_tell_other_systems import subscribe
from shanzhi.kernel.vault import operations as vault
from tests.city import NOW
from tests.concurrency.committed import city
from tests.concurrency.steps import CATEGORY, act, report, reporter_of, to_verdict

__all__ = ["city", "out"]

PHONE = "13812345678"
BODY = "王小明家漏水，电话13812345678"


@pytest.fixture
def sms(out, settings):
    with hook() as gateway:
        settings.SMS, settings.SMS_URL, settings.SMS_TOKEN = "http", gateway.url, "t" * 32
        settings.PUBLIC_URL = "https://city.example"
        yield gateway


def accepted(city):
    made = report(BODY)
    act(made, city.cast.dispatcher, "accept", category=CATEGORY)
    drained(city)
    return made


def readings(city, made) -> list[dict]:
    with database.acting_as(city.installation, "worker"):
        rows = journal.entries_of("matter", made.matter_id)
    return [row.payload for row in rows if row.action == "vault.read"]


def test_it_says_number_and_link_and_nothing_of_the_matter(out, sms):
    made = accepted(out)
    assert readings(out, made) == []
    assert sent(out, "sms") == 1
    [said] = sms.said
    [row] = rows(out, "sms")
    assert (said["id"], said["phone"]) == (str(row.key), PHONE)
    assert said["text"] == f"您反映的{made.number}已受理，查进度：https://city.example/follow/"
    assert "漏水" not in str(vars(row))
    assert PHONE not in str(vars(row))


def test_it_records_the_reading_and_the_reporter_sees_what_for(out, sms):
    made = accepted(out)
    sent(out, "sms")
    assert readings(out, made) == [{"parts": ["phone"], "reason": "notice"}]
    reporter = reporter_of(made)
    with acting(reporter):
        [reading] = queries.readings(reporter, matter_id=made.matter_id).rows
    assert (reading.parts, reading.reason, reading.unit_name) == (("phone",), "发送办理通知", "")
    with database.acting_as(out.installation, "worker"):
        assert queries.loop_state().lost == ()


def test_it_tells_each_step_that_the_rule_book_has_a_text_for_once(out, sms):
    made = to_verdict(out)
    drained(out)
    drained(out)
    while sent(out, "sms"):
        pass
    mine = [said["text"] for said in sms.said if made.number in said["text"]]
    assert [text.split(made.number)[1][:3] for text in mine] == ["已受理", "已办理"]
    assert "前评价是否解决" in mine[1]


def test_it_reads_no_phone_again_while_the_gateway_is_away(out, sms):
    sms.answers[:] = [500]
    first, second = accepted(out), accepted(out)
    assert sent(out, "sms") == 1
    assert [row.last_error for row in rows(out, "sms")] == ["sms-failed", ""]
    assert (len(readings(out, first)), len(readings(out, second))) == (1, 0)
    sms.answers[:] = [200]
    assert sent(out, "sms", NOW + timedelta(minutes=2)) == 2
    assert sms.said[0]["id"] == sms.said[1]["id"] or sms.said[0]["id"] == sms.said[2]["id"]


def test_it_sends_nothing_to_who_left_no_phone_or_had_it_deleted(out, sms):
    made = accepted(out)
    with worker(out):
        subject = Subject("matter", made.matter_id)
        vault.erase(subject=subject, parts=["phone"], reason="withdrawn", author=Author("system"), now=NOW)
    sent(out, "sms")
    assert sms.heard == []
    assert [(row.state, row.last_error) for row in rows(out, "sms")] == [("void", "no-phone")]
    assert readings(out, made) == []


def test_it_waits_for_the_morning(out, sms):
    night = NOW.replace(hour=13)
    made = report(BODY)
    act(made, out.cast.dispatcher, "accept", category=CATEGORY)
    drained(out, night)
    assert sent(out, "sms", night) == 0
    assert sent(out, "sms", night + timedelta(hours=10, minutes=29)) == 0
    assert sent(out, "sms", night + timedelta(hours=10, minutes=30)) == 1


def test_it_tells_unit_reporter_and_other_system_of_one_step_and_none_waits_for_another(out, sms, settings):
    """Mail is away, the other system too: the text message goes out."""
    box(out)
    with hook(500) as other, mail_server() as server:
        settings.MAIL = mail_at(server.port)
        subscribe(out, other.url)
        server.rcpt = ["450 later"]
        made = to_verdict(out)
        drained(out)
        with worker(out):
            operations.digest_due(NOW)
        for gateway in ("webhook", "mail", "sms"):
            sent(out, gateway)
        assert {row.state for row in rows(out, "sms")} == {"sent"}
        assert {row.state for row in rows(out, "webhook")} == {"waiting"}
        assert {row.state for row in rows(out, "mail")} == {"waiting"}
        other.answers[:] = [200]
        later = NOW + timedelta(hours=7)
        for gateway in ("webhook", "mail"):
            sent(out, gateway, later)
    assert {row.state for row in rows(out)} == {"sent"}
    heard = {said["id"]: said for said in other.said}
    types = [said["type"] for said in heard.values() if said["subject"] == made.number]
    assert sorted(types) == sorted(
        f"shanzhi.matters.{step}" for step in ("report", "accept", "dispatch", "take", "reply", "check_pass")
    )
    everything = str(heard) + str([mail.as_string() for _, mail in server.taken])
    assert "路灯" not in everything
    assert PHONE not in everything
