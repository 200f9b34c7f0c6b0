"""A city in which matters went every way, with the facts and figures that come of it; its transactions really commit."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.tests.support import in_force
from tests.city import NOW
from tests.concurrency.committed import City, city, seal_all

__all__ = ["city", "driven"]
MONTH = 202511
LATER = NOW + timedelta(days=6)


def project(made: City, now: datetime = LATER) -> None:
    """Let facts follow everything that was journaled."""
    seal_all(made.installation, now)
    with database.acting_as(made.installation, "worker"):
        while facts.project(now=now, limit=5000).more:
            pass
        dimensions_follow()


@pytest.fixture(scope="module")
def driven(city: City) -> Iterator[City]:
    """Matters of every scenario, rated or not, in all communities; their figures computed."""
    with pytest.MonkeyPatch.context() as patched:
        in_force(patched)
        ticks = iter(range(10**6))
        driver = Driver.for_city("3703", "370303", seed=7, clock=lambda: NOW + timedelta(minutes=next(ticks)))
        assert len(list(driver.drive(3 * len(SCENARIOS)))) == 3 * len(SCENARIOS)
        with database.acting_as(city.installation, "worker"):
            drain(now=lambda: LATER)
        project(city)
        with database.acting_as(city.installation, "worker"):
            operations.compute(month=MONTH, now=LATER)
        yield city
