"""The city that never was: the same every time, and of one piece with itself."""

from pathlib import Path

import duckdb
import pytest

from bench.by_hand import as_figures, by_formula, differing, opened, written_by_hand
from bench.formulas import formulas
from bench.make_facts import SMALL, make
from shanzhi.kernel.facts.policy.columns import TABLES
from shanzhi.kernel.facts.policy.parquet import TYPES, glob_of

NAMES = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "facts"
    assert make(folder, total=3000, months=14, shape=SMALL)["fact_matter"] == 3000
    return folder


@pytest.fixture
def db(made: Path):
    with opened(made, 1, "500MB") as found:
        yield found


def one(db: duckdb.DuckDBPyConnection, statement: str) -> tuple[object, ...]:
    (row,) = db.execute(statement).fetchall()
    return row


def test_it_has_every_column_of_every_table(db):
    for table in TABLES:
        found = {row[0]: row[1] for row in db.execute(f"DESCRIBE {table.name}").fetchall()}
        assert found == {column.name: NAMES.get(TYPES[column.of], TYPES[column.of]) for column in table.columns}
        for column in table.columns:
            if not column.nullable:
                assert one(db, f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NULL") == (0,), column.name
        keys = ", ".join(table.key)
        assert one(db, f"SELECT count(*) - count(DISTINCT ({keys})), count(*) > 0 FROM {table.name}") == (0, True)


def test_it_is_the_same_every_time(made, tmp_path):
    make(tmp_path / "again", total=3000, months=14, shape=SMALL)
    with duckdb.connect() as opened_twice:
        for table in TABLES:
            first, second = (f"read_parquet('{folder}/{glob_of(table)}')" for folder in (made, tmp_path / "again"))
            differ = f"SELECT count(*) FROM (SELECT * FROM {first} EXCEPT ALL SELECT * FROM {second})"
            assert one(opened_twice, differ) == (0,)


def test_its_tables_say_the_same(db):
    assert one(
        db,
        "SELECT count(*) FROM fact_matter m JOIN (SELECT matter_id, max(step) AS last, count(*) AS n, max(happened_at) AS at,"
        " count(*) FILTER (action = 'matters.return') AS returns FROM fact_step GROUP BY 1) s USING (matter_id)"
        " WHERE s.last <> m.steps OR s.n <> m.steps OR s.at <> m.last_at OR s.returns <> m.returns",
    ) == (0,)
    assert one(
        db,
        "SELECT count(*) FROM fact_matter m LEFT JOIN (SELECT matter_id, count(*) FILTER (state = 'returned') AS returns"
        " FROM fact_assignment GROUP BY 1) a USING (matter_id) WHERE coalesce(a.returns, 0) <> m.returns",
    ) == (0,)
    assert one(
        db,
        "SELECT count(*) FROM fact_matter m LEFT JOIN (SELECT matter_id, count(*) FILTER (solved = 0) AS cross,"
        " max(rated_month) FILTER (solved IS NOT NULL) AS month FROM fact_rating GROUP BY 1) r USING (matter_id)"
        " WHERE coalesce(r.cross, 0) <> m.reopenings OR r.month IS DISTINCT FROM m.rated_month",
    ) == (0,)
    assert one(
        db, "SELECT count(*) FROM fact_matter WHERE (is_open = 1) <> (result = '') OR ended_at < reported_at"
    ) == (0,)


def test_formulas_and_what_a_person_would_write_give_the_same(db):
    asked = formulas()
    assert len(asked) == 133
    figures, _took = by_formula(db, asked)
    rows, _seconds = written_by_hand(db)
    assert len(figures) > 3000
    assert differing(figures, as_figures(rows)) == 0
