"""The four installations of a whole round, and who sits at them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from shanzhi.core.periods import local_date
from tests.browser.person import Meet, Person
from tests.browser.platforms import Platform, beside, platform
from tests.site import Site

OTHERS = {"3706": "烟台市", "3710": "威海市"}
RATINGS = [5, 5, 4, 2, 5, 4, 5, 1, 5, 4]
"""What residents of the first city said: eight of ten were satisfied."""


@dataclass
class Stage:
    """The platforms, and who sits at them by name; files lie in `folder` on their way."""

    city: Platform
    province: Platform
    others: dict[str, Platform]
    people: dict[str, Person]
    folder: Path
    today: date
    followed: str = ""

    def __getitem__(self, name: str) -> Person:
        return self.people[name]


@pytest.fixture
def stage(site: Site, meet: Meet, tmp_path: Path) -> Iterator[Stage]:
    """Four installations, and everybody signed in."""
    with ExitStack() as up:
        province, *others = (up.enter_context(platform()) for _ in range(3))
        city = up.enter_context(beside(site))
        made = Stage(city, province, dict(zip(OTHERS, others, strict=True)), {}, tmp_path, local_date(timezone.now()))
        city.opens(city.child.ask(
            "sign_ins", writer=["housing-construction-3703", "handler", 0], signer=["urban-management-3703", "handler", 0],
            head=["health-3703", "handler", 0],
        ))  # fmt: skip
        province.child.tell("upper")
        city.child.tell("live", code="3703", ratings=RATINGS)
        for code, each in made.others.items():
            each.child.tell("live", code=code, ratings=[5, 4, 5])
        province.opens(province.child.hear())
        province.site.start()
        for name in ("supervisor", "keeper", "security_officer", "writer", "signer", "head"):
            made.people[name] = meet(name)
        for name in ("organiser", "upper-security", "assessor1", "assessor2", "centre1", "centre2"):
            made.people[name] = meet(name, at=province.site)
        yield made


def in_(person: Person, name: str) -> Person:
    """Somebody, signed in."""
    person.signs_in(name)
    return person
