"""The parent starts again what dies, and says so and stops where it dies again and again."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from shanzhi.config.supervise import Child, KeepsFailing, Supervisor


def child(code: str) -> Child:
    return Child("网页", [sys.executable, "-c", code], {})


@pytest.fixture
def started() -> Iterator[list[Supervisor]]:
    supervisors: list[Supervisor] = []
    yield supervisors
    for supervisor in supervisors:
        supervisor.stop()


def supervise(started: list[Supervisor], *children: Child) -> Supervisor:
    supervisor = Supervisor(settings.INSTALLATION, list(children))
    started.append(supervisor)
    supervisor.start()
    return supervisor


def test_it_starts_again_what_died_and_leaves_the_others_alone(started):
    first, second = child("import time; time.sleep(60)"), child("import time; time.sleep(60)")
    supervisor = supervise(started, first, second)
    assert first.process is not None
    assert second.process is not None
    before = first.process.pid, second.process.pid
    first.process.kill()
    first.process.wait()
    supervisor.look(time.monotonic() + 10)
    assert first.is_up()
    assert (first.process.pid != before[0], second.process.pid == before[1]) == (True, True)


def test_it_gives_up_on_what_ends_at_once_five_times_in_a_row(started):
    failing = child("raise SystemExit(3)")
    supervisor = supervise(started, failing)
    for times in range(1, 5):
        assert failing.process is not None
        failing.process.wait()
        supervisor.look(time.monotonic())
        assert failing.failures == times
    failing.process.wait()
    with pytest.raises(KeepsFailing, match="网页一再停止"):
        supervisor.look(time.monotonic())


def test_it_goes_on_with_what_ends_now_and_then(started):
    mortal = child("pass")
    supervisor = supervise(started, mortal)
    for minute in range(1, 9):
        assert mortal.process is not None
        mortal.process.wait()
        supervisor.look(time.monotonic() + 60 * minute)
    assert mortal.failures == 0


def test_it_leaves_nothing_behind_that_a_child_had_started():
    reads, writes = os.pipe()
    code = f"import os, time; os.fork(); os.write({writes}, b'.'); time.sleep(60)"
    parent = Child("网页", [sys.executable, "-c", code], {})
    parent.process = subprocess.Popen(parent.command, start_new_session=True, pass_fds=[writes])
    os.close(writes)
    assert (os.read(reads, 1), os.read(reads, 1)) == (b".", b".")
    parent.stop()
    # The pipe has come to its end: nobody holds it any more.
    assert select.select([reads], [], [], 10)[0] == [reads]
    assert os.read(reads, 1) == b""
    os.close(reads)
