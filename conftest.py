"""Real PostgreSQL for every test, as the application's role; each process has a database of its own."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from shanzhi.config import database


def _fresh_database() -> None:
    installation = settings.INSTALLATION
    if installation.is_embedded:
        database.start_embedded(installation)
        with psycopg.connect(database.admin_url(installation, "postgres"), autocommit=True) as connection:
            name = sql.Identifier(installation.database)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    database.repoint(installation)
    database.prepare(installation)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A fresh, migrated database; tests then run on the `default` alias as the application's role."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _fresh_database()
        yield
        connections.close_all()
