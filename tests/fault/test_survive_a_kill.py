"""Web server, worker and PostgreSQL are killed without warning while reports come in: what was acknowledged is there, once."""

import http.client
import json
import os
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from shanzhi.config import server
from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role
from tests.fault.running import UP_SECONDS, Running, at_work, call
from tests.started import run

CLIENTS = 4
TOLD_SECONDS = 4 * UP_SECONDS
"""All that was reported is told by then, on a machine that has other work to do as well."""
COMMUNITIES = ("370303009006", "370303008001", "370306100200", "")


def said_with(key: str) -> str:
    """A report's text that names its key, in letters: a run of digits could look like a phone number and be masked."""
    return "路灯不亮 " + key.translate(str.maketrans("0123456789-", "ghijklmnopq"))


@dataclass(slots=True)
class Load:
    """Clients that report without end; an unanswered report is sent again under its key until it is answered."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    retried: int = 0
    odd: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    failed: Counter[int] = field(default_factory=Counter)
    """How often which status came that is no answer; 0 for a connection that broke."""

    def run(self, number: int) -> None:
        random = Random(number)
        while not self.stop.is_set():
            key = str(uuid.UUID(int=random.getrandbits(128), version=4))
            body = {
                "body": said_with(key),
                "region_code": random.choice(COMMUNITIES),
                "contact_phone": f"138{random.randrange(10**8):08d}",
            }
            first = self.send(body, key)
            if first is not None and random.random() < 0.2:
                again = self.send(body, key)
                assert again is None or (again["number"], again["follow_code"]) == (
                    first["number"],
                    first["follow_code"],
                )

    def wait_for_more(self) -> None:
        """Wait until new reports are answered again: everything has come back by itself.

        An answer to each client may have been on its way before; so more than one for each is waited for.
        """
        answered, deadline = len(self.answered), time.monotonic() + UP_SECONDS
        while len(self.answered) < answered + 2 * CLIENTS:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.02)

    def send(self, body: dict[str, str], key: str) -> dict[str, Any] | None:
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                status, answer = call(self.port, "POST", "/api/v1/reports", body, Idempotency_Key=key)
            except (OSError, http.client.HTTPException, ValueError):
                status, answer = 0, {}
            if status == 201:
                self.answered[key] = answer
                return answer
            if 0 < status < 500:
                self.odd.append((status, answer))
                return None
            self.retried += 1
            self.failed[status] += 1
            if status == 503:
                assert answer["title"] == "unavailable", answer
                assert "不会重复办理" in answer["detail"], answer
            time.sleep(0.05)
        raise AssertionError(f"report {key} was never answered")


@pytest.fixture
def running() -> Iterator[Running]:
    with at_work() as found:
        yield found


def _look() -> dict[str, Any]:
    said = run("tests.fault.set_up", "look")
    assert said.returncode == 0, said.stderr
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def _wait_until_told(installation: Installation) -> None:
    deadline = time.monotonic() + TOLD_SECONDS
    with as_role(installation, "owner") as opened:
        while time.monotonic() < deadline:
            if opened.execute("SELECT count(*) FROM notices_event").fetchone() == (0,):
                return
            opened.rollback()
            time.sleep(0.1)
    raise AssertionError("the outbox was not told to its end")


def survive(running: Running, rounds: int) -> Load:
    """Kill web server, worker, database and its sessions in turn under load; then look at everything."""
    load, random = Load(running.port), Random(11)
    clients = [threading.Thread(target=load.run, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for _ in range(rounds):
            for harm in (running.kill_web, running.kill_worker, running.kill_database, running.cut_connections):
                time.sleep(random.uniform(0.5, 1.5))
                harm()
                load.wait_for_more()
    finally:
        load.stop.set()
    for client in clients:
        client.join(70)
        assert not client.is_alive()
    _wait_until_told(running.installation)
    _check(running, load)
    sys.stderr.write(f"{len(load.answered)} reports answered, sent again: {dict(load.failed)}\n")
    return load


def _check(running: Running, load: Load) -> None:
    assert load.odd == []
    assert set(load.failed) <= {0, 503}, load.failed
    assert len(load.answered) > 20
    assert load.retried > 0, "nothing was interrupted"
    with as_role(running.installation, "owner") as opened:
        stored = dict(opened.execute("SELECT body, number FROM matters_matter").fetchall())
        counts = opened.execute(
            "SELECT count(*), count(DISTINCT body), count(DISTINCT number), count(DISTINCT follow_hash),"
            " (SELECT count(*) FROM journal_entry WHERE action = 'matters.report'),"
            " (SELECT count(DISTINCT subject_id) FROM journal_entry WHERE action = 'matters.report'),"
            " (SELECT count(*) FROM matters_submission), (SELECT count(*) FROM matters_suggestion),"
            " (SELECT count(*) FROM vault_record WHERE part = 'phone') FROM matters_matter"
        ).fetchone()
    assert counts is not None
    assert set(counts) == {len(stored)}, counts
    # Every client waited for an answer to all that it had sent.
    assert {said_with(key): answer["number"] for key, answer in load.answered.items()} == stored
    for answer in list(load.answered.values())[-40:]:
        status, found = call(
            running.port, "GET", f"/api/v1/reports/{answer['number']}", Follow_Code=answer["follow_code"]
        )
        assert (status, found["number"], found["stage"]) == (200, answer["number"], "reported")
    assert _look() == {"total": len(stored), "lost": [], "out_of_step": []}
    _check_seals(running.installation)


def _check_seals(installation: Installation) -> None:
    """Every entry has its leaf, once, and the whole tree with its heads fits them."""
    deadline = time.monotonic() + UP_SECONDS
    with as_role(installation, "worker") as opened:
        while time.monotonic() < deadline:
            row = opened.execute(
                "SELECT (SELECT count(*) FROM journal_leaf), (SELECT count(*) FROM journal_entry)"
            ).fetchone()
            opened.rollback()
            if row and row[0] == row[1]:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"not all is sealed: {row}")
    verified = run("shanzhi", "journal", "verify", env=server.environment(installation, ""))
    assert verified.returncode == 0, verified.stdout


def test_it_loses_nothing_when_everything_is_killed_once(running: Running) -> None:
    survive(running, rounds=1)
    assert running.worker is not None
    assert running.worker.poll() is None, "the worker ended when its sessions were cut"


@pytest.mark.full
@pytest.mark.skipif(os.environ.get("SHANZHI_SIZE") != "full", reason="runs at full size only (make proof)")
def test_it_loses_nothing_when_everything_is_killed_twenty_times(running: Running) -> None:
    load = survive(running, rounds=20)
    assert load.retried >= 20
