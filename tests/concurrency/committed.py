"""A copy of the standing city in a database of its own, for tests whose transactions really commit.

The application's role may not empty tables, so nothing is ever cleaned: the copy is thrown away whole.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import role_of
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.matters.rulebook import forget_kinds
from tests.city import PARTS, Cast, _actor

WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class City:
    """A city that keeps what is committed to it, and its cast."""

    installation: Installation
    cast: Cast


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    """A copy of the standing city for the tests of one file; what they commit goes with it."""
    with django_db_blocker.unblock(), committed_city("copy") as installation:
        forget_kinds()
        yield City(installation, Cast(**{part: _actor(*where) for part, where in PARTS.items()}))


@contextmanager
def committed_city(name: str, *, of: str = "") -> Iterator[Installation]:
    """Let Django's connections of all threads lead to a fresh copy of the standing city; yields its installation.

    `of` "_empty": of the migrated database without any city.
    """
    installation: Installation = settings.INSTALLATION
    copy = replace(installation, database=f"{installation.database}_{name}")
    connections.close_all()
    with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy.database)))
        admin.execute(
            # By files: half the work of a copy that is logged page by page.
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(copy.database), sql.Identifier(f"{installation.database}{of}")
            )
        )
    _lead_to(copy.database)
    try:
        yield copy
    finally:
        _lead_to(installation.database)
        with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy.database)))


@contextmanager
def at(installation: Installation) -> Iterator[None]:
    """Let Django's connections lead to another installation's database for a while: two platforms in one test."""
    before: str = connections["default"].settings_dict["NAME"]
    _lead_to(installation.database)
    try:
        yield
    finally:
        _lead_to(before)


def _lead_to(name: str) -> None:
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def seal_all(installation: Installation, now: datetime) -> int:
    """Seal until every entry has its leaf; returns how many leaves were made.

    Transactions of other test processes hold it up: their databases lie on the same server, and so do their numbers.
    """
    count, give_up = 0, time.monotonic() + 2 * WAIT_SECONDS
    with database.acting_as(installation, "worker"):
        while True:
            count += journal.seal(now=now, head_every=timedelta(0)).count
            with connection.cursor() as cursor:
                cursor.execute("SELECT (SELECT count(*) FROM journal_entry) - (SELECT count(*) FROM journal_leaf)")
                if cursor.fetchone() == (0,):
                    return count
            assert time.monotonic() < give_up, "somebody's transaction holds up the sealing for ever"
            time.sleep(0.1)


@contextmanager
def as_role(installation: Installation, role: str, actor: Actor | None = None) -> Iterator[psycopg.Connection]:
    """A connection of its own as one of the city's roles, in a transaction that is rolled back; scoped to `actor`."""
    given: Mapping[str, Any] = installation.django_database(role)
    with psycopg.connect(
        host=given["HOST"],
        port=given["PORT"] or None,
        dbname=given["NAME"],
        user=given["USER"],
        password=given["PASSWORD"],
        options=given["OPTIONS"]["options"],
    ) as opened:
        if actor is not None:
            scope(opened, actor)
        try:
            yield opened
        finally:
            opened.rollback()


def scope(opened: psycopg.Connection, actor: Actor) -> None:
    """The settings that hold a transaction to what an actor sees, written down here a second time on purpose."""
    values = {
        "ranges": actor.ranges.to_pg() if actor.ranges else "",
        "intake": actor.intake.to_pg() if actor.intake else "",
        "unit": str(actor.unit_id or "") if actor.takes_part else "",
        "post": str(actor.post_id or ""),
        "follow": ",".join(actor.follow),
        "door": "",
        "staff": str(actor.staff_id or ""),
        "place": actor.place.to_pg() if actor.place else "",
        "features": ",".join(role_of(actor.role).may) if actor.is_post else "",
    }
    for name, value in values.items():
        opened.execute("SELECT set_config(%s, %s, true)", [f"shanzhi.{name}", value])


@dataclass(slots=True)
class Outcome:
    """What one of several that ran at once came to."""

    value: Any = None
    error: BaseException | None = None


def at_once(*jobs: Callable[[], Any]) -> list[Outcome]:
    """Run the jobs at once, each in a thread with a connection of its own; what each returned or raised."""
    outcomes = [Outcome() for _ in jobs]
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any], outcome: Outcome) -> None:
        try:
            connection.ensure_connection()
            gate.wait(WAIT_SECONDS)
            outcome.value = job()
        except BaseException as error:  # handed to the test, which asserts on it
            outcome.error = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(jobs, outcomes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive(), "one of them waits for ever"
    return outcomes


def waits_for_a_lock(installation: Installation) -> bool:
    """Does any session of this database wait for another one?"""
    with psycopg.connect(database.admin_url(installation)) as admin:
        row = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row is not None
    return bool(row[0])


@contextmanager
def doctoring(installation: Installation) -> Iterator[Callable[[str, str], None]]:
    """What changes one row of a table as its owner, behind everybody's back; tables are put back as they were."""
    undo: list[str] = []

    def run(table: str, statement: str) -> None:
        with as_role(installation, "owner") as owner:
            owner.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")
            undo.append(table)
            assert owner.execute(statement).rowcount == 1, statement
            owner.commit()

    yield run
    with as_role(installation, "owner") as owner:
        for table in undo:
            owner.execute(f"DELETE FROM {table}")
            owner.execute(f"INSERT INTO {table} SELECT * FROM kept")
            owner.execute("DROP TABLE kept")
        owner.commit()
