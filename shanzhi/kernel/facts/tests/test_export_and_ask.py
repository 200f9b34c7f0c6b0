"""Take the facts away as files, twice the same, and ask them in SQL without getting at anything else."""

import errno
import hashlib
import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.core.errors import InputError
from shanzhi.kernel.facts import queries
from shanzhi.kernel.facts.policy import parquet
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.facts.tests.facts_support import project_all
from tests.city import NOW
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]
TODAY = NOW.date()
FULL = os.strerror(errno.EFBIG)


@pytest.fixture(scope="module")
def driven(city: City) -> City:
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=8, clock=lambda: NOW + timedelta(hours=7 * next(ticks)))
    list(driver.drive(len(SCENARIOS)))
    project_all(city)
    return city


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def export(made: City, folder: Path, **more):
    with database.acting_as(made.installation, "worker"):
        return queries.export(folder, on=TODAY, **more)


def ask(made: City, statement: str, **more):
    with database.acting_as(made.installation, "worker"):
        return queries.ask(statement, on=TODAY, **more)


def test_it_writes_the_same_bytes_twice(driven, tmp_path):
    first, second = export(driven, tmp_path / "first"), export(driven, tmp_path / "second")
    assert bytes_of(tmp_path / "first") == bytes_of(tmp_path / "second")
    assert first == second
    said = json.loads((tmp_path / "first" / parquet.MANIFEST).read_text(encoding="utf-8"))
    assert {file["path"]: file["sha256"] for file in said["files"]} == {
        path: found for path, found in bytes_of(tmp_path / "first").items() if path != parquet.MANIFEST
    }
    assert said["city"] == "370300"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_it_writes_every_row_in_order(driven, tmp_path):
    made = export(driven, tmp_path / "facts")
    rows = {table.name: sum(file.rows for file in made.files if file.table == table.name) for table in all_tables()}
    assert len([name for name, count in rows.items() if count]) >= 6
    with as_role(driven.installation, "owner") as owner, duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        for table in all_tables():
            names = ", ".join(
                f"epoch_us({column.name})" if column.of == "time" else column.name for column in table.columns
            )
            theirs = names.replace("epoch_us(", "(1000000 * extract(epoch FROM ").replace("_at)", "_at))::bigint")
            order = f" ORDER BY {', '.join(table.key)}"
            read = opened.execute(
                f"SELECT {names} FROM read_parquet('{tmp_path}/facts/{parquet.glob_of(table)}'){order}"
            ).fetchall()
            assert read == owner.execute(f"SELECT {theirs} FROM {table.name}{order}").fetchall()
            assert len(read) == rows[table.name]
        for file in made.files:
            table = next(table for table in all_tables() if table.name == file.table)
            key = ", ".join(table.key)
            kept = opened.execute(f"SELECT {key} FROM read_parquet('{tmp_path}/facts/{file.path}')").fetchall()
            assert kept == sorted(kept)


def test_it_writes_the_months_that_were_asked_for(driven, tmp_path):
    made = export(driven, tmp_path / "facts", since=202512, until=202512, city="3703")
    assert {file.month for file in made.files} == {None, 202512}
    with pytest.raises(InputError, match="没有代码为“3704”的城市"):
        export(driven, tmp_path / "other", city="3704")
    assert not (tmp_path / "other").exists()


def test_it_writes_all_or_nothing(driven, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    with pytest.raises(queries.FolderInUse, match="已经有东西"):
        export(driven, tmp_path / "there")

    class Stop(Exception):
        pass

    def stop(path: str) -> None:
        raise Stop(path)

    with pytest.raises(Stop):
        export(driven, tmp_path / "half", tick=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file grows larger than this many bytes meanwhile: what is written beyond it fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_it_says_so_where_the_disk_is_full(driven, tmp_path):
    whole = export(driven, tmp_path / "whole")
    few = min((file for file in whole.files if file.month and file.rows), key=lambda file: file.rows)
    tables = [table for table in all_tables() if table.name == few.table]
    # Rows that don't fit as they come out of the database; then so few that only the Parquet file doesn't.
    month = {"tables": tables, "since": few.month, "until": few.month}
    for size, more, by in ((100, {}, OSError), (2000, month, duckdb.IOException)):
        with room_for(size), pytest.raises(queries.NoRoom, match=f"（{FULL}）.*磁盘多半满了：请清理") as told:
            export(driven, tmp_path / "facts", **more)
        assert isinstance(told.value.__cause__, by)
        assert str(tmp_path) in str(told.value)
        assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    assert export(driven, tmp_path / "facts") == whole


def test_it_answers_the_same_from_files_and_from_the_city(driven, tmp_path):
    export(driven, tmp_path / "facts")
    statement = (
        "SELECT r.level, count(*) AS matters, max(m.reported_at) AS last FROM fact_matter m"
        " JOIN fact_region r ON r.region_id = m.region_id AND r.until_on IS NULL GROUP BY 1 ORDER BY 1"
    )
    live, kept = ask(driven, statement), ask(driven, statement, folder=tmp_path / "facts")
    assert live == kept
    assert live.columns == ("level", "matters", "last")
    with as_role(driven.installation, "owner") as owner:
        whole = owner.execute(
            "SELECT count(*), max(reported_at) AT TIME ZONE 'Asia/Shanghai' FROM fact_matter"
        ).fetchone()
    assert (sum(row[1] for row in live.rows), max(row[2] for row in live.rows)) == whole
    few = ask(driven, "SELECT matter_id FROM fact_step", limit=5)
    assert (len(few.rows), few.more) == (5, True)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT * FROM read_text('/etc/passwd')", "file system operations are disabled"),
        ("SELECT * FROM read_csv('{folder}/../secret.csv')", "file system operations are disabled"),
        ("SELECT * FROM '{folder}/../secret.csv'", "DuckDB 答不了"),
        ("SELECT * FROM glob('/etc/*')", "file system operations are disabled"),
        ("COPY fact_region TO '{folder}/x.csv'", "只能问一句 SELECT"),
        ("SELECT 1; SELECT 2", "只能问一句 SELECT"),
        ("INSTALL httpfs", "只能问一句 SELECT"),
        ("SET memory_limit = '9GB'", "只能问一句 SELECT"),
        ("CREATE TABLE x (a INTEGER)", "只能问一句 SELECT"),
        ("DELETE FROM fact_region", "只能问一句 SELECT"),
        ("SELEKT 1", "这句 SQL 读不懂"),
        ("SELECT nothing FROM fact_region", "DuckDB 答不了"),
        ("SELECT now()", "带时区"),
        ("SELECT count(*) FROM range(3000000) a, range(3000000) b", "已停下"),
        ("SELECT list(i) FROM range(900000000) t (i)", "内存不够"),
    ],
)
def test_it_reaches_nothing_else(driven, tmp_path, statement, said):
    export(driven, tmp_path / "facts")
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    with pytest.raises(queries.BadQuestion, match=said):
        ask(driven, statement.format(folder=tmp_path / "facts"), folder=tmp_path / "facts", seconds=3, memory="200MB")


def test_it_says_where_there_is_no_export(driven, tmp_path):
    with pytest.raises(queries.BadQuestion, match="没有导出的事实表"):
        ask(driven, "SELECT 1", folder=tmp_path)
