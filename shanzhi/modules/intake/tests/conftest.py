"""One transaction in which a test changes the database's role, for what the web does and the worker goes on with."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from shanzhi.config import database
from tests.city import Cast


@pytest.fixture
def as_role(cast: Cast) -> Iterator[Callable[[str], None]]:
    """Lets the test be another of the city's roles from now on, its rights and row-level security with it."""
    installation = settings.INSTALLATION
    before = connections["default"]
    admin = before.copy()
    user, _, host = database.admin_url(installation).removeprefix("postgresql://").partition("@")
    name, _, password = user.partition(":")
    assert installation.is_embedded, host
    admin.settings_dict.update(USER=name, PASSWORD=password)
    connections["default"] = admin

    def be(role: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {installation.role(role)}")

    try:
        with transaction.atomic():
            be("app")
            yield be
            connection.cursor().execute("RESET ROLE")
            transaction.set_rollback(True)
    finally:
        admin.close()
        connections["default"] = before
