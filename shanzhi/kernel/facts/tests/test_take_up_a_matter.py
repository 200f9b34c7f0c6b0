"""What is known of an open matter is put away as text and taken up again; its rows are hashed as the database writes them."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from django.db import connection

from shanzhi.kernel.facts.policy.folded import taken_up
from shanzhi.kernel.facts.policy.rows import row_sql, rows_text
from shanzhi.kernel.facts.policy.tables import shapes
from shanzhi.kernel.facts.tests.telling import Told, hour

TABLES = ("fact_matter", "fact_assignment", "fact_clock")


def put_away() -> str:
    told = Told(clocks=[["handle", "new", "15wd", hour(100), None, None]], promises=["handle"])
    told.move("dispatch", 1, "handling", lead_unit_id=9, shares=[[9, "lead", "waiting", None, None, ""]])
    assert told.folded is not None
    return told.folded.put_away()


def test_it_knows_the_rows_as_the_tables_have_them():
    folded = taken_up(put_away())
    assert {table: len(rows) for table, rows in folded.before.items()} == dict.fromkeys(TABLES, 1)
    for table, rows in folded.before.items():
        shape = shapes()[table]
        found = folded.matter if table == "fact_matter" else folded.open[table][1]
        what = {name: folded.matter[name] for name in shape.what}
        assert list(rows.values()) == [tuple((found | what)[name] for name in shape.names)]
    assert folded.open["fact_clock"][1]["due_at"] == hour(100)


def test_it_takes_up_what_was_put_away_with_the_names_of_columns():
    text = put_away()
    *told, rows = orjson.loads(text)
    named = {
        table: [dict(zip(shapes()[table].own, values, strict=True)) for values in found]
        for table, found in rows.items()
    }
    assert set(named) == {"fact_assignment", "fact_clock"}
    before = taken_up(orjson.dumps([*told, named]).decode())
    assert before.before == taken_up(text).before
    assert before.put_away() == text


@pytest.mark.django_db
def test_it_writes_odd_words_as_the_database_does():
    shape = shapes()["fact_step"]
    odd = "\"\\\n\t\x01\x7f\u2028善/'"
    at = datetime(2026, 3, 1, 4, 5, 6, 120000, tzinfo=UTC)
    values = {"text": odd, "integer": 12, "time": at, "date": date(2026, 3, 1)}
    types = {"text": "text", "integer": "bigint", "time": "timestamptz", "date": "date"}
    row: tuple[Any, ...] = tuple(values[column.of] for column in shape.table.columns)
    told = ", ".join(f"%s::{types[column.of]} AS {column.name}" for column in shape.table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {row_sql(shape.table)} FROM (SELECT {told}) t", list(row))
        assert cursor.fetchone() == (rows_text([row]),)
