"""Stopping: who is served is served to the end, the batch at hand is finished, and nothing is left running."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shanzhi.config import database, embedded, server
from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role
from tests.fault.running import UP_SECONDS, Running, at_work, call, children_of, kill
from tests.prepared import TABLES, copy_prepared

REPORT = {"body": "路灯不亮", "region_code": "370303009006", "contact_phone": "13812345678"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with at_work() as found:
        yield found


@contextmanager
def locked(running: Running, table: str) -> Iterator[Callable[[], bool]]:
    """Nobody may write the table meanwhile; yields whether somebody waits for it."""
    url = database.admin_url(running.installation)
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute(f"LOCK TABLE shanzhi.{table} IN EXCLUSIVE MODE")

        def is_waited_for() -> bool:
            row = watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
            return bool(row and row[0])

        yield is_waited_for
        holder.rollback()


def wait_for(question: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while not question():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def count(running: Running, statement: str) -> Any:
    with as_role(running.installation, "worker") as opened:
        row = opened.execute(statement).fetchone()
        return row[0] if row else None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_the_requests_that_it_has_taken(running: Running, number):
    if running.served is None or running.served.poll() is not None:
        running.start_serving()
    assert running.served is not None
    (web,) = children_of(running.served.pid)
    answers: list[tuple[int, dict[str, Any]]] = []
    before = count(running, "SELECT count(*) FROM matters_matter")

    def send() -> None:
        answers.append(call(running.port, "POST", "/api/v1/reports", REPORT, Idempotency_Key=str(uuid.uuid4())))

    client = threading.Thread(target=send)
    with locked(running, "matters_matter") as is_waited_for:
        client.start()
        wait_for(is_waited_for, "the report doesn't wait")
        running.served.send_signal(number)
        time.sleep(1)
        assert answers == []
        assert running.served.poll() is None, "it stopped with a request in its hands"
    client.join(UP_SECONDS)
    assert [status for status, _ in answers] == [201]
    assert running.served.wait(20) == 0
    assert count(running, "SELECT count(*) FROM matters_matter") == before + 1
    assert not Path(f"/proc/{web}").exists()


def test_it_finishes_the_worker_s_batch_and_tells_nothing_twice(running: Running):
    """First it is asked to stop in the middle of a batch, then killed in the middle of one, after the matter's commit."""
    if running.served is None or running.served.poll() is not None:
        running.start_serving()
    for is_killed in (False, True):
        with locked(running, "matters_suggestion") as is_waited_for:
            status, _ = call(running.port, "POST", "/api/v1/reports", REPORT, Idempotency_Key=str(uuid.uuid4()))
            assert status == 201
            wait_for(is_waited_for, "the worker doesn't wait")
            assert running.worker is not None
            if is_killed:
                kill(running.worker)
            else:
                running.worker.terminate()
                time.sleep(0.5)
        if is_killed:
            assert count(running, "SELECT count(*) FROM notices_event") > 0, "the event went with the worker"
        else:
            started = time.monotonic()
            assert running.worker.wait(20) == 0
            assert time.monotonic() - started < 12
            assert count(running, "SELECT count(*) FROM notices_event") == 0
        running.start_worker()
        wait_for(lambda: count(running, "SELECT count(*) FROM notices_event") == 0, "the outbox was not told")
        told = "SELECT count(*) = (SELECT count(*) FROM matters_matter) FROM matters_suggestion"
        assert count(running, told) is True
        assert count(running, "SELECT count(*) = count(DISTINCT matter_id) FROM matters_suggestion") is True


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-s-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def holders(home: Path) -> list[int]:
    found: list[int] = json.loads((home / "pg" / ".handle_pids.json").read_text())
    return found


def are_both_listed(home: Path) -> bool:
    """Whether two processes hold the server; not yet, while the list is being written."""
    with suppress(OSError, ValueError):
        return len(holders(home)) == 2
    return False


def test_it_leaves_no_database_behind_after_a_holder_was_killed(home: Path, monkeypatch):
    """A killed process stays on the list of those who hold the server, and never takes itself off."""
    for name in [name for name in os.environ if name.startswith("SHANZHI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHANZHI_HOME", str(home))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    copy_prepared(home, TABLES, os.environ)
    installation = Installation.from_environment()
    environment = server.environment(installation, "")
    assert embedded.is_down(home / "pg")
    first, second = (server.start(server.worker_command(), environment) for _ in range(2))
    try:
        wait_for(lambda: are_both_listed(home), "they don't start")
        time.sleep(1)
        kill(first)
        assert first.pid in holders(home)
        # Killed as well, and started again by the one that is left: it is this new server that has to be stopped.
        pid = int((home / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: embedded.is_down(home / "pg"), "the database doesn't die")
        wait_for(lambda: not embedded.is_down(home / "pg"), "the worker doesn't revive its database")
        second.terminate()
        assert second.wait(30) == 0
        assert embedded.is_down(home / "pg")
        assert holders(home) == []
    finally:
        kill(first)
        kill(second)
        embedded.stop(installation)


def test_it_believes_no_file_that_names_another_program(home: Path):
    """After a power cut the server's number may belong to anybody."""
    cluster = home / "pg"
    cluster.mkdir()
    assert embedded.is_down(cluster)
    for content in ("", "no number\n", "999999999\n", f"{os.getpid()}\n/elsewhere\n"):
        (cluster / "postmaster.pid").write_text(content)
        assert embedded.is_down(cluster)
