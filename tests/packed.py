"""A city with two months that are cut, figures typed in, a count left out, something done since the last cut, and its pack.

Its transactions really commit (`tests.concurrency.committed`); a file takes `city` and `packed` from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.indicators import operations as figures
from shanzhi.kernel.indicators.operations import Contest, Entry
from shanzhi.kernel.indicators.policy.entering import Typed
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.tests.driven import project
from shanzhi.kernel.indicators.tests.support import PAPER, TEXT, in_force, let_count
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation.queries import region_of_code
from shanzhi.kernel.packs.operations.building import Asked, Built, build
from tests.city import NOW, _actor
from tests.concurrency.committed import City, city, seal_all
from tests.desks import do

__all__ = ["BUILT_AT", "FIRST", "LAST", "Packed", "city", "packed"]
FIRST, LAST = 202511, 202512
DECEMBER = datetime(2025, 12, 2, 2, 0, tzinfo=UTC)
JANUARY = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
BUILT_AT = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
COMMUNITY, TOWNSHIP = "370303009006", "370303009"


@dataclass(frozen=True, slots=True)
class Packed:
    """The city, its pack of `FIRST` to `LAST` by the guideline `tests/support.TEXT`, and matters in it: `excluded` counts for
    nobody's satisfaction, `moved` went on after the last cut."""

    city: City
    built: Built
    asked: Asked
    excluded: Reported
    moved: Reported

    @property
    def path(self) -> Path:
        """The pack."""
        return self.built.path


@pytest.fixture(scope="module")
def packed(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    """The city and its pack; nobody changes either."""
    with pytest.MonkeyPatch.context() as patched:
        in_force(patched)
        excluded, moved = _live(city)
        asked = Asked(FIRST, LAST, guideline=TEXT)
        path = tmp_path_factory.mktemp("pack") / "city.zip"
        with database.acting_as(city.installation, "worker"):
            built = build(path, asked, now=BUILT_AT)
        yield Packed(city, built, asked, excluded, moved)


def _live(made: City) -> tuple[Reported, Reported]:
    drive(NOW, 7)
    excluded, _ = handled(made, NOW), handled(made, NOW, rating=5)
    do(Actor(follow=(excluded.follow_hash,)), excluded, "rate", NOW, solved=True, satisfied=1)
    _exclude(made, excluded)
    moved = report(NOW)
    cut(made, FIRST, DECEMBER)
    _type_in("teams", TOWNSHIP, "2025-11", 3, DECEMBER)
    drive(DECEMBER, 8)
    handled(made, DECEMBER, rating=4)
    do(made.cast.dispatcher, moved, "accept", DECEMBER, category="housing.property-service")
    cut(made, LAST, JANUARY)
    _type_in("teams", TOWNSHIP, "2025-12", 4, JANUARY)
    _type_in("covenants", "370303", "2025", 9, JANUARY, denominator=10)
    do(made.cast.dispatcher, moved, "dispatch", JANUARY + timedelta(hours=1), lead=made.cast.handler.unit_id)
    project(made, JANUARY + timedelta(hours=2))
    seal_all(made.installation, JANUARY + timedelta(hours=2))
    return excluded, moved


def drive(at: datetime, seed: int) -> None:
    """Let a matter of each scenario go its way."""
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=seed, clock=lambda: at + timedelta(minutes=next(ticks)))
    assert len(list(driver.drive(len(SCENARIOS)))) == len(SCENARIOS)


def report(at: datetime) -> Reported:
    """Something is reported."""
    with acting(ANYONE):
        return matters.report(new=NewReport(body="3号楼电梯坏了三天", region_code=COMMUNITY), actor=ANYONE, now=at)


def handled(made: City, at: datetime, rating: int | None = None) -> Reported:
    """A matter that a township's unit handled, checked, and rated where `rating` says so."""
    cast, one = made.cast, report(at)
    township = _actor(f"township-{TOWNSHIP}", "handler", 0)
    do(cast.dispatcher, one, "accept", at, category="housing.property-service")
    do(cast.dispatcher, one, "dispatch", at, lead=township.unit_id)
    do(township, one, "take", at)
    do(township, one, "reply", at, reply="修好了。")
    do(cast.checker, one, "check_pass", at)
    if rating is not None:
        do(Actor(follow=(one.follow_hash,)), one, "rate", at, solved=True, satisfied=rating)
    return one


def cut(made: City, month: int, now: datetime) -> None:
    """Let facts follow, and cut a month; its entry is sealed."""
    with database.acting_as(made.installation, "worker"):
        drain(now=lambda: now)
    project(made, now)
    with database.acting_as(made.installation, "worker"):
        assert facts.cut_month(month, now=now).is_new
    seal_all(made.installation, now)


def _exclude(made: City, one: Reported) -> None:
    """The township contests that it counts, and the county grants it."""
    with database.acting_as(made.installation, "worker"):
        let_count(one.matter_id, FIRST)
    later = NOW + timedelta(days=2)
    township, county = _actor(f"township-{TOWNSHIP}", "handler", 0), _actor("centre-370303", "supervisor", 0)
    with acting(township):
        contest = Contest(
            indicator_key="satisfied", month=FIRST, number=one.number, ground="rated-by-mistake", words="评错了单位"
        )
        pk = figures.exclusion_ask(contest=contest, stored=(PAPER,), actor=township, now=later)
    with acting(county):
        figures.exclusion_decide(exclusion_id=pk, grant=True, reason="情况属实", actor=county, now=later)


def _type_in(key: str, code: str, period: str, numerator: int, now: datetime, denominator: int | None = None) -> None:
    keeper = _actor("centre-370303", "keeper", 0)
    region = region_of_code(code, date(2025, 12, 31))
    assert region is not None
    entry = Entry(key, region.id, read_period(period), Typed(numerator, denominator, "", False), based_on=0)
    with acting(keeper):
        figures.value_enter(entry=entry, stored=(PAPER,), actor=keeper, now=now, key=None)
