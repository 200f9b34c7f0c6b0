"""Web server and worker are killed without warning while reports come in: what was acknowledged is there, once."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from shanzhi.config import database, server
from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role

ROOT = Path(__file__).parents[2]
CLIENTS = 4
UP_SECONDS = 30
COMMUNITIES = ("370303009006", "370303008001", "370306100200", "")


@dataclass(slots=True)
class Running:
    """An installation with its web server and worker, which can be killed and started again."""

    installation: Installation
    port: int
    web: "subprocess.Popen[bytes] | None" = None
    worker: "subprocess.Popen[bytes] | None" = None

    def start_web(self) -> None:
        command = server.web_command("127.0.0.1", self.port, 1, 4)
        self.web = server.start(command, server.environment(self.installation, "app"))
        self.wait_until_up()

    def start_worker(self) -> None:
        self.worker = server.start(server.worker_command(), server.environment(self.installation, "worker"))

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                if call(self.port, "GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the web server did not come up")

    def cut_connections(self) -> None:
        """End every session of the city's roles, as a database that restarts does."""
        with psycopg.connect(database.admin_url(self.installation)) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename LIKE 'shanzhi%%' AND pid <> pg_backend_pid()", []
            )  # fmt: skip


def kill(child: "subprocess.Popen[bytes] | None") -> None:
    """kill -9, with all its children."""
    if child is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, sent, {"Content-Type": "application/json", **named})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


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
            time.sleep(0.05)
        raise AssertionError(f"report {key} was never answered")


@pytest.fixture
def running() -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="shanzhi-fault-"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_")},
        "SHANZHI_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings",
    }
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    engine: Any = None
    found: Running | None = None
    try:
        installation = Installation.from_environment()
        engine = database.start_embedded(installation)
        subprocess.run([sys.executable, "-m", "tests.fault.set_up", "prepare"], cwd=ROOT, check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        found = Running(installation, port)
        found.start_web()
        found.start_worker()
        yield found
    finally:
        if found is not None:
            kill(found.web)
            kill(found.worker)
        if engine is not None:
            engine.stop()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def _look() -> dict[str, Any]:
    said = subprocess.run(
        [sys.executable, "-m", "tests.fault.set_up", "look"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def _wait_until_told(installation: Installation) -> None:
    deadline = time.monotonic() + UP_SECONDS
    with as_role(installation, "owner") as opened:
        while time.monotonic() < deadline:
            if opened.execute("SELECT count(*) FROM notices_event").fetchone() == (0,):
                return
            opened.rollback()
            time.sleep(0.1)
    raise AssertionError("the outbox was not told to its end")


def survive(running: Running, rounds: int) -> Load:
    """Kill web server, worker and database sessions in turn under load; then look at everything."""
    load, random = Load(running.port), Random(11)
    clients = [threading.Thread(target=load.run, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(rounds):
        time.sleep(random.uniform(0.5, 1.5))
        kill(running.web)
        running.start_web()
        time.sleep(random.uniform(0.5, 1.5))
        kill(running.worker)
        running.start_worker()
        time.sleep(random.uniform(0.5, 1.5))
        running.cut_connections()
    time.sleep(1)
    load.stop.set()
    for client in clients:
        client.join(70)
        assert not client.is_alive()
    _wait_until_told(running.installation)
    _check(running, load)
    return load


def _check(running: Running, load: Load) -> None:
    assert load.odd == []
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


def test_it_loses_nothing_when_everything_is_killed_once(running: Running) -> None:
    survive(running, rounds=1)
    assert running.worker is not None
    assert running.worker.poll() is None, "the worker ended when its sessions were cut"


@pytest.mark.full
@pytest.mark.skipif(os.environ.get("SHANZHI_SIZE") != "full", reason="runs at full size only (make proof)")
def test_it_loses_nothing_when_everything_is_killed_twenty_times(running: Running) -> None:
    load = survive(running, rounds=20)
    assert load.retried >= 20
