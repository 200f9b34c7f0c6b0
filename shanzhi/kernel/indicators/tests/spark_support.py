"""One Spark session for a file of tests, where Spark is installed (`make test-spark`)."""

from collections.abc import Iterator
from typing import Any

import pytest

from shanzhi.kernel.indicators.queries.engines import spark as spark_engine

__all__ = ["quiet", "spark"]
quiet = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""py4j leaves sockets to the collector."""


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """The session; the test is skipped where there is no Spark."""
    if not spark_engine.is_installed():
        pytest.skip("Spark isn't installed; make test-spark brings it")
    session = spark_engine.session()
    yield session
    session.stop()
