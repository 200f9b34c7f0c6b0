"""Somebody gives work to processes of their own: it comes back in order, an error too, and no process outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import pytest

from shanzhi.core.pool import AHEAD, Pool, pool


def jobs(count: int, taken: list[int]) -> Iterator[tuple[int]]:
    for number in range(count):
        taken.append(number)
        yield (number,)


def test_it_gives_results_in_the_order_of_the_jobs_and_takes_a_few_ahead() -> None:
    taken: list[int] = []
    with pool(worth_it=True) as workers:
        results = workers.ordered(sqrt, jobs(50, taken))
        assert next(results) == ((0,), 0.0)
        assert len(taken) <= AHEAD * max(workers.workers, 1) + 1
        assert [result for _, result in results] == [sqrt(number) for number in range(1, 50)]


@pytest.mark.parametrize("worth_it", [True, False])
def test_it_hands_on_what_a_job_raises(worth_it: bool) -> None:
    with pool(worth_it=worth_it) as workers, pytest.raises(ValueError, match="math domain error"):
        list(workers.ordered(sqrt, [(1,), (-1,), (4,)]))


def test_it_works_where_it_stands_without_processes() -> None:
    assert list(Pool(None, 0).ordered(divmod, [(7, 2), (9, 3)])) == [((7, 2), (3, 1)), ((9, 3), (3, 0))]


SLEEPER = """
import multiprocessing, sys, time
from shanzhi.core.pool import pool
if __name__ == "__main__":
    with pool(worth_it=True) as workers:
        list(workers.ordered(abs, [(1,)]))
        print(*[child.pid for child in multiprocessing.active_children()], flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor has no pool")
def test_no_process_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text(SLEEPER)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        children = [int(number) for number in parent.stdout.readline().split()]
    assert children
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}/exe").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [child for child in children if Path(f"/proc/{child}/exe").exists()] == []
