"""A matter's hash is that of its rows in the order of their key, however they lie: where DuckDB handed them out otherwise, it is
asked once more."""

from pathlib import Path

import duckdb

from shanzhi.kernel.facts.policy.rows import digest, rows_text
from shanzhi.kernel.facts.policy.tables import projected
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.digests import digests_duck
from shanzhi.kernel.packs.tests import by_hand


def test_rows_that_lie_the_other_way_round_make_the_same_hash(tmp_path: Path) -> None:
    made = by_hand.made(folder=tmp_path, matters=12)
    tables = projected()
    for table in tables:
        rows = [*reversed(made.facts[table.name])]
        by_hand.write_parquet(tmp_path / f"{table.name}.parquet", contents.fact_columns(table), rows)
    relation = f"read_parquet('{tmp_path.as_posix()}/{{}}.parquet')"
    with duckdb.connect() as asked:
        asked.execute("SET TimeZone = 'UTC'")
        asked.execute("SET threads = 1")
        most = max(row[0] for row in made.facts["fact_matter"])
        found = dict(asked.execute(digests_duck(tables, 0, most, relation, is_sorted=True)).fetchall())
        as_they_lie = dict(asked.execute(digests_duck(tables, 0, most, relation)).fetchall())
    names = {table.name: [column.name for column in table.columns] for table in tables}
    steps = {row[0]: row[names["fact_matter"].index("steps")] for row in made.facts["fact_matter"]}
    assert found.keys() == steps.keys()
    assert found != as_they_lie
    for matter, told in found.items():
        texts = {
            name: rows_text(row for row in made.facts[name] if row[columns.index("matter_id")] == matter)
            for name, columns in names.items()
        }
        assert told == digest(matter, steps[matter], texts).hex()
