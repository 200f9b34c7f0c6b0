"""The ladder's pass is killed between writing down what it tells and telling it: nobody is told twice, and nobody is missed."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role
from tests.fault.running import kill_as_soon_as, of_its_own
from tests.started import Started, start

REPORTS = 200 if os.environ.get("SHANZHI_SIZE") == "full" else 12
PATIENCE = 60
NOON = "2025-12-16T12:00:00+08:00"
"""Four weeks after the reports: each of their clocks stands on the highest rung."""
WAITS = "SELECT count(*) FROM pg_locks WHERE relation = 'notices_notice'::regclass AND NOT granted"


@pytest.fixture
def reported() -> Iterator[Installation]:
    """An installation of its own with reports that nobody took up."""
    with of_its_own() as installation:
        assert start("tests.fault.set_up", "report", str(REPORTS)).wait(PATIENCE) == 0
        yield installation


def _climb() -> Started:
    return start("tests.fault.set_up", "climb", NOON)


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
        kill_as_soon_as(lambda: looks.execute(WAITS).fetchone() != (0,), _climb(), PATIENCE)
    assert _told(reported) == (0, 0, []), "what wasn't told isn't written down as told"
    for _ in range(2):
        assert _climb().wait(PATIENCE) == 0
        rungs, clocks, told = _told(reported)
        # Two run on a fresh report: until it is taken up, and until it is answered.
        assert (rungs, clocks) == (2 * REPORTS, 2 * REPORTS), "each clock stands on one rung, once"
        assert [count for _, count in told] == [REPORTS], told
