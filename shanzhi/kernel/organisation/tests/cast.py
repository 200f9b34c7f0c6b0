"""The days and the hand that all tests of this slice share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from shanzhi.kernel.journal.policy import Author
from tests.roles import everything, held_to

OPENED = date(2024, 1, 1)
TODAY = date(2025, 6, 1)
NOW = datetime(2025, 6, 1, 1, 0, tzinfo=UTC)
LOADER = Author("importer")
AUTHORED: dict[str, Any] = {"now": NOW, "author": LOADER}
"""When and by whom: by the keeper where a test uses the fixture `keeper`."""
LOADED: dict[str, Any] = {"now": NOW, "author": LOADER}


@contextmanager
def importing() -> Iterator[None]:
    """Be the importer for a while, who may appoint without asking anybody."""
    with everything(), held_to("importer"):
        yield
