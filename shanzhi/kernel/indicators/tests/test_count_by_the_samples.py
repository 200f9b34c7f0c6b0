"""The computed indicators of the shipped sample count what their definitions say."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.db import connection, transaction

from shanzhi.kernel.facts.policy.columns import Of
from shanzhi.kernel.indicators.policy.dialects import EngineName, monthly, render
from shanzhi.kernel.indicators.policy.sheets import parse
from shanzhi.kernel.indicators.policy.subset import Formula, read_formula
from shanzhi.kernel.indicators.policy.tables import tables
from shanzhi.kernel.indicators.tests.counted import PLAIN, VERSIONED, Figures, count
from shanzhi.kernel.indicators.tests.made_facts import Facts, random_facts

SAMPLE = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
COMPUTED = [each for each in parse(SAMPLE.read_text(encoding="utf-8"))["indicator"] if each["source"] == "computed"]


def figures(formula: str, duck: duckdb.DuckDBPyConnection) -> Figures:
    rows = duck.execute(formula).fetchall()
    found = {(community, month): (numerator, denominator) for community, month, numerator, denominator in rows}
    assert len(found) == len(rows)
    assert all(type(value) is int for row in rows for value in row)
    return found


def second_count(each: dict[str, Any], facts: Facts) -> Figures:
    spec = VERSIONED.get((each["key"], each["version"])) or PLAIN[each["key"]]
    return count(spec, facts)


def test_every_computed_indicator_is_counted_a_second_time_in_plain_python() -> None:
    keys = {(each["key"], each["version"]) for each in COMPUTED}
    assert keys == set(VERSIONED) | {(key, 1) for key in PLAIN}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_formulas_and_plain_python_agree_over_random_cities(seed: int) -> None:
    facts = random_facts(seed)
    differ = {}
    with facts.connection() as duck:
        for each in COMPUTED:
            by_formula, by_python = figures(each["formula"], duck), second_count(each, facts)
            if by_formula != by_python:
                differ[each["key"]] = (by_formula, by_python)
    assert differ == {}


def test_no_indicator_is_empty_over_a_city_where_everything_happens() -> None:
    with random_facts(4, matters=2_000).connection() as duck:
        empty = [each["key"] for each in COMPUTED if not figures(each["formula"], duck)]
    assert empty == []


def test_a_share_lies_between_nought_and_its_denominator() -> None:
    with random_facts(5).connection() as duck:
        found = [(each, figures(each["formula"], duck)) for each in COMPUTED]
    for each, values in found:
        for numerator, denominator in values.values():
            assert denominator > 0, each["key"]
            assert numerator >= 0, each["key"]
            if each["figure"] == "ratio":
                assert numerator <= denominator, each["key"]
            elif each["figure"] == "count":
                assert numerator == denominator, each["key"]


def test_where_nothing_happened_there_is_no_row_and_so_no_value() -> None:
    with Facts().connection() as duck:
        assert all(figures(each["formula"], duck) == {} for each in COMPUTED)


def test_an_exclusion_counts_in_its_month_and_for_its_indicator_alone() -> None:
    facts = Facts()
    common = {"kind": "request", "region_id": 7, "rated_month": 202602}
    facts.add("fact_rating", matter_id=1, verdict=1, solved=0, satisfied=1, **common)
    facts.add("fact_rating", matter_id=2, verdict=1, solved=1, satisfied=5, **common)
    formula = {each["key"]: each["formula"] for each in COMPUTED if each["holds_from"] >= "2026-01"}

    def said(key: str) -> Figures:
        with facts.connection() as duck:
            return figures(formula[key], duck)

    assert said("solution_rate") == {(7, 202602): (1, 2)}
    facts.excluded.add((1, "solution_rate", 202601))
    assert said("solution_rate") == {(7, 202602): (1, 2)}
    facts.excluded.add((1, "solution_rate", 202602))
    assert said("solution_rate") == {(7, 202602): (1, 1)}
    assert said("satisfaction_rate") == {(7, 202602): (1, 2)}


def in_postgres(facts: Facts) -> dict[tuple[str, int], list[tuple[int, ...]]]:
    """Every computed indicator's rows, by the ruler's own translation into PostgreSQL's dialect."""
    types = {Of.INTEGER: "bigint", Of.TEXT: 'text COLLATE "C"', Of.DATE: "date", Of.TIME: "timestamptz"}
    found = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables().values():
            columns = ", ".join(f'"{column.name}" {types[column.of]}' for column in table.columns)
            cursor.execute(f'CREATE TEMPORARY TABLE "{table.name}" ({columns}) ON COMMIT DROP')
            rows = [[row[column.name] for column in table.columns] for row in facts.rows.get(table.name, [])]
            if table.name == "fact_exclusion":
                rows = [list(row) for row in sorted(facts.excluded)]
            marks = ", ".join("%s" for _ in table.columns)
            cursor.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', rows)
        for each in COMPUTED:
            formula = read_formula(each["formula"], tables())
            assert isinstance(formula, Formula)
            cursor.execute(render(monthly(formula, 202501, 202712), EngineName.POSTGRES))
            found[each["key"], each["version"]] = sorted(cursor.fetchall())
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_postgresql_counts_the_same_over_a_random_city() -> None:
    facts = random_facts(6)
    expected = {
        (each["key"], each["version"]): sorted((*place, *values) for place, values in second_count(each, facts).items())
        for each in COMPUTED
    }
    assert in_postgres(facts) == expected
