"""DuckDB in memory, over a folder of Parquet files or over rows that are given.

It is locked before the first formula: it reads the one folder and nothing else, writes nowhere, loads no extension, keeps to
its memory, and no statement can change that. A formula that takes too long is interrupted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
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
    TookTooLong,
    TooLargeNumber,
    sorted_rows,
    table_text,
)

_TYPES = {Of.INTEGER: "BIGINT", Of.TEXT: "VARCHAR", Of.DATE: "DATE"}


class DuckEngine:
    """One DuckDB. Not for several threads at once."""

    name = EngineName.DUCKDB

    def __init__(self, *, seconds: float = 120, memory: str = "2GB", threads: int = 2) -> None:
        self.seconds = seconds
        self.absent: tuple[str, ...] = ()
        """Tables that weren't there and stand empty: nothing was ever left out."""
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
                "memory_limit": memory,
                "threads": str(threads),
                "temp_directory": "",
            },
        )
        self._small: dict[str, Pairs] = {}
        for name, columns in ((SCOPE, "region_id BIGINT, ancestor_id BIGINT"), (PERIOD, "month BIGINT, period BIGINT")):
            self._connection.execute(f"CREATE TABLE {name} ({columns})")

    @classmethod
    def over_folder(cls, folder: Path, *, seconds: float = 120, memory: str = "2GB", threads: int = 2) -> "DuckEngine":
        """Over exported facts: files `<table>*.parquet`, or in folders called after the table, at any depth.

        Raises:
            EngineUnusable: there is no table of facts in the folder.
        """
        engine = cls(seconds=seconds, memory=memory, threads=threads)
        found = files_of(folder)
        if not found:
            raise EngineUnusable(
                msg("%(folder)s 里没有导出的事实（Parquet）。请先用 shanzhi facts export 导出。"), folder=folder
            )
        engine._connection.execute(f"SET allowed_directories = [{_quoted(str(folder.resolve()))}]")
        engine._lock()
        for table in tables().values():
            if table.name in found:
                engine._show(table, found[table.name])
        if EXCLUSION.name not in found:
            engine._make(EXCLUSION)
            engine.absent = (EXCLUSION.name,)
        return engine

    @classmethod
    def over_rows(cls, rows: Mapping[str, Sequence[Sequence[object]]], *, seconds: float = 120) -> "DuckEngine":
        """Over rows by table, each with the table's columns in order (times may be anything, nobody reads them)."""
        engine = cls(seconds=seconds)
        engine._lock()
        for table in tables().values():
            engine._make(table)
        engine.fill(rows)
        return engine

    def fill(self, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
        """Put rows into tables in place of those that were there; the other tables stay."""
        for name, given in rows.items():
            columns = [(place, column) for place, column in enumerate(tables()[name].columns) if column.of in _TYPES]
            lists = [[row[place] for row in given] for place, _ in columns]
            marks = ", ".join(f"unnest(${at}::{_TYPES[each.of]}[])" for at, (_, each) in enumerate(columns, 1))
            # Names come from columns.py alone.
            self._connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a table of facts
            self._connection.execute(f'INSERT INTO "{name}" SELECT {marks}', lists)

    def rows(self, select: exp.Select, scope: Pairs, periods: Pairs) -> list[Row]:
        """See `Engine`."""
        self._fill(SCOPE, scope)
        self._fill(PERIOD, periods)
        return sorted_rows(self._run(render(select, self.name)))

    def table(self, name: str, columns: Sequence[str], only: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """See `Engine`."""
        return [] if only is not None and not only else self._run(table_text(name, columns, only))

    def close(self) -> None:
        """Give its memory back."""
        self._connection.close()

    def _fill(self, name: str, pairs: Pairs) -> None:
        if self._small.get(name) is pairs:
            return
        self._connection.execute(f"DELETE FROM {name}")  # noqa: S608  # one of two names
        left, right = [each[0] for each in pairs], [each[1] for each in pairs]
        self._connection.execute(
            f"INSERT INTO {name} SELECT unnest($1::BIGINT[]), unnest($2::BIGINT[])",
            [left, right],
        )
        self._small[name] = pairs

    def _run(self, text: str) -> list[tuple[Any, ...]]:
        try:
            with self._within_time():
                return self._connection.execute(text).fetchall()
        except duckdb.InterruptException as error:
            words = msg("算了超过 %(seconds)s 秒，已停下。请把范围缩小，或稍后再算。")
            raise TookTooLong(words, seconds=f"{self.seconds:g}") from error
        except duckdb.CatalogException as error:
            words = msg("事实里缺少公式要用的表：%(reason)s")
            raise EngineUnusable(words, reason=str(error).splitlines()[0]) from error
        except duckdb.OutOfMemoryException as error:
            raise EngineUnusable(msg("内存不够算这个公式。请把范围缩小。")) from error
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise TooLargeNumber(TOO_LARGE) from error

    @contextmanager
    def _within_time(self) -> Iterator[None]:
        timer = Timer(self.seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _lock(self) -> None:
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def _make(self, table: Table) -> None:
        columns = ", ".join(f'"{each.name}" {_TYPES[each.of]}' for each in table.columns if each.of in _TYPES)
        self._connection.execute(f'CREATE TABLE "{table.name}" ({columns})')

    def _show(self, table: Table, files: Sequence[Path]) -> None:
        columns = ", ".join(
            f'CAST("{each.name}" AS {_TYPES[each.of]}) AS "{each.name}"' for each in table.columns if each.of in _TYPES
        )
        listed = ", ".join(_quoted(str(file.resolve())) for file in files)
        source = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
        try:
            # Names come from columns.py and from the folder's listing, quoted.
            self._connection.execute(f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM {source}')  # noqa: S608 - names of the code
        except duckdb.Error as error:
            words = msg("%(table)s 的 Parquet 文件不能用：%(reason)s。请重新导出。")
            raise EngineUnusable(words, table=table.name, reason=str(error).splitlines()[0]) from error


def files_of(folder: Path) -> dict[str, list[Path]]:
    """The Parquet files of each table in a folder, sorted; tables without one are missing."""
    names = sorted(tables(), key=len, reverse=True)
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*.parquet")):
        parts = [file.stem, *(parent.name for parent in file.relative_to(folder).parents)]
        name = next((each for each in names if each in parts or file.stem.startswith((f"{each}-", f"{each}."))), None)
        if name is not None:
            found.setdefault(name, []).append(file)
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
