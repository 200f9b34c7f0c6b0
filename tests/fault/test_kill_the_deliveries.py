"""Sending is killed without warning, again and again: every message arrives, and a repetition says that it is one."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.notices.tests.servers import Hook, hook
from tests.concurrency.committed import as_role
from tests.prepared import copy_prepared

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("SHANZHI_SIZE") == "full"
MESSAGES = 5_000 if FULL else 300
KILLS = 20 if FULL else 3
PATIENCE = 120
LEASE_MINUTES = 6
SUBSCRIBE = (
    "INSERT INTO notices_subscription (name, url, kinds, scope_code, key_number, key_changed_at, made_at, steps)"
    " VALUES ('x', %s, '[]', '', 1, now(), now(), 1) RETURNING id"
)
FILL = """
INSERT INTO notices_delivery (gateway, destination, key, step, role, subject_kind, text, body, made_at, next_at, give_up_at,
    tries, last_error, state)
SELECT 'webhook', 'webhook:' || %s, gen_random_uuid(), 'matters.take', '', '', 'X' || n,
    '{"at": "2025-11-18T02:30:00+00:00", "data": {}}', now(), now(), now() + interval '7 days', 0, '', 'waiting'
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def waiting() -> Iterator[tuple[Installation, Hook]]:
    """An installation of its own with `MESSAGES` messages for one system."""
    home = Path(tempfile.mkdtemp(prefix="shanzhi-send-"))
    before = dict(os.environ)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_")}
    os.environ.clear()
    os.environ.update(
        clean,
        SHANZHI_HOME=str(home),
        SHANZHI_OUTBOUND_LOOPBACK="1",
        DJANGO_SETTINGS_MODULE="shanzhi.config.settings",
    )
    engine: Any = None
    try:
        copy_prepared(home, "tests.fault.set_up", os.environ)
        found = Installation.from_environment()
        engine = database.start_embedded(found)
        with hook() as taker:
            with as_role(found, "owner") as opened:
                pk = (opened.execute(SUBSCRIBE, [taker.url]).fetchone() or (0,))[0]
                opened.execute(FILL, [pk, MESSAGES])
                opened.commit()
            yield found, taker
    finally:
        if engine is not None:
            engine.stop()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def _start(minutes: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.fault.set_up", "deliver", str(minutes)]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def _states(installation: Installation) -> dict[str, str]:
    with as_role(installation, "worker") as opened:
        return {str(key): state for key, state in opened.execute("SELECT key, state FROM notices_delivery").fetchall()}


def test_it_loses_no_message_when_it_is_killed_again_and_again(waiting: tuple[Installation, Hook]) -> None:
    installation, taker = waiting
    for kill in range(1, KILLS + 1):
        running = _start(kill * LEASE_MINUTES)
        give_up = time.monotonic() + PATIENCE
        while len(taker.heard) < kill * MESSAGES // (KILLS + 1):
            assert running.poll() is None, "it ended before it was killed"
            assert time.monotonic() < give_up, "it doesn't get on"
            time.sleep(0.001)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        states = _states(installation)
        heard = {headers["webhook-id"] for headers, _ in taker.heard}
        assert {key for key, state in states.items() if state == "sent"} <= heard, "what counts as sent has arrived"
    assert _start((KILLS + 1) * LEASE_MINUTES).wait(PATIENCE) == 0
    states = _states(installation)
    assert set(states.values()) == {"sent"}
    times = Counter(headers["webhook-id"] for headers, _ in taker.heard)
    assert set(times) == set(states)
    assert sum(times.values()) <= MESSAGES + KILLS, "only what was under way at a kill comes twice"
    bodies: dict[str, set[bytes]] = {}
    for headers, body in taker.heard:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    assert {len(found) for found in bodies.values()} == {1}
