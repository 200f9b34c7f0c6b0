"""Every job run twice, and twice at once: it comes to the same as run once. Jobs of a killed worker are done again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate.contrib.django import app
from psycopg import sql

from shanzhi.config import database, tasks, worker
from shanzhi.config.backup.take import counts
from shanzhi.config.installation import Installation
from tests.concurrency.committed import City, at_once, city
from tests.concurrency.steps import report, to_verdict
from tests.concurrency.test_work_in_the_background import _as_worker

__all__ = ["city"]

# The library's own bookkeeping of what ran when.
BOOKKEEPING = "procrastinate_"
ITS_OWN = {"config.take_up_jobs"}
JOBS = sorted(task.task.name for task in app.periodic_registry.periodic_tasks.values())


def job(name: str) -> Callable[[], Any]:
    found = {task.task.name: task.task for task in app.periodic_registry.periodic_tasks.values()}[name]
    return lambda: found.func(int(time.time()))


def content(installation: Installation) -> dict[str, str]:
    """A hash of all rows of each table."""
    with database.as_owner(installation) as connection:
        found = {}
        for table in counts(connection, installation.schema):
            if not table.startswith(BOOKKEEPING):
                row = connection.execute(
                    sql.SQL("SELECT count(*) || md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t").format(
                        sql.Identifier(installation.schema, table)
                    )
                ).fetchone()
                found[table] = row[0] if row else ""
    return found


@pytest.fixture(scope="module")
def busy(city: City) -> City:
    """There is something for the jobs to do: matters whose verdict is long due, submission keys nobody sends again."""
    for _ in range(3):
        to_verdict(city)
        report()
    return city


def test_it_knows_every_job():
    assert {"journal.make_months", "matters.lapse", "matters.forget_submissions", "config.take_up_jobs"} <= set(JOBS)


@pytest.mark.parametrize("name", [name for name in JOBS if name not in ITS_OWN])
def test_it_comes_to_the_same_twice_at_once(busy: City, name):
    run = _as_worker(busy, job(name))
    outcomes = at_once(run, run)
    assert [row.error for row in outcomes] == [None, None]
    after = content(busy.installation)
    (again,) = at_once(run)
    assert again.error is None
    changed = {table for table, value in content(busy.installation).items() if value != after[table]}
    # A sealing may sign one more head over the same tree; a job that writes entries is caught by the line below. When a
    # month was looked at last is written down each time.
    assert changed - {"journal_head", "indicators_computing"} == set()
    with database.as_owner(busy.installation) as owner:
        doubled = owner.execute(
            "SELECT subject_id, subject_step FROM journal_entry WHERE subject_kind = 'matter'"
            " GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
    assert doubled == []


def stall(city: City, task: str, lock: str | None) -> int:
    """A job as a killed worker leaves it: begun, and nobody's."""
    with psycopg.connect(database.admin_url(city.installation), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        row = admin.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock)"
            " VALUES ('test', %s, '{\"timestamp\": 0}', 'doing', %s) RETURNING id",
            [task, lock],
        ).fetchone()
        assert row is not None
        return int(row[0])


def states(city: City) -> dict[int, str]:
    with psycopg.connect(database.admin_url(city.installation)) as admin:
        return dict(admin.execute("SELECT id, status::text FROM shanzhi.procrastinate_jobs").fetchall())


RAN: list[int] = []


@app.task(name="test.left", queueing_lock="test.left", queue="test")
async def left_behind(timestamp: int) -> None:
    """A job of these tests alone; it takes no connection of its own."""
    RAN.append(timestamp)


def test_it_does_again_what_a_killed_worker_left_behind(busy: City):
    RAN.clear()
    left = stall(busy, "test.left", "test.left")
    with database.acting_as(busy.installation, "worker"):
        run_jobs()
    assert states(busy)[left] == "succeeded"
    assert len(RAN) == 1


def test_it_leaves_alone_a_job_that_waits_again_already(busy: City):
    RAN.clear()
    left = stall(busy, "test.left", "test.left")
    with database.acting_as(busy.installation, "worker"):
        run_jobs(left_behind)
    assert states(busy)[left] == "aborted"
    assert {"doing", "failed"} & set(states(busy).values()) == set()
    assert len(RAN) == 1


def run_jobs(*others: Any) -> None:
    """Put the job that looks, and others, into a queue of their own and work until it is empty (what is due by the clock stays in another one)."""
    # With a lock of its own: by the clock it may wait in the other queue as well.
    tasks.take_up_jobs.configure(queue="test", queueing_lock="test.take_up").defer(timestamp=0)
    for each in others:
        each.defer(timestamp=0)

    async def main() -> None:
        worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                queues=["test"], install_signal_handlers=False, wait=False, listen_notify=False
            )
        # A job asks Django's connector, which has a connection in asgiref's own thread.
        await sync_to_async(connections.close_all)()

    asyncio.run(main())
    connections.close_all()


def test_it_gives_a_batch_ten_seconds_to_end():
    assert worker.STOP_SECONDS == 10
