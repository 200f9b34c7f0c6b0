"""DuckDB reads its folder and nothing else, keeps to its time, and can't be talked out of it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from shanzhi.kernel.facts.policy.columns import MATTER, REGION, Of
from shanzhi.kernel.indicators.policy.dialects import rolled
from shanzhi.kernel.indicators.queries.engines import DuckEngine, EngineUnusable, TookTooLong
from shanzhi.kernel.indicators.tests.facts import FORMULAS, sound

COUNT = """
    SELECT m.region_id AS community, m.reported_month AS month, COUNT(*) AS numerator, COUNT(*) AS denominator
    FROM fact_matter AS m GROUP BY 1, 2"""


def matter(number: int, month: int = 202601, **given: object) -> tuple[object, ...]:
    """A row of fact_matter: nought, empty and nothing where nothing is given."""
    usual = {Of.INTEGER: 0, Of.TEXT: "", Of.DATE: date(2026, 1, 1), Of.TIME: None}
    known = {"matter_id": number, "number": f"N{number}", "region_id": 3, "reported_month": month} | given
    return tuple(known.get(each.name, None if each.nullable else usual[each.of]) for each in MATTER.columns)


def folder_of(folder: Path, rows: dict[str, list[tuple[object, ...]]]) -> Path:
    """Parquet files as an export leaves them, one a table and month."""
    for table in (MATTER, REGION):
        if table.name not in rows:
            continue
        types = {Of.INTEGER: "BIGINT", Of.TEXT: "VARCHAR", Of.DATE: "DATE", Of.TIME: "TIMESTAMPTZ"}
        columns = ", ".join(f'"{each.name}" {types[each.of]}' for each in table.columns)
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"CREATE TABLE made ({columns})")
            connection.executemany(
                f"INSERT INTO made VALUES ({', '.join('?' for _ in table.columns)})", rows[table.name]
            )
            (folder / table.name).mkdir(parents=True)
            connection.execute(f"COPY made TO '{folder / table.name / '2026-01.parquet'}' (FORMAT parquet)")
    return folder


def test_it_counts_over_a_folder(tmp_path: Path) -> None:
    engine = DuckEngine.over_folder(folder_of(tmp_path, {"fact_matter": [matter(1), matter(2)]}))
    assert engine.rows(rolled(sound(COUNT), 202601, 202601), [(3, 3), (3, 1)], [(202601, 0)]) == [
        (1, 0, 2, 2),
        (3, 0, 2, 2),
    ]
    assert engine.absent == ("fact_exclusion",)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/shanzhi-stolen.csv'",
        "ATTACH '/tmp/shanzhi-stolen.db' AS stolen",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
def test_it_is_locked_even_for_what_no_formula_can_say(tmp_path: Path, text: str) -> None:
    engine = DuckEngine.over_folder(folder_of(tmp_path, {"fact_matter": [matter(1)]}))
    with pytest.raises(duckdb.Error):
        engine._connection.execute(text)
    assert not Path("/tmp/shanzhi-stolen.csv").exists()


def test_it_stops_what_takes_too_long() -> None:
    engine = DuckEngine.over_rows({}, seconds=0.2)
    endless = exp.select("COUNT(*)").from_("RANGE(100000000) a, RANGE(1000) b")
    with pytest.raises(TookTooLong, match=r"算了超过 0\.2 秒，已停下。"):
        engine.rows(endless, [], [])
    assert engine.rows(rolled(sound(COUNT), 202601, 202601), [], []) == []


def test_it_says_which_table_is_missing(tmp_path: Path) -> None:
    engine = DuckEngine.over_folder(folder_of(tmp_path, {"fact_matter": [matter(1)]}))
    with pytest.raises(EngineUnusable, match="fact_rating"):
        engine.rows(rolled(sound(FORMULAS["left join"]), 202601, 202601), [], [])


def test_it_says_that_a_folder_has_no_facts(tmp_path: Path) -> None:
    with pytest.raises(EngineUnusable, match="里没有导出的事实"):
        DuckEngine.over_folder(tmp_path)


def test_it_says_that_a_file_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "fact_matter.parquet").write_bytes(b"no parquet")
    with pytest.raises(EngineUnusable, match="fact_matter 的 Parquet 文件不能用"):
        DuckEngine.over_folder(tmp_path)
