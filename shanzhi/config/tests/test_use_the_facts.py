"""Facts from the command line: how far they are, projecting, verifying, rebuilding, cutting, with their exit codes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connections
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.worker import measure
from shanzhi.kernel.facts import operations, queries
from tests.command_line import said_by
from tests.concurrency.committed import City, as_role, city, seal_all
from tests.concurrency.steps import report

__all__ = ["city"]


@pytest.fixture
def shanzhi(city: City) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs the command on the copy of the standing city; exit code and everything that it said."""

    yield partial(said_by, city, "facts")
    connections.close_all()


def test_it_projects_verifies_rebuilds_and_names_what_was_changed(city, shanzhi):
    made = [report() for _ in range(3)]
    seal_all(city.installation, timezone.now())
    assert "条等待投影" in shanzhi("status")[1]
    code, said = shanzhi("project")
    assert (code, said.rstrip().endswith("条留痕。")) == (0, True)
    assert "没有落后" in shanzhi("status")[1]
    code, said = shanzhi("verify")
    assert (code, said.rstrip().splitlines()[-1]) == (0, "全部和台账一致。")
    with as_role(city.installation, "owner") as owner:
        owner.execute("UPDATE fact_matter SET channel = 'phone' WHERE matter_id = %s", [made[0].matter_id])
        owner.commit()
    code, said = shanzhi("verify")
    assert code == 1
    assert f"■ fact_matter 里事项 {made[0].number} 的第 1 行：channel 现在是“phone”，按留痕应当是“web”。" in said
    assert "请保留现状" in said
    code, said = shanzhi("rebuild")
    assert (code, "重建了 3 件事项的事实" in said) == (0, True)
    assert shanzhi("verify")[0] == 0


def test_it_cuts_no_month_that_runs_and_says_what_a_month_is(shanzhi):
    month = f"{timezone.now():%Y-%m}"
    code, said = shanzhi("cut", "--month", month)
    assert (code != 0, f"{month} 还没有结束，不能封账。请下个月再做。" in said) == (True, True)
    assert "月份要写成 2026-11 这样" in shanzhi("cut", "--month", "十月")[1]


def test_it_cuts_a_month_once(shanzhi):
    assert "2025-01 已封账：0 件事项" in shanzhi("cut", "--month", "2025-01")[1]
    assert "2025-01 早已封账：0 件事项" in shanzhi("cut", "--month", "2025-01")[1]


def test_the_worker_measures_how_far_behind_they_are(city, monkeypatch):
    told: dict[str, float] = {}
    monkeypatch.setattr("shanzhi.config.observe.metrics.set_gauge", told.__setitem__)
    report()
    seal_all(city.installation, timezone.now())
    with database.acting_as(city.installation, "worker"):
        waiting = queries.facts_state()
        measure(now=timezone.now())
        assert told["facts_entries"] == waiting.waiting > 0
        assert told["facts_lag_seconds"] > 0
        while operations.project(now=datetime(2026, 1, 1, tzinfo=UTC)).count:
            pass
        measure(now=timezone.now())
    assert (told["facts_entries"], told["facts_lag_seconds"]) == (0, 0)
