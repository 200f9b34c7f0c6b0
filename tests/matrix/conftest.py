"""The world of the matrix, made once a process in a copy of the standing city, at a time that stands still."""

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.matters.rulebook import forget_kinds
from tests.concurrency.committed import committed_city
from tests.matrix.world import WHEN, World, build


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """All matters and everybody who looks; what a test leaves behind goes with the copy."""
    with (
        django_db_blocker.unblock(),
        committed_city("matrix") as installation,
        pytest.MonkeyPatch.context() as patched,
    ):
        forget_kinds()
        patched.setattr(middleware, "timezone", SimpleNamespace(now=lambda: WHEN))
        # Thousands of refusals are what is tested here: a line for each would hide the one that matters.
        patched.setattr(logging.getLogger("django.request"), "disabled", True)
        made = build(installation)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _no_memory_of_earlier_attempts() -> None:
    cache.clear()
