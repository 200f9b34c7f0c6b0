"""A province's installation with three cities, its organiser, assessors of province and centre, and their sign-ins; in a
database of its own, in which transactions really commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.demo.city import Login, actor_of
from shanzhi.config.demo.upper import upper_logins
from shanzhi.config.installation import Installation
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.divisions import read_province
from shanzhi.kernel.organisation.people import invent
from tests.city import LOADER, NOW, OPENED, PASSWORD
from tests.concurrency.committed import committed_city

PROVINCE = "37"
CITIES = {"3703": "淄博市", "3706": "烟台市", "3710": "威海市"}
FILES = {
    "provinces": "code,name\n37,山东省\n",
    "cities": 'code,name,provinceCode\n3703,"淄博市",37\n3706,"烟台市",37\n3710,"威海市",37\n3713,"临沂市",37\n',
    "areas": 'code,name,cityCode,provinceCode\n370303,"张店区",3703,37\n370306,"周村区",3703,37\n'
    '370602,"芝罘区",3706,37\n371002,"环翠区",3710,37\n371302,"兰山区",3713,37\n',
}


@dataclass(frozen=True, slots=True)
class Upper:
    """The installation, and who acts in it by their sign-in's name (`organiser`, `assessor1`, `centre1`, …)."""

    installation: Installation
    actors: dict[str, Actor]

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]


def load_province(now: datetime = NOW) -> dict[str, Actor]:
    """Load the province as the importer and open the sign-ins; returns the actors by sign-in name."""
    with TemporaryDirectory() as folder:
        for name, rows in FILES.items():
            (Path(folder) / f"{name}.csv").write_text(rows, encoding="utf-8")
        divisions = read_province(Path(folder), PROVINCE, tuple(CITIES))
    matters.kinds_take_over(now=now)
    organisation.upper_load(divisions=divisions, units=queries.upper_units(), on=OPENED, now=now, author=LOADER)
    people = invent(100, seed=3, surnames=["赵", "钱"], given=["强", "丽"])
    organisation.posts_staff(city_code=PROVINCE, people=people, on=OPENED, now=now, author=LOADER)
    return {login.username: _opened(login, now) for login in upper_logins(PROVINCE)}


def _opened(login: Login, now: datetime) -> Actor:
    actor = actor_of(login, now)
    assert actor is not None, login
    assert actor.staff_id is not None
    access.account_open(username=login.username, staff_id=actor.staff_id, password=PASSWORD)
    return actor


@contextmanager
def committed_province(name: str = "upper") -> Iterator[Upper]:
    """A fresh province in a database of its own."""
    with committed_city(name, of="_empty") as installation:
        forget_kinds()
        with database.acting_as(installation, "importer"):
            actors = load_province()
        yield Upper(installation, actors)


@pytest.fixture(scope="module")
def upper(django_db_setup: None, django_db_blocker: Any) -> Iterator[Upper]:
    """The province for the tests of one file; what they commit goes with it."""
    with django_db_blocker.unblock(), committed_province() as made:
        yield made
