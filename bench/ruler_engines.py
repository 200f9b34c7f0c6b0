"""The ruler's other engines beside DuckDB, for `bench.ruler`: PostgreSQL and Spark, each with its integers compared.

Each different indicator runs once, for every region and all months of the bench; its rows are compared with DuckDB's outside
of the time that is taken. PostgreSQL is the embedded one in a folder of its own, gone afterwards. It gets the columns that the
formulas read; of tables whose own month the formulas count by, and which none joins, the rows of the bench's months. Spark
reads the same Parquet files as DuckDB, on a local cluster: two workers with one core each, processes of their own, on loopback.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import track
from sqlglot import exp

CLUSTER = "local-cluster[2,1,2048]"
SCHEMA = "bench"
PIECE = 4 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """What an engine took for each different indicator, how many pairs it gave, how many of which aren't DuckDB's."""

    took: dict[str, float]
    pairs: int
    differ: dict[str, int]

    def line(self, name: str, keys: Iterable[str]) -> str:
        """As a row of the table of results; `keys` as often as DuckDB ran them."""
        once, slowest = sum(self.took.values()), max(self.took, key=lambda key: self.took[key])
        every = sum(self.took[key] for key in keys)
        other = sum(self.differ.values())
        named = f" ({', '.join(sorted(self.differ))})" if self.differ else ""
        return (
            f"| {name}: integers, fetched; each of the {len(self.took)} different ones once ({self.pairs:,});"
            f" slowest {slowest}, {self.took[slowest]:.1f} s; figures that differ from DuckDB's: {other}{named} |"
            f" {once:.1f} (the same, counted as often as on DuckDB: {every:.1f}) |"
        )


def run(bench: Any, engine: Any, name: str, console: Console) -> Ran:
    """Each different indicator once on an engine, compared with DuckDB."""
    took: dict[str, float] = {}
    pairs, differ = 0, {}
    for key in track(list(dict.fromkeys(bench.keys)), name, console=console, transient=True):
        began = perf_counter()
        rows = bench.rows_of(engine, key)
        took[key] = perf_counter() - began
        pairs += len(rows)
        if other := len(set(rows) ^ set(bench.rows_of(bench.duck, key))):
            differ[key] = other
    return Ran(took, pairs, differ)


def on_spark(bench: Any, console: Console) -> str:
    """The line of Spark."""
    from shanzhi.kernel.indicators.queries.engines.spark import SparkEngine

    began = perf_counter()
    engine = SparkEngine.over_folder(bench.folder, master=CLUSTER)
    up = perf_counter() - began
    try:
        found = run(bench, engine, "Spark", console)
    finally:
        engine.close()
    return found.line(f"Spark 3.5, {CLUSTER} (up in {up:.0f} s)", bench.keys)


def on_postgres(bench: Any, console: Console) -> str:
    """The line of PostgreSQL."""
    from django.db import connection

    from shanzhi.config import database
    from shanzhi.kernel.indicators.queries.engines import PostgresEngine

    with _installation() as made:
        began = perf_counter()
        with database.admin(made) as admin:
            count = _load(admin, bench, made.role("worker"), console)
            admin.commit()
            admin.autocommit = True
            for name in _read(bench):
                admin.execute(f"VACUUM (FREEZE, ANALYZE) {SCHEMA}.{name}".encode())
        loading = perf_counter() - began
        with database.acting_as(made, "worker"):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT set_config('search_path', '{SCHEMA}, ' || current_setting('search_path'), false)"
                )
            found = run(bench, PostgresEngine(seconds=600), "PostgreSQL", console)
    return found.line(f"PostgreSQL 18, embedded ({count:,} rows, loaded in {loading:.0f} s)", bench.keys)


@contextmanager
def _installation() -> Iterator[Any]:
    from shanzhi.config.ready import ready

    before = os.environ.get("SHANZHI_HOME")
    with tempfile.TemporaryDirectory(prefix="shanzhi-ruler-") as home:
        os.environ["SHANZHI_HOME"] = home
        try:
            with ready(prepare=True) as made:
                yield made
        finally:
            if before is None:
                del os.environ["SHANZHI_HOME"]
            else:
                os.environ["SHANZHI_HOME"] = before


def _formulas(bench: Any) -> list[Any]:
    from shanzhi.kernel.indicators.queries import running

    last = bench.months[-1]
    return [running.formula_of(running.rule_of(bench.catalogue, key, last)) for key in dict.fromkeys(bench.keys)]


def _read(bench: Any) -> dict[str, list[str]]:
    """The columns that the formulas read, by table."""
    from shanzhi.kernel.indicators.policy.dialects import rolled
    from shanzhi.kernel.indicators.policy.tables import tables

    named: dict[str, set[str]] = {}
    for formula in _formulas(bench):
        query = rolled(formula, bench.months[0].first, bench.months[-1].last)
        columns = {column.name for column in query.find_all(exp.Column)}
        for table in {table.name for table in query.find_all(exp.Table)} & set(tables()):
            named.setdefault(table, set()).update(columns)
    return {
        name: [column.name for column in tables()[name].columns if column.name in columns]
        for name, columns in sorted(named.items())
    }


def _cut(bench: Any) -> set[str]:
    """Tables of which the bench's months are enough: formulas over them count by the table's own month, and none joins them."""
    from shanzhi.kernel.indicators.policy.tables import tables

    cut: set[str] = set()
    whole: set[str] = set()
    for formula in _formulas(bench):
        source = formula.source.this.name
        (cut if formula.month.name == tables()[source].month else whole).add(source)
        inner = [*formula.joins, *([formula.where] if formula.where is not None else [])]
        whole |= {table.name for part in inner for table in part.find_all(exp.Table)}
    return cut - whole


def _load(admin: Any, bench: Any, role: str, console: Console) -> int:
    """Tables of the facts by COPY, one file of texts after the other; rows."""
    from shanzhi.kernel.facts.policy.columns import Of
    from shanzhi.kernel.indicators.policy.tables import tables
    from shanzhi.kernel.indicators.queries.engines.duck import files_of

    types = {Of.INTEGER: "bigint", Of.TEXT: 'text COLLATE "C"', Of.DATE: "date"}
    files, cut, count = files_of(bench.folder), _cut(bench), 0
    admin.execute(f"CREATE SCHEMA {SCHEMA}")
    admin.execute(f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}"')
    for name, columns in _read(bench).items():
        table = tables()[name]
        made = ", ".join(f"{column} {types[table.column(column).of]}" for column in columns)
        admin.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.{name} ({made})")
        admin.execute(f'GRANT SELECT ON {SCHEMA}.{name} TO "{role}"')
        first, last = bench.months[0].first, bench.months[-1].last
        where = f"WHERE {table.month} BETWEEN {first} AND {last}" if name in cut else ""
        for file in track(files.get(name, []), name, console=console, transient=True):
            count += _copy(admin, file, f"{SCHEMA}.{name}", columns, where)
    return count


def _copy(admin: Any, file: Path, table: str, columns: list[str], where: str) -> int:
    listed = ", ".join(columns)
    with tempfile.TemporaryDirectory(prefix="shanzhi-copy-") as folder, duckdb.connect(":memory:") as db:
        path = Path(folder) / "rows.csv"
        query = f"SELECT {listed} FROM read_parquet('{file}') {where}"
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false, NULLSTR '\\N', FORCE_QUOTE *)")
        with path.open("rb") as texts, admin.cursor() as cursor:
            into = f"COPY {table} ({listed}) FROM STDIN (FORMAT csv, NULL '\\N')"
            with cursor.copy(into) as copy:
                while piece := texts.read(PIECE):
                    copy.write(piece)
            return int(cursor.rowcount)
