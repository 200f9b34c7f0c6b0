"""Figures from the command line: computed now, after whoever computes them already, never before their time."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread

import pytest
from django.db import connections
from django.utils import timezone
from psycopg import Connection

from shanzhi.kernel.indicators.operations import computing
from tests.command_line import said_by
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]


@pytest.fixture
def shanzhi(city: City) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs the command on the copy of the standing city; exit code and everything that it said."""
    yield partial(said_by, city, "indicator")
    connections.close_all()


def test_it_computes_an_indicator_of_a_month(shanzhi):
    code, said = shanzhi("compute", "solution_rate", "--period", "2026-01")
    assert (code, said.rstrip().splitlines()[-1]) == (0, "已计算。有变化的 0 个数，其中修订 0 个。")


def test_it_waits_for_whoever_computes_already(city, shanzhi):
    lock = [computing._LOCK, 2026]
    waits = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted)"

    def until_somebody_waits(another: Connection) -> None:
        while another.execute(waits, lock[:1]).fetchone() != (True,):
            time.sleep(0.1)
        another.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    with as_role(city.installation, "worker") as another:
        another.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        done = Thread(target=until_somebody_waits, args=(another,), daemon=True)
        done.start()
        code, said = shanzhi("compute", "solution_rate", "--period", "2026-01")
    assert "另一个进程正在计算这一年的指标，等它算完就接着算。" in said
    assert (code, "已计算。" in said) == (0, True)


def test_it_computes_nothing_that_has_not_begun(shanzhi):
    ahead = timezone.now().year + 1
    code, said = shanzhi("compute", "--period", str(ahead))
    assert (code != 0, "这个期间还没有开始。请换一个期间。" in said) == (True, True)
