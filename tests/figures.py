"""A city with a month of matters whose figures are computed, and browsers at a moment of the tests' own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import account_open
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.tests.support import in_force
from shanzhi.kernel.organisation import queries as organisation
from tests.city import LOGINS, NOW, PASSWORD
from tests.concurrency.committed import City, city, seal_all
from tests.desks import BACKEND

__all__ = ["city"]
MONTH = 202511
LATER = NOW + timedelta(days=15)
"""3 December 2025: November is over."""


@dataclass
class Figures:
    """The city with its figures, and what brings them up to date."""

    city: City

    def region(self, code: str) -> int:
        """A region's permanent id."""
        found = organisation.region_of_code(code, LATER.date())
        assert found is not None
        return found.id

    def follow(self) -> None:
        """Let the facts follow the journal, and compute what waits."""
        seal_all(self.city.installation, LATER)
        with database.acting_as(self.city.installation, "worker"):
            while facts.project(now=LATER, limit=5000).more:
                pass
            dimensions_follow()
            drain(now=lambda: LATER)
            operations.compute_due(now=LATER)

    def browser(self, who: str | Actor) -> Client:
        """A browser in which one of the cast, or somebody in this post, has signed in."""
        client = Client()
        if isinstance(who, str):
            client.force_login(Account.objects.get(username=LOGINS[who]), BACKEND)
            return client
        name = f"figures-{who.post_id}"
        if not Account.objects.filter(username=name).exists():
            assert who.staff_id is not None
            with database.acting_as(self.city.installation, "importer"):
                account_open(username=name, staff_id=who.staff_id, password=PASSWORD)
        client.force_login(Account.objects.get(username=name), BACKEND)
        return client


@pytest.fixture(scope="module")
def counted(city: City) -> Iterator[Figures]:
    """Matters of every scenario, rated or not, reported in November; their figures computed in December."""
    with pytest.MonkeyPatch.context() as patched:
        in_force(patched)
        patched.setattr(middleware, "timezone", SimpleNamespace(now=lambda: LATER))
        ticks = iter(range(10**6))
        driver = Driver.for_city("3703", "370303", seed=7, clock=lambda: NOW + timedelta(minutes=next(ticks)))
        assert len(list(driver.drive(4 * len(SCENARIOS)))) == 4 * len(SCENARIOS)
        made = Figures(city)
        with database.acting_as(city.installation, "worker"):
            drain(now=lambda: LATER)
        made.follow()
        with database.acting_as(city.installation, "worker"):
            operations.compute(month=MONTH, now=LATER)
        yield made


@pytest.fixture
def now() -> datetime:
    """The moment of every request."""
    return LATER
