"""Each day's head goes to those who keep it, once; whatever they answer, it is tried again, and given up after a week."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from shanzhi.config import database, doctor
from shanzhi.core.outbound import Rules
from shanzhi.kernel.journal.policy import PublicKey, read_head
from shanzhi.kernel.journal.tests.sealing import NOW
from shanzhi.modules.seals import operations, queries
from shanzhi.modules.seals.models import Delivery
from shanzhi.modules.seals.policy import address_hash, next_try
from shanzhi.modules.seals.tests.sealed_city import WEEK, sealed_city
from tests.concurrency.committed import as_role

DAY = timedelta(days=1)
SOON = timedelta(minutes=1)


@dataclass
class Keeper:
    """Somebody who keeps heads: answers by turns with what it is told, the last one from then on."""

    url: str = ""
    answers: list[int | str] = field(default_factory=lambda: [200])
    heard: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)


@contextmanager
def keeping(*answers: int | str) -> Iterator[Keeper]:
    keeper = Keeper(answers=list(answers or (200,)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            keeper.heard.append((dict(self.headers.items()), json.loads(body)))
            answer = keeper.answers.pop(0) if len(keeper.answers) > 1 else keeper.answers[0]
            if answer == "slow":
                time.sleep(1)
                return
            self.send_response(200 if answer == "huge" else int(answer))
            if answer == 302:
                self.send_header("Location", f"{keeper.url}elsewhere")
            self.send_header("Content-Length", str(2_000_000 if answer == "huge" else 0))
            self.end_headers()
            if answer == "huge":
                try:
                    self.wfile.write(b"x" * 2_000_000)
                except OSError:
                    self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    keeper.url = f"http://127.0.0.1:{server.server_address[1]}/secret-path/"
    try:
        yield keeper
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), sealed_city("sends") as made, database.acting_as(made.installation, "worker"):
        yield made


@pytest.fixture
def sent(city, settings, monkeypatch):
    """Send as the worker does; each test begins without deliveries, on the day after the first head."""
    with psycopg.connect(database.admin_url(city.installation), autocommit=True) as admin:
        admin.execute("DELETE FROM shanzhi.seals_delivery")
    settings.OUTBOUND = Rules(http_on_loopback=True)
    return city


def rows() -> list[Delivery]:
    return list(Delivery.objects.order_by("id"))


def test_it_sends_the_days_head_once(sent, settings):
    with keeping() as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        assert operations.heads_deliver(now=NOW) == 0 or rows()[0].occasion == "epoch"
        keeper.heard.clear()
        assert [operations.heads_deliver(now=NOW + WEEK + DAY), operations.heads_deliver(now=NOW + WEEK + DAY)] == [
            1,
            0,
        ]
    [(headers, said)] = keeper.heard
    assert (said["format"], said["occasion"], said["day"]) == ("shanzhi-head-1", "day", "2025-11-25")
    assert said["note"] == sent.late
    signed, keys = read_head(said["note"]), [PublicKey.read(text) for text in said["keys"]]
    assert signed.signers(keys) == tuple(keys)
    last = rows()[-1]
    assert headers["Shanzhi-Delivery"] == str(last.head_id)
    assert said["page"] == f"/seals/heads/{last.head_id}/"
    assert (last.tries, last.last_status, last.delivered_at) == (1, "200", NOW + WEEK + DAY)
    assert all(keeper.url not in str(vars(row)) and "secret" not in str(vars(row)) for row in rows())


def test_it_sends_the_first_head_of_a_new_epoch_at_once(sent, settings):
    with keeping() as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        assert operations.heads_deliver(now=NOW + SOON) == 1
    [(_, said)] = keeper.heard
    assert (said["occasion"], said["day"], said["note"]) == ("epoch", "2025-11-18", sent.early)


def test_it_tries_again_after_an_error_and_then_no_more(sent, settings):
    at = NOW + WEEK + DAY
    with keeping(500, 503, 201) as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        assert operations.heads_deliver(now=at) == 0
        [row] = rows()
        assert (row.tries, row.last_status, row.next_at) == (1, "500", next_try(1, at))
        # Not before its time.
        assert operations.heads_deliver(now=at + timedelta(seconds=59)) == 0
        assert len(keeper.heard) == 1
        assert operations.heads_deliver(now=at + SOON) == 0
        [row] = rows()
        assert (row.tries, row.last_status, row.next_at) == (2, "503", at + SOON + timedelta(minutes=5))
        assert operations.heads_deliver(now=at + timedelta(minutes=6)) == 1
        assert operations.heads_deliver(now=at + timedelta(hours=20)) == 0
    assert len(keeper.heard) == 3
    [row] = rows()
    assert (row.tries, row.last_status, row.delivered_at) == (3, "201", at + timedelta(minutes=6))
    assert queries.deliveries(now=at + DAY) == queries.Deliveries(0, 0, at + timedelta(minutes=6))


@pytest.mark.parametrize(
    ("answer", "status"), [(302, "302"), (404, "404"), ("huge", "outbound-too-large"), ("slow", "outbound-too-slow")]
)
def test_it_takes_no_odd_answer_for_a_receipt(sent, settings, monkeypatch, answer, status):
    monkeypatch.setattr(operations, "SECONDS", 0.4)
    with keeping(answer) as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        assert operations.heads_deliver(now=NOW + WEEK + DAY) == 0
    # A redirect is not followed: one call, whatever it says.
    assert len(keeper.heard) == 1
    [row] = rows()
    assert (row.tries, row.last_status, row.delivered_at) == (1, status, None)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://10.0.0.8/heads", "outbound-refused"),
        ("https://169.254.169.254/latest/meta-data", "outbound-refused"),
        ("https://127.0.0.1:5432/", "outbound-refused"),
        ("file:///etc/passwd", "outbound-refused"),
        ("https://[::1]/", "outbound-refused"),
    ],
)
def test_it_calls_nothing_inside(sent, settings, address, status):
    settings.SEAL_WEBHOOKS, settings.OUTBOUND = (address,), Rules()
    assert operations.heads_deliver(now=NOW + WEEK + DAY) == 0
    [row] = rows()
    assert (row.tries, row.last_status, row.delivered_at) == (1, status, None)


def test_it_gives_up_after_a_week_and_says_so(sent, settings):
    at = NOW + WEEK + DAY
    with keeping(500) as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        for hours in range(0, 24 * 9, 3):
            operations.heads_deliver(now=at + timedelta(hours=hours))
    [row] = rows()
    assert row.given_up_at is not None
    assert timedelta(days=7) <= row.given_up_at - at <= timedelta(days=7, hours=9)
    assert len(keeper.heard) == row.tries <= 36
    found = queries.deliveries(now=at + timedelta(days=9))
    assert (found.waiting, found.given_up) == (0, 1)
    assert queries.deliveries(now=at + timedelta(days=60)).given_up == 0


def test_it_lets_one_silent_keeper_hold_up_nobody(sent, settings):
    with keeping(500) as silent, keeping() as good:
        settings.SEAL_WEBHOOKS = (silent.url, good.url)
        assert operations.heads_deliver(now=NOW + WEEK + DAY) == 1
    assert (len(silent.heard), len(good.heard)) == (1, 1)


def test_it_takes_up_what_a_dead_worker_left(sent, settings):
    at = NOW + WEEK + DAY
    with keeping() as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        operations.deliveries_plan(addresses=[address_hash(keeper.url)], now=at)
        assert operations._claim(at, besides=set()) is not None
        # The other worker is still at it.
        assert operations.heads_deliver(now=at + SOON) == 0
        assert operations.heads_deliver(now=at + timedelta(minutes=5)) == 1
    assert [row.tries for row in rows()] == [2]


def test_it_drops_what_was_for_an_address_that_is_gone(sent, settings):
    at = NOW + WEEK + DAY
    with keeping(500) as keeper:
        settings.SEAL_WEBHOOKS = (keeper.url,)
        operations.heads_deliver(now=at)
    settings.SEAL_WEBHOOKS = ()
    assert operations.heads_deliver(now=at + DAY) == 0
    [row] = rows()
    assert (row.last_status, row.given_up_at) == ("no-such-address", at + DAY)


def test_it_sends_nothing_where_nobody_keeps_heads(sent, settings):
    settings.SEAL_WEBHOOKS = ()
    assert operations.heads_deliver(now=NOW + WEEK + DAY) == 0
    assert rows() == []


def test_it_waits_longer_each_time():
    waits = [int((next_try(tries, NOW) - NOW).total_seconds() // 60) for tries in range(8)]
    assert waits == [1, 1, 5, 15, 60, 180, 360, 360]


def test_it_is_out_of_the_applications_reach(sent):
    for role in ("app", "importer"):
        with as_role(sent.installation, role) as opened, pytest.raises(InsufficientPrivilege):
            opened.execute("SELECT * FROM seals_delivery")
    with as_role(sent.installation, "worker") as opened, pytest.raises(InsufficientPrivilege):
        opened.execute("DELETE FROM seals_delivery")


def test_it_is_told_by_the_doctor(sent, settings, monkeypatch):
    at = timezone.now() - timedelta(days=1)
    settings.SEAL_WEBHOOKS = ("https://10.0.0.8/heads",)
    assert [row.what for row in doctor._publishing(sent.installation) if not row.ok] == []
    Delivery.objects.create(
        address_hash="a" * 64, head_id=1, occasion="day", day="2026-11-21", made_at=at, next_at=at, given_up_at=at
    )
    [found] = doctor._publishing(sent.installation)
    assert (found.what, found.ok) == ("树头外送", False)
    assert "30 天内放弃 1 份" in found.seen
    assert "10.0.0.8" not in found.seen + found.mend
