"""A formula gives the same integers on every engine, whatever the facts."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from shanzhi.kernel.facts.policy.columns import Of
from shanzhi.kernel.indicators.policy.dialects import monthly, records, rolled
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.subset import Formula
from shanzhi.kernel.indicators.policy.tables import tables
from shanzhi.kernel.indicators.queries.engines import DuckEngine, Engine, PostgresEngine, Row, TooLargeNumber
from shanzhi.kernel.indicators.queries.engines import spark as spark_engine
from shanzhi.kernel.indicators.tests.facts import FORMULAS, MONTHS, SCOPES, facts, sound, tree
from shanzhi.kernel.indicators.tests.spark_support import quiet, spark
from shanzhi.kernel.indicators.tests.test_lock_the_engine import matter

EXAMPLES = 200 if os.environ.get("SHANZHI_SIZE") == "full" else 6
SHIPPED = sorted((Path(__file__).parents[1] / "catalogue").glob("indicators*.toml"))
SCOPE = tree().scope()
__all__ = ["spark"]
PERIODS = [(month, 202601) for month in MONTHS[:3]] + [(202604, 202604)]
Facts = Mapping[str, Sequence[Sequence[Any]]]
Scope = Sequence[tuple[int, int]]
_TYPES = {Of.INTEGER: "bigint", Of.TEXT: 'text COLLATE "C"', Of.DATE: "date", Of.TIME: "timestamptz"}
relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _queries(formula: Formula) -> list[exp.Select]:
    made = [monthly(formula, 202601, 202604), rolled(formula, 202601, 202604)]
    return [*made, records(formula, 202602, 202603, limit=1000)] if formula.matter is not None else made


def _answers(engine: Engine, formula: Formula, scope: Scope = SCOPE) -> list[list[Row]]:
    return [engine.rows(query, scope, PERIODS) for query in _queries(formula)]


def _make_temporary_tables() -> None:
    with connection.cursor() as cursor:
        for table in tables().values():
            columns = ", ".join(f'"{each.name}" {_TYPES[each.of]}' for each in table.columns)
            cursor.execute(f'CREATE TEMPORARY TABLE "{table.name}" ({columns}) ON COMMIT DROP')


def _in_postgres(rows: Facts, answer: Callable[[Engine], Any]) -> Any:
    with transaction.atomic():
        with connection.cursor() as cursor:
            for name, given_rows in rows.items():
                marks = ", ".join("%s" for _ in tables()[name].columns)
                cursor.executemany(f'INSERT INTO "{name}" VALUES ({marks})', given_rows)
        found = answer(PostgresEngine())
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("name", FORMULAS)
def test_duckdb_and_postgresql_agree(name: str) -> None:
    formula, duck = sound(FORMULAS[name]), DuckEngine.over_rows({})
    _make_temporary_tables()

    @relaxed
    @given(facts(formula.tables), st.sampled_from(SCOPES))
    def agree(rows: Facts, scope: Scope) -> None:
        duck.fill(rows)
        assert _answers(duck, formula, scope) == _in_postgres(rows, lambda engine: _answers(engine, formula, scope))

    agree()


OVERFLOWS = {
    "a product": ("SUM(m.end_seconds * m.end_seconds)", 4_000_000_000, 1),
    "a sum": ("SUM(m.end_seconds)", 9_000_000_000_000_000_000, 2),
}


def _overflowing(name: str) -> tuple[Formula, Facts]:
    top, amount, count = OVERFLOWS[name]
    text = FORMULAS["count with filter"]
    text = text.replace(text[text.index("COUNT(*)") : text.index(" AS numerator")], top)
    return sound(text), {"fact_matter": [matter(number + 1, end_seconds=amount) for number in range(count)]}


@pytest.mark.django_db
@pytest.mark.parametrize("name", OVERFLOWS)
def test_a_number_beyond_64_bits_is_refused_and_never_wrapped_around(name: str) -> None:
    formula, rows = _overflowing(name)
    _make_temporary_tables()
    with pytest.raises(TooLargeNumber, match="64 位整数"):
        _answers(DuckEngine.over_rows(rows), formula)
    with pytest.raises(TooLargeNumber, match="64 位整数"):
        _in_postgres(rows, lambda engine: _answers(engine, formula))


def _shipped() -> list[Any]:
    return [
        pytest.param(sound(indicator.formula), id=f"{indicator.key} {indicator.version}")
        for path in SHIPPED
        for indicator in sound_catalogue(path.read_text(encoding="utf-8"), path.name).indicators
        if indicator.formula
    ]


@pytest.mark.django_db
def test_every_shipped_formula_agrees() -> None:
    formulas = [param.values[0] for param in _shipped()]
    names, duck = sorted({name for formula in formulas for name in formula.tables}), DuckEngine.over_rows({})
    _make_temporary_tables()

    counted: set[int] = set()

    @relaxed
    @given(facts(names), st.sampled_from(SCOPES))
    def agree(rows: Facts, scope: Scope) -> None:
        duck.fill(rows)
        here = [_answers(duck, formula, scope) for formula in formulas]
        assert here == _in_postgres(rows, lambda engine: [_answers(engine, formula, scope) for formula in formulas])
        counted.update(place for place, answers in enumerate(here) if any(row[2] for row in answers[1]))

    agree()
    # Cities in which nothing is counted would agree too.
    assert len(counted) > len(formulas) // 8


@pytest.mark.parametrize("name", [name for name, text in FORMULAS.items() if sound(text).additive])
def test_records_add_up_to_the_figure(name: str) -> None:
    formula, duck = sound(FORMULAS[name]), DuckEngine.over_rows({})

    @relaxed
    @given(facts(formula.tables), st.sampled_from(sorted({ancestor for _, ancestor in SCOPE})))
    def add_up(rows: Facts, region: int) -> None:
        duck.fill(rows)
        scope = [pair for pair in SCOPE if pair[1] == region]
        figure = duck.rows(rolled(formula, 202601, 202603), scope, PERIODS)
        behind = duck.rows(records(formula, 202601, 202603, limit=10**6), scope, PERIODS)
        sums = (sum(row[1] or 0 for row in behind), sum(row[2] or 0 for row in behind))
        assert [row[2:] for row in figure] in ([], [sums])
        assert figure or not behind

    add_up()


@quiet
def test_duckdb_and_spark_agree(spark: Any) -> None:
    formulas = [sound(text) for text in FORMULAS.values()] + [param.values[0] for param in _shipped()]
    names = sorted({name for formula in formulas for name in formula.tables})

    duck = DuckEngine.over_rows({})

    @settings(relaxed, max_examples=max(EXAMPLES // 6, 2))
    @given(facts(names), st.sampled_from(SCOPES))
    def agree(rows: Facts, scope: Scope) -> None:
        duck.fill(rows)
        other = spark_engine.SparkEngine.over_rows(rows, spark=spark)
        for formula in formulas:
            assert _answers(duck, formula, scope) == _answers(other, formula, scope)

    agree()


@quiet
@pytest.mark.parametrize("name", OVERFLOWS)
def test_spark_refuses_a_number_beyond_64_bits_too(spark: Any, name: str) -> None:
    formula, rows = _overflowing(name)
    with pytest.raises(TooLargeNumber, match="64 位整数"):
        _answers(spark_engine.SparkEngine.over_rows(rows, spark=spark), formula)
