"""Every computed indicator of the sample says the same of the demo city on each engine: by month, quarter and year, for each
region, before and after places merged, with counts left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.demo.ninety import DAYS, drive
from shanzhi.config.demo.rhythm import Rhythm
from shanzhi.kernel.facts import queries as facts
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.periods import Period, month_of, read_period
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.indicators.queries import running
from shanzhi.kernel.indicators.queries.engines import DuckEngine, Engine, PostgresEngine
from shanzhi.kernel.indicators.queries.engines.spark import SparkEngine
from shanzhi.kernel.indicators.tests.driven import project
from shanzhi.kernel.indicators.tests.redrawn import OLD, PLAN
from shanzhi.kernel.indicators.tests.spark_support import quiet, spark
from shanzhi.kernel.organisation import operations as organise
from shanzhi.kernel.organisation import queries as organisation
from tests.city import LOADER, NOW
from tests.concurrency.committed import City, as_role, city

__all__ = ["city", "spark"]
SHIPPED = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
UNTIL = NOW + timedelta(days=DAYS + 1, hours=4)
A_DAY = 1.2
"""Matters a day beside those that go their way by law."""
EVERY = 3
"""One verdict in so many is left out of the rates."""
EXCLUDED = """
INSERT INTO fact_exclusion (matter_id, exclusion, indicator, month, ground, unit_id)
SELECT r.matter_id, row_number() OVER (), k.key, r.rated_month, 'not-our-duty', 1
FROM (SELECT DISTINCT matter_id, rated_month FROM fact_rating) r
CROSS JOIN unnest(ARRAY['satisfaction_rate', 'solution_rate']) AS k (key) WHERE r.matter_id %% %(every)s = 0
"""
Integers = dict[tuple[str, int, str], tuple[int | None, int, State]]


@dataclass(frozen=True, slots=True)
class Lived:
    """The city, its facts as files, and the sample."""

    city: City
    folder: Path
    book: Catalogue
    months: tuple[int, ...]

    def periods(self) -> list[Period]:
        """The months, quarters and years of its facts."""
        found = [Period(month) for month in self.months]
        named = dict.fromkeys(f"{one.first // 100}-Q{(one.first % 100 + 2) // 3}" for one in found)
        years = dict.fromkeys(str(one.first // 100) for one in found)
        return [*found, *(read_period(text) for text in (*named, *years))]

    def figures(self, engine: Engine, day: date) -> Integers:
        """Every figure of every computed indicator under the tree of a day."""
        made: Integers = {}
        standing = running.standing_of(engine, day)
        for key in dict.fromkeys(one.key for one in self.book.indicators if one.formula):
            for periods in self._by_length(key):
                for each in running.figures(engine, self.book, [key], periods, standing, today=UNTIL.date()):
                    numbers = each.numbers
                    made[key, each.region_id, str(each.period)] = (
                        numbers.numerator,
                        numbers.denominator,
                        each.value.state,
                    )
        return made

    def _by_length(self, key: str) -> Iterator[list[Period]]:
        held = [one for one in self.periods() if (rule := self.book.indicator(key, one.last)) is not None
                and rule.period.months <= one.length.months]  # fmt: skip
        for months in (1, 3, 12):
            alike = [one for one in held if one.length.months == months]
            if alike:
                yield alike


@pytest.fixture(scope="module")
def lived(city: City, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Ninety days in every kind's every stage; then places merge, and some verdicts are left out."""
    driven = drive(
        city.installation, city_code="3703", county_code="370303", until=UNTIL, days=DAYS, rhythm=Rhythm(A_DAY)
    )
    assert driven.broken == {}
    project(city, UNTIL)
    with database.acting_as(city.installation, "importer"):
        organise.regions_change(plan=PLAN, version=organisation.tree_version(), now=UNTIL, author=LOADER)
    project(city, UNTIL)
    with as_role(city.installation, "owner") as owner:
        owner.execute(EXCLUDED, {"every": EVERY})
    folder = tmp_path_factory.mktemp("facts") / "city"
    with database.acting_as(city.installation, "worker"):
        facts.export(folder, on=UNTIL.date())
    first, last = NOW.date(), UNTIL.date()
    months = tuple(sorted({month_of(first + timedelta(days=step)) for step in range((last - first).days + 1)}))
    return Lived(city, folder, sound_catalogue(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name), months)


DAYS_OF_TREES = (OLD, UNTIL.date())


@pytest.fixture(scope="module")
def in_files(lived: Lived) -> dict[date, Integers]:
    """What DuckDB says over the files, by the day of the tree."""
    duck = DuckEngine.over_folder(lived.folder)
    assert duck.absent == ()
    return {day: lived.figures(duck, day) for day in DAYS_OF_TREES}


@pytest.mark.parametrize("day", DAYS_OF_TREES)
def test_postgresql_says_what_duckdb_says(lived: Lived, in_files: dict[date, Integers], day: date) -> None:
    with database.acting_as(lived.city.installation, "worker"):
        assert lived.figures(PostgresEngine(), day) == in_files[day]


@quiet
@pytest.mark.parametrize("day", DAYS_OF_TREES)
def test_spark_says_what_duckdb_says(lived: Lived, in_files: dict[date, Integers], day: date, spark: Any) -> None:
    assert lived.figures(SparkEngine.over_folder(lived.folder), day) == in_files[day]


def test_there_is_something_to_say(lived: Lived, in_files: dict[date, Integers]) -> None:
    """Most indicators count something there, some have no denominator somewhere, and merged places count in one."""
    old, new = (in_files[day] for day in DAYS_OF_TREES)
    keys = {key for key, _, _ in new}
    assert keys == {one.key for one in lived.book.indicators if one.formula}
    assert len({key for (key, _, _), found in new.items() if found[1]}) > len(keys) * 3 // 4
    assert {found[2] for found in new.values()} == {State.VALUE, State.NOT_APPLICABLE, State.TOO_FEW}
    assert {region for _, region, _ in old} != {region for _, region, _ in new}
    (whole,) = organisation.top_regions(UNTIL.date())
    city_alone = [{at: found for at, found in each.items() if at[1] == whole.id} for each in (old, new)]
    assert city_alone[0] == city_alone[1]
