"""Facts say of every matter what its own tables say, after every way through the loop and after days of a whole city."""

from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.facts import operations
from shanzhi.kernel.facts.tests.agreement import differences
from tests.city import NOW
from tests.concurrency.committed import City, as_role, city, seal_all
from tests.loop.ways import every_way

__all__ = ["city"]


def project_all(made: City, limit: int = 5000) -> int:
    seal_all(made.installation, NOW)
    count = 0
    with database.acting_as(made.installation, "worker"):
        while True:
            done = operations.project(now=NOW, limit=limit)
            assert not done.busy
            count += done.count
            if not done.more:
                return count


@pytest.fixture(scope="module")
def driven(city: City) -> City:
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=3, clock=lambda: NOW + timedelta(minutes=next(ticks)))
    assert len(list(driver.drive(2 * len(SCENARIOS)))) == 2 * len(SCENARIOS)
    every_way(city)
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=30))
    return city


def test_it_agrees_after_every_way(driven):
    count = project_all(driven)
    with as_role(driven.installation, "owner") as owner:
        assert owner.execute("SELECT count(*) FROM journal_leaf").fetchone() == (count,)
        assert differences(owner) == []
