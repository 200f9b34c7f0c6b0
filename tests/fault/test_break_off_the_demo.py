"""A demo city that is broken off while it is made isn't there half: the next start clears it away and makes it whole."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from shanzhi.config import database
from shanzhi.config.demo import half
from shanzhi.config.demo.city import DemoMissing
from shanzhi.config.demo.half import mark_of, start_over, whole_or_not
from shanzhi.config.demo.run import make_whole
from shanzhi.config.installation import Installation
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, load_city
from tests.concurrency.committed import committed_city

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nothing(django_db_setup: None, django_db_blocker: Any, tmp_path: Path) -> Iterator[Installation]:
    """A migrated installation without any city, whose home folder is a test's own."""
    with django_db_blocker.unblock(), committed_city("half", of="_empty") as installation:
        forget_kinds()
        mark_of(installation).unlink(missing_ok=True)
        yield installation
        mark_of(installation).unlink(missing_ok=True)
    forget_kinds()


def matters_there(installation: Installation) -> int:
    with database.acting_as(installation, "worker"):
        return queries.loop_state().total


class Making:
    """The standing city in place of the demo's: broken off after its first matter, as often as is said."""

    def __init__(self, broken: int) -> None:
        self.broken = broken

    def __call__(self, installation: Installation, **_: Any) -> None:
        """Make it."""
        load_city(installation)
        with acting(ANYONE):
            operations.report(new=NewReport(body="路灯不亮"), actor=ANYONE, now=NOW)
        if self.broken:
            self.broken -= 1
            raise KeyboardInterrupt


def start(installation: Installation, make: Making) -> str:
    """`shanzhi demo` up to the city being whole; what it said."""
    console = Console(width=200, file=StringIO())
    with suppress(KeyboardInterrupt):
        make_whole(installation, city_code="3703", now=NOW + timedelta(minutes=1), console=console, make=make)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_it_starts_over_as_often_as_it_is_broken_off_and_leaves_a_whole_city_alone(nothing: Installation) -> None:
    making = Making(broken=2)
    assert "没有做完" in start(nothing, making)
    assert (matters_there(nothing), mark_of(nothing).exists()) == (1, True)
    assert "从头再来" in start(nothing, making)
    assert mark_of(nothing).exists()
    assert "已经清掉" in start(nothing, making)
    assert (matters_there(nothing), mark_of(nothing).exists()) == (1, False)
    assert "没有做完" not in start(nothing, Making(broken=0))
    assert matters_there(nothing) == 1, "a city that is whole is left as it is"
    assert not start_over(nothing)


def test_it_throws_nothing_away_that_was_there_before_the_demo(nothing: Installation) -> None:
    load_city(nothing)
    with pytest.raises(KeyboardInterrupt), whole_or_not(nothing, city_code="3703", now=NOW):
        raise KeyboardInterrupt
    with pytest.raises(DemoMissing, match="不能代您清掉"):
        start_over(nothing)
    assert organisation.unit_by_code("centre-3703", NOW.date()) is not None


def test_it_clears_nothing_away_under_another_process_that_makes_it(nothing: Installation) -> None:
    hold = (
        "import fcntl, sys; mark = open(sys.argv[1], 'a+'); fcntl.flock(mark, fcntl.LOCK_EX);"
        f" mark.write({half.CLEARED!r}); mark.flush(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(mark_of(nothing))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        for at_it in (
            lambda: start_over(nothing),
            lambda: start(nothing, Making(broken=0)),
        ):
            with pytest.raises(DemoMissing, match="另一个窗口"):
                at_it()
        other.stdin.close()
    # Whoever held it died without taking the mark away: what is there now is cleared.
    load_city(nothing)
    assert start_over(nothing)
    assert organisation.top_regions(NOW.date()) == []
