"""The standing city, imported into as the importer inside each test's own transaction; small invented files."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.roles import observing

HEADING = ("id", "title", "reported_at", "body")
Write = Callable[..., Path]


@pytest.fixture
def observer(django_db_setup: None) -> Iterator[None]:
    """Let the test see all rows; what it imports, it imports as the importer (`held_to`)."""
    with observing():
        yield


@pytest.fixture
def city(observer: None, db: None) -> None:
    """The standing city."""


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
