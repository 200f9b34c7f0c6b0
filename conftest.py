"""Real PostgreSQL for every test, as the application's role; each process has databases of its own.

One database holds the standing city (`tests/city.py`), loaded once and shared; a second one is migrated and empty, for
the tests that load cities themselves.
"""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as city_settings
from django.db import connections
from hypothesis import settings as hypothesis
from psycopg import sql

from shanzhi.config import database, embedded
from shanzhi.config.assets import compile_translations
from tests.city import Cast, load_city
from tests.prepared import copy_tables, make_tables
from tests.server import relax


def pytest_configure(config: pytest.Config) -> None:
    """English pages are read from what is compiled here, in whatever order the tests run. No test is timed.

    Where processes share the tests, the tables of their databases are made while they load them.
    """
    compile_translations()
    hypothesis.register_profile("untimed", deadline=None)
    hypothesis.load_profile("untimed")
    if config.getoption("numprocesses", None):
        config.add_cleanup(make_tables().wait)
    else:
        gc.disable()  # until all is loaded


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: it isn't looked through for cycles again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    """Let Python clear everything away as it would have."""
    gc.unfreeze()


GARBAGE_AFTER = 20_000
"""So many more objects than were let go of before cycles among them are looked for; Python's own is 700."""
LONG_FIRST = ("tests/fault/", "tests/matrix/", "tests/loop/", "tests/protection/", "tests/concurrency/")
"""Folders whose files take long: begun last, one process would still be at them when the others have done."""
LAST = "tests/browser/"
"""Their servers stay up until the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in an order in which processes that share them end together; within a file nothing changes."""

    def turn(item: pytest.Item) -> int:
        if item.nodeid.startswith(LAST):
            return len(LONG_FIRST) + 1
        return next((at for at, folder in enumerate(LONG_FIRST) if item.nodeid.startswith(folder)), len(LONG_FIRST))

    items.sort(key=turn)


def _fresh_databases() -> None:
    """The migrated database under this process's name, and a second one like it (`tests/prepared.py`)."""
    installation = city_settings.INSTALLATION
    embedded.stop(installation)
    shutil.rmtree(installation.cluster, ignore_errors=True)
    copy_tables(installation.cluster)
    database.start_embedded(installation)
    relax(installation)
    name, empty = sql.Identifier(installation.database), sql.Identifier(f"{installation.database}_empty")
    with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE shanzhi RENAME TO {}").format(name))
    database.repoint(installation)
    # The passwords are those of this process's own secrets.
    database.create_roles(installation)
    with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(empty, name))


_cast: list[Cast] = []


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Fresh, migrated databases; tests run on the `default` alias as the application's role."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _fresh_databases()
        _cast.append(load_city(city_settings.INSTALLATION))
        yield
        connections.close_all()


@pytest.fixture
def cast(db: None) -> Cast:
    """The standing city's people, posts and places."""
    return _cast[0]


@pytest.fixture
def evidence_store(settings: Any, tmp_path: Path) -> Path:
    """Files that are handed in go into a folder of this test's own."""
    # Replaced, never changed in place: only so is it what it was afterwards.
    evidence = settings.STORAGES["evidence"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"evidence": evidence}
    return tmp_path
