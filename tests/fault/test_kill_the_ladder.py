"""The ladder's pass is killed between writing down what it tells and telling it: nobody is told twice, and nobody is missed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role

ROOT = Path(__file__).parents[2]
REPORTS = 200 if os.environ.get("SHANZHI_SIZE") == "full" else 12
PATIENCE = 60
NOON = "2025-12-16T12:00:00+08:00"
"""Four weeks after the reports: each of their clocks stands on the highest rung."""
WAITS = "SELECT count(*) FROM pg_locks WHERE relation = 'notices_notice'::regclass AND NOT granted"


@pytest.fixture
def reported() -> Iterator[Installation]:
    """An installation of its own with reports that nobody took up."""
    home = Path(tempfile.mkdtemp(prefix="shanzhi-climb-"))
    before = dict(os.environ)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_")}
    os.environ.clear()
    os.environ.update(clean, SHANZHI_HOME=str(home), DJANGO_SETTINGS_MODULE="shanzhi.config.settings")
    engine: Any = None
    try:
        found = Installation.from_environment()
        engine = database.start_embedded(found)
        for what in (["prepare"], ["report", str(REPORTS)]):
            subprocess.run([sys.executable, "-m", "tests.fault.set_up", *what], cwd=ROOT, check=True)
        yield found
    finally:
        if engine is not None:
            engine.stop()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


def _climb() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.fault.set_up", "climb", NOON], cwd=ROOT)


def _told(installation: Installation) -> tuple[int, int, list[tuple[Any, ...]]]:
    """Rungs written down, clocks among them, and what was told: text and how many."""
    with as_role(installation, "owner") as opened:
        rungs, clocks = opened.execute("SELECT count(*), count(DISTINCT clock_id) FROM matters_rung").fetchone() or (
            0,
            0,
        )
        rows = opened.execute(
            "SELECT text, (params->>'count')::int FROM notices_notice WHERE subject_kind = 'ladder'"
        ).fetchall()
    return rungs, clocks, rows


def test_it_tells_everybody_once_though_it_was_killed_in_the_middle(reported: Installation) -> None:
    with as_role(reported, "owner") as holds, as_role(reported, "owner") as looks:
        holds.execute("LOCK TABLE notices_notice IN EXCLUSIVE MODE")
        running = _climb()
        give_up = time.monotonic() + PATIENCE
        while (looks.execute(WAITS).fetchone() or (0,))[0] == 0:
            assert running.poll() is None, "it ended before it was killed"
            assert time.monotonic() < give_up, "it doesn't get on"
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert _told(reported) == (0, 0, []), "what wasn't told isn't written down as told"
    for _ in range(2):
        assert _climb().wait(PATIENCE) == 0
        rungs, clocks, told = _told(reported)
        # Two run on a fresh report: until it is taken up, and until it is answered.
        assert (rungs, clocks) == (2 * REPORTS, 2 * REPORTS), "each clock stands on one rung, once"
        assert [count for _, count in told] == [REPORTS], told
