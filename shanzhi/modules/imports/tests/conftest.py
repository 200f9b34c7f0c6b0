"""The standing city, written to as the importer inside each test's own transaction; small invented files."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

HEADING = ("id", "title", "reported_at", "body")
Write = Callable[..., Path]


@pytest.fixture
def importer(django_db_setup: None) -> Iterator[None]:
    """Let the `default` connection be the importer."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    installation = settings.INSTALLATION
    connection.close()
    connection.settings_dict.update(
        USER=installation.role("importer"), PASSWORD=installation.secrets.passwords["importer"]
    )
    yield
    connection.close()
    connection.settings_dict.update(before)


@pytest.fixture
def city(importer: None, db: None) -> None:
    """The standing city as the importer sees it."""


def as_csv(heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heading, *rows])
    return text.getvalue().encode()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a CSV file: `write(rows, heading=…, name=…)`."""

    def write_rows(
        rows: list[tuple[object, ...]], heading: tuple[str, ...] = HEADING, name: str = "messages.csv"
    ) -> Path:
        path = tmp_path / name
        path.write_bytes(as_csv(heading, rows))
        return path

    return write_rows
