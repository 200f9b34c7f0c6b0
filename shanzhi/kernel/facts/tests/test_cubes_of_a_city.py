"""The cubes of a city that works: they go along with its facts, a rebuild makes the same, a redraw moves what it moves."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.facts import operations, queries
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow
from shanzhi.kernel.facts.policy import cube_sql, cubes
from shanzhi.kernel.facts.tests.facts_support import project_all
from shanzhi.kernel.organisation import operations as organise
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy.plan import Merge, Move, Plan
from tests.city import LOADER, NOW
from tests.concurrency.committed import City, as_role, city
from tests.loop.ways import every_way

__all__ = ["city"]
TODAY = NOW.date()
MEASURES = ("reported", "ended", "given_back", "due", "score_sum", "cohort_late", "cohort_returns")


@pytest.fixture(scope="module")
def driven(city: City) -> City:
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=5, clock=lambda: NOW + timedelta(minutes=next(ticks)))
    list(driver.drive(len(SCENARIOS)))
    every_way(city)
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=30))
    # Small batches: each matter is taken up again many times.
    project_all(city, limit=7)
    return city


def region_id(code: str, on: date) -> int:
    region = organisation.region_of_code(code, on)
    assert region is not None, code
    return region.id


def wrong(made: City) -> list[Any]:
    with as_role(made.installation, "worker") as worker:
        return [
            (cube.name, *row)
            for cube in cubes.CUBES
            for row in worker.execute(cube_sql.differences(cube), {"most": 9}).fetchall()
        ]


def all_rows(made: City) -> dict[str, list[Any]]:
    with as_role(made.installation, "worker") as worker:
        return {
            cube.name: worker.execute(f"SELECT * FROM {cube.name} ORDER BY {', '.join(cube.key_names)}").fetchall()
            for cube in cubes.CUBES
        }


def counted(made: City, codes: str, on: date | None = None) -> dict[str, int]:
    """Figures of everything whose code of `on` (else of its report) begins like this, by SQL of its own."""
    place = "m.region_code"
    if on is not None:
        # Where the matter's region, or what took its place, stands on that day.
        place = (
            "(WITH RECURSIVE r (id) AS (SELECT m.region_id UNION SELECT p.new_region_id FROM r JOIN organisation_redraw_pair p"
            " ON p.old_region_id = r.id AND p.new_region_id <> r.id JOIN organisation_redraw d ON d.id = p.redraw_id"
            " AND d.effective_on <= %(on)s) SELECT s.code FROM r JOIN organisation_region_state s ON s.region_id = r.id"
            " AND s.valid @> %(on)s::date)"
        )
    with as_role(made.installation, "owner") as owner:
        row = owner.execute(
            "WITH m AS (SELECT m.*, "
            + place
            + " AS place FROM fact_matter m), x AS (SELECT * FROM m WHERE place LIKE %(codes)s)"
            " SELECT (SELECT count(*) FROM x), (SELECT count(*) FROM x WHERE ended_at IS NOT NULL),"
            " (SELECT count(*) FROM x JOIN fact_assignment a USING (matter_id) WHERE a.state = 'returned' AND a.ended_at IS NOT NULL),"
            " (SELECT count(*) FROM x JOIN fact_clock c USING (matter_id) WHERE c.kept IS NOT NULL),"
            " (SELECT coalesce(sum(r.satisfied), 0)::int FROM x JOIN fact_rating r USING (matter_id)),"
            " (SELECT count(*) FROM x WHERE was_late = 1), (SELECT coalesce(sum(returns), 0)::int FROM x)",
            {"codes": f"{codes}%", "on": on},
        ).fetchone()
    assert row is not None
    return dict(zip(MEASURES, row, strict=True))


def months(made: City, code: str, on: date) -> dict[str, int]:
    with database.acting_as(made.installation, "app"):
        region = region_id(code, on)
        rows = queries.cube_months([region], since=200001, until=209912, on=on, measures=MEASURES)
        days = queries.cube_days([region], since=date(2000, 1, 1), until=date(2099, 1, 1), on=on, measures=MEASURES)
    by_month = {name: sum(row.counts[name] for row in rows) for name in MEASURES}
    assert by_month == {name: sum(row.counts[name] for row in days) for name in MEASURES}
    return by_month


def test_it_holds_what_is_counted_anew(driven):
    assert wrong(driven) == []
    rows = all_rows(driven)
    assert all(len(found) > 10 for found in rows.values())
    for code in ("3703", "370303", "370306", "370303009", "370303009006"):
        assert months(driven, code, TODAY) == counted(driven, code), code
    assert months(driven, "3703", TODAY)["reported"] > 20


def test_it_makes_the_same_again(driven):
    before = all_rows(driven)
    with database.acting_as(driven.installation, "worker"):
        operations.rebuild(now=NOW)
    assert all_rows(driven) == before


def test_it_tells_units_apart_and_adds_up_kinds(driven):
    with database.acting_as(driven.installation, "app"), connection.cursor() as cursor:
        cursor.execute("SELECT unit_id, sum(given) FROM fact_cube_unit GROUP BY 1 ORDER BY 1")
        given = dict(cursor.fetchall())
        asked = queries.cube_units(list(given), since=200001, until=209912, measures=["given"], durations=["taking"])
        assert {of: sum(row.counts["given"] for row in asked if row.of == of) for of in given} == given
        city = region_id("3703", TODAY)
        whole = queries.cube_months(
            [city], since=200001, until=209912, on=TODAY, measures=["reported"], durations=["ending"]
        )
        apart = queries.cube_months(
            [city],
            since=200001,
            until=209912,
            on=TODAY,
            measures=["reported"],
            durations=["ending"],
            by=("kind", "category_1"),
        )
        some = queries.cube_months(
            [city], since=200001, until=209912, on=TODAY, measures=["reported"], kinds=["request"]
        )
    assert len(apart) > len(whole) > 0
    assert sum(row.counts["reported"] for row in apart) == sum(row.counts["reported"] for row in whole)
    requests = [row for row in apart if row.kind == "request"]
    assert sum(row.counts["reported"] for row in requests) == sum(row.counts["reported"] for row in some) > 0
    with as_role(driven.installation, "owner") as owner:
        seconds = owner.execute(
            "SELECT array_agg(end_seconds ORDER BY end_seconds) FROM fact_matter WHERE ended_at IS NOT NULL"
        )
        ((ends,),) = seconds.fetchall()
    bins = [sum(counts) for counts in zip(*(row.bins["ending"] for row in whole), strict=True)]
    assert sum(bins) == len(ends)
    one = whole[0]
    assert one.quantile("ending", 0.5) is not None or sum(one.bins["ending"]) == 0


def test_it_asks_a_page_two_statements(driven, django_assert_num_queries):
    with database.acting_as(driven.installation, "app"):
        region = region_id("370303", TODAY)
        queries.cube_months([region], since=202511, until=202511, on=TODAY, measures=["reported"])
        with django_assert_num_queries(2):
            queries.cube_months([region], since=202511, until=202511, on=TODAY, measures=["reported"])


def test_it_refuses_a_measure_that_is_not_there(driven):
    with (
        database.acting_as(driven.installation, "app"),
        pytest.raises(ValueError, match="fact_cube_day has no happiness"),
    ):
        queries.cube_days([1], since=TODAY, until=TODAY, on=TODAY, measures=["happiness"])


def test_it_moves_what_a_redraw_moves(driven):
    """A community goes into another and a township to another county: what was and what is can both be asked."""
    on, before = date(2025, 12, 1), {code: months(driven, code, TODAY) for code in ("370303", "370306", "370303009007")}
    with database.acting_as(driven.installation, "importer"):
        merged = region_id("370303009006", TODAY)
        plan = Plan(on, (Merge(("370303009006",), "370303009007"), Move("370303008", "370306008", "370306")))
        organise.regions_change(plan=plan, version=organisation.tree_version(), now=NOW, author=LOADER)
    with database.acting_as(driven.installation, "worker"):
        assert dimensions_follow()
        assert not dimensions_follow()
    assert wrong(driven) == []
    for code, then in before.items():
        assert months(driven, code, TODAY) == then, "last month's tree still says the same"
    for code in ("3703", "370303", "370306", "370303009", "370303009007", "370306008"):
        assert months(driven, code, on) == counted(driven, code, on), code
    assert months(driven, "370303009007", on) != before["370303009007"]
    assert months(driven, "370306", on) != before["370306"]
    with database.acting_as(driven.installation, "app"):
        gone = queries.cube_months([merged], since=200001, until=209912, on=on, measures=["reported"])
        assert gone == [], "what ended counts as its heir"
    with database.acting_as(driven.installation, "worker"):
        operations.rebuild(now=NOW)
    assert wrong(driven) == []
