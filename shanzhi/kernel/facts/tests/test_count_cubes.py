"""Cubes hold what the rows of facts count: however these came to be, under whichever tree."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.operations.cubes import cubes_add
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow, lines_now
from shanzhi.kernel.facts.policy import columns, cube_sql, cubes
from shanzhi.kernel.facts.policy.counting import apply
from shanzhi.kernel.facts.policy.lines import Lines, State, lines_of
from tests.roles import everything, observing

TABLES = {table.name: table for table in columns.TABLES}
START = datetime(2026, 1, 29, 15, 30, tzinfo=UTC)
FROM = date(2020, 1, 1)
# A city with two townships; one moves to another county, a community moves with a grid, another grid changes community.
TREE = (
    State(1, FROM, None, "city", None),
    State(2, FROM, None, "county", 1),
    State(3, FROM, None, "county", 1),
    State(4, FROM, date(2026, 2, 10), "township", 2),
    State(4, date(2026, 2, 10), None, "township", 3),
    State(5, FROM, None, "township", 2),
    State(6, FROM, None, "community", 4),
    State(7, FROM, None, "community", 5),
    State(8, FROM, date(2026, 2, 20), "grid", 6),
    State(8, date(2026, 2, 20), None, "grid", 7),
    State(9, FROM, None, "grid", 7),
)
PLACES = st.sampled_from([4, 5, 6, 7, 8, 9, 99])
SOME = {
    "kind": st.sampled_from(["request", "petition"]),
    "category_1": st.sampled_from(["housing", "traffic"]),
    "region_id": PLACES,
    "result": st.sampled_from(["", "closed", "lapsed", "answered"]),
    "state": st.sampled_from(["returned", "done", "taken"]),
    "part": st.sampled_from(["lead", "co"]),
    "unit_id": st.sampled_from([1, 2, None]),
    "lead_unit_id": st.sampled_from([1, 2, None]),
    "satisfied": st.sampled_from([None, 1, 4, 5]),
}
NOT_NULL_UNIT = {"fact_assignment"}
FLAGS = {"solved", "on_time", "kept", "is_open", "was_late", "is_lapsed"}


def times() -> st.SearchStrategy[datetime]:
    return st.integers(0, 60 * 24 * 40).map(lambda minutes: START + timedelta(minutes=minutes))


def value(column: columns.Column, table: str) -> st.SearchStrategy[object]:
    if column.name == "unit_id" and table in NOT_NULL_UNIT:
        return st.sampled_from([1, 2])
    if column.name in SOME:
        return SOME[column.name]
    if column.of is columns.Of.TIME:
        found: st.SearchStrategy[object] = times()
    elif column.of is columns.Of.DATE:
        found = times().map(local_date)
    elif column.of is columns.Of.TEXT:
        found = st.just("")
    elif column.name in FLAGS:
        found = st.sampled_from([0, 1])
    elif column.name.endswith("seconds"):
        found = st.sampled_from([0, 299, 300, 5000, 86400, 13902285, 13902286, 10**8])
    else:
        found = st.integers(0, 2)
    return st.none() | found if column.nullable else found


def row(table: str, matter_id: int, number: int) -> st.SearchStrategy[tuple[object, ...]]:
    key = dict(zip(TABLES[table].key, (matter_id, number), strict=False))
    return st.tuples(
        *(st.just(key[column.name]) if column.name in key else value(column, table) for column in TABLES[table].columns)
    )


@st.composite
def facts(draw: st.DrawFn) -> dict[str, list[tuple[object, ...]]]:
    """The rows of up to three matters."""
    found: dict[str, list[tuple[object, ...]]] = {name: [] for name in cubes.TABLES}
    for matter_id in range(1, draw(st.integers(1, 3)) + 1):
        found["fact_matter"].append(draw(row("fact_matter", matter_id, 0)))
        for name in cubes.TABLES:
            if name != "fact_matter":
                found[name] += [draw(row(name, matter_id, n)) for n in range(1, draw(st.integers(0, 2)) + 1)]
    return found


@pytest.fixture
def worker(django_db_setup: None) -> Iterator[None]:
    with observing("worker"):
        yield


def write_lines(lines: Lines) -> None:
    with connection.cursor() as cursor:
        for region_id, spans in lines.by_region.items():
            for span in spans:
                for nth, above in enumerate(span.regions):
                    cursor.execute(
                        "INSERT INTO fact_line (region_id, from_on, until_on, nth, above_id, level, is_own)"
                        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                        [region_id, span.from_on, span.until_on, nth, above.region_id, above.level, above.is_own],
                    )


def replace_facts(rows: dict[str, list[tuple[Any, ...]]]) -> None:
    with connection.cursor() as cursor:
        for name, found in rows.items():
            cursor.execute(f"DELETE FROM {name}")
            for each in found:
                cursor.execute(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(each))})", list(each))


def wrong() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        found = []
        for cube in cubes.CUBES:
            cursor.execute(cube_sql.differences(cube), {"most": 10})
            found += [(cube.name, *key) for key in cursor.fetchall()]
        return found


LINES = lines_of(TREE)


@pytest.mark.usefixtures("worker", "db")
class TestFollowing:
    @pytest.fixture(autouse=True)
    def _lines(self, worker: None, db: None) -> None:
        with everything(), connection.cursor() as cursor:
            for name in ("fact_line", *cubes.TABLES, *(cube.name for cube in cubes.CUBES)):
                cursor.execute(f"DELETE FROM {name}")
        write_lines(LINES)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(facts(), min_size=2, max_size=4))
    def test_it_holds_what_is_counted_anew_after_any_changes(self, stages):
        before: dict[str, list[tuple[object, ...]]] = {name: [] for name in cubes.TABLES}
        for rows in [*stages, {name: [] for name in cubes.TABLES}]:
            replace_facts(rows)
            cubes_add(apply(before, rows, LINES))
            assert wrong() == []
            before = rows
        with connection.cursor() as cursor:
            for cube in cubes.CUBES:
                cursor.execute(f"SELECT count(*) FROM {cube.name}")
                assert cursor.fetchone() == (0,), "nothing is left of what is gone"


@given(facts(), facts())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_takes_out_exactly_what_it_put_in(first, second):
    def total(*deltas: dict[str, dict[tuple[object, ...], dict[str, int]]]) -> dict[tuple[object, ...], int]:
        summed: dict[tuple[object, ...], int] = {}
        for delta in deltas:
            for cube, cells in delta.items():
                for key, values in cells.items():
                    for name, count in values.items():
                        summed[cube, key, name] = summed.get((cube, key, name), 0) + count
        return {key: count for key, count in summed.items() if count}

    assert total(apply({}, first, LINES), apply(first, second, LINES)) == total(apply({}, second, LINES))
    assert total(apply(first, first, LINES)) == {}


def test_it_counts_under_the_regions_of_the_day_of_the_report():
    names = [column.name for column in TABLES["fact_matter"].columns]
    blank: dict[str, object] = {
        column.name: {"integer": 0, "text": "", "date": None, "time": None}[column.of]
        for column in TABLES["fact_matter"].columns
    }
    blank |= {"matter_id": 1, "kind": "request", "category_1": "housing", "region_id": 8, "lead_unit_id": None}
    blank |= {column.name: None for column in TABLES["fact_matter"].columns if column.nullable}
    said = []
    for on in (date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 20)):
        made = tuple((blank | {"reported_on": on})[name] for name in names)
        delta = apply({}, {"fact_matter": [made]}, LINES)
        assert list(delta["fact_cube_day"]) == [(on, 6 if on < date(2026, 2, 20) else 7)]
        said.append([(key[1], key[2], key[3]) for key in delta["fact_cube_month"]])
    assert said == [
        [(6, "community", 1), (4, "township", 0), (2, "county", 0), (1, "city", 0)],
        [(6, "community", 1), (4, "township", 0), (3, "county", 0), (1, "city", 0)],
        [(7, "community", 1), (5, "township", 0), (2, "county", 0), (1, "city", 0)],
    ]


def test_it_has_the_columns_that_are_defined(db):
    made = import_module("shanzhi.kernel.facts.migrations.0002_cubes")
    assert set(made.CUBES) == {cube.name for cube in cubes.CUBES}
    with connection.cursor() as cursor:
        for cube in cubes.CUBES:
            cursor.execute(f"SELECT * FROM {cube.name} LIMIT 0")
            assert [column.name for column in cursor.description] == [*cube.key_names, *cube.value_names]


@pytest.mark.usefixtures("worker", "db")
def test_it_fills_regions_and_units_once_for_a_tree():
    with everything(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM fact_tree")
    assert dimensions_follow()
    assert not dimensions_follow()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), (SELECT count(*) FROM organisation_region_state), count(DISTINCT region_id),"
            " (SELECT count(DISTINCT region_id) FROM fact_line) FROM fact_region"
        )
        states, known, regions, lines = cursor.fetchone()
        assert states == known > 0
        assert regions == lines
        cursor.execute("SELECT count(*), (SELECT count(*) FROM organisation_unit) FROM fact_unit")
        units, known = cursor.fetchone()
        assert units == known > 0
    assert len(lines_now().by_region) == regions
