"""What the tests here share."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.matters import queries
from shanzhi.kernel.notices import queries as told
from tests.city import NOW
from tests.concurrency.committed import City, city

__all__ = ["city"]


@pytest.fixture(autouse=True)
def sound(city: City) -> Iterator[None]:
    """After each test no matter is lost or out of step."""
    yield
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=1))
        state = queries.loop_state()
        assert (state.lost, state.out_of_step, told.outbox_backlog()[0]) == ((), (), 0)
