"""Looking at everything from within a test that acts as one of the city's roles, in the test's own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, connections


@contextmanager
def observing(role: str = "", **more: str) -> Iterator[None]:
    """Let the `default` connection be the server's administrator's, set to one of the city's roles from the first
    statement on, if one is named: it can step aside for `everything`. `more` changes further settings."""
    found = connections["default"]
    before = dict(found.settings_dict)
    options = before["OPTIONS"]["options"] + (f" -c role={settings.INSTALLATION.role(role)}" if role else "")
    found.close()
    found.settings_dict.update(USER="postgres", PASSWORD="", OPTIONS=before["OPTIONS"] | {"options": options}, **more)
    try:
        yield
    finally:
        found.close()
        found.settings_dict.update(before)


@pytest.fixture
def observer(django_db_setup: None) -> Iterator[None]:
    """Let the test step aside for other roles; its pages are the application's."""
    with observing("app"):
        yield


def _set_role(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")


@contextmanager
def everything() -> Iterator[None]:
    """See all rows for a while, as no role of the city may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
    _set_role("NONE")
    try:
        yield
    finally:
        _set_role(f'"{before}"')


@contextmanager
def held_to(role: str) -> Iterator[None]:
    """Be one of the city's roles for a while, where the test itself sees all rows."""
    _set_role(f'"{settings.INSTALLATION.role(role)}"')
    try:
        yield
    finally:
        _set_role("NONE")
