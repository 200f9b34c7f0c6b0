"""A question that somebody puts to the facts in SQL: read-only, over an export or over the facts of now, and locked in.

It runs in DuckDB, apart from the city's database: it sees the facts' tables and nothing else, reaches no file but the
export's, loads nothing, and has memory and time of its own.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy import parquet
from shanzhi.kernel.facts.policy.columns import Of, Table
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.facts.queries.exporting import export

SECONDS, MEMORY, ROWS = 120.0, "2GB", 10_000
_CITY_ZONE = "Asia/Shanghai"


class BadQuestion(InputError):
    """The question can't be asked like this; nothing was read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Names of columns and rows; `more`: there were more rows than were asked for."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool


def ask(
    statement: str,
    *,
    on: date,
    folder: Path | None = None,
    limit: int = ROWS,
    seconds: float = SECONDS,
    memory: str = MEMORY,
) -> Answer:
    """Answer one SELECT over the tables of facts: of an export's `folder`, else of now (worker's role, not inside a
    transaction; the tables named are copied aside first). Times are the city's.

    Raises:
        BadQuestion: not one SELECT; DuckDB's own words where it can't be run; too slow or too big.
    """
    _check(statement)
    if folder is not None:
        return _ask(statement, folder, limit, seconds, memory)
    named = parquet.tables_named(statement)
    with tempfile.TemporaryDirectory(prefix="shanzhi-facts-") as scratch:
        copied = Path(scratch) / "facts"
        export(copied, on=on, tables=named)
        return _ask(statement, copied, limit, seconds, memory)


def _check(statement: str) -> None:
    try:
        found = duckdb.extract_statements(statement)
    except duckdb.Error as error:
        raise BadQuestion(msg("这句 SQL 读不懂：%(reason)s"), reason=_reason(error)) from error
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise BadQuestion(msg("只能问一句 SELECT。请去掉别的语句。"))


def _ask(statement: str, folder: Path, limit: int, seconds: float, memory: str) -> Answer:
    with _locked_in(folder.absolute(), memory) as asked:
        timer = threading.Timer(seconds, asked.interrupt)
        timer.start()
        try:
            found = asked.execute(statement)
            names = tuple(column[0] for column in found.description or ())
            zoned = [column[0] for column in found.description or () if "TIME ZONE" in str(column[1]).upper()]
            if zoned:
                raise BadQuestion(msg("“%(name)s”带时区，显示不了。请写成 %(name)s::VARCHAR。"), name=zoned[0])
            rows = found.fetchmany(limit + 1)
        except duckdb.InterruptException as error:
            raise BadQuestion(
                msg("问了 %(seconds)d 秒还没有结果，已停下。请缩小范围。"), seconds=round(seconds)
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise BadQuestion(msg("内存不够（上限 %(memory)s）。请缩小范围。"), memory=memory) from error
        except duckdb.Error as error:
            raise BadQuestion(msg("DuckDB 答不了：%(reason)s"), reason=_reason(error)) from error
        finally:
            timer.cancel()
    return Answer(names, rows[:limit], len(rows) > limit)


@contextmanager
def _locked_in(folder: Path, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a view for each table that the folder has, which can open nothing else."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "memory_limit": memory,
        "temp_directory": "",
    }
    with duckdb.connect(config=config) as asked:
        quoted = folder.as_posix().replace("'", "''")
        asked.execute(f"SET allowed_directories = ['{quoted}/']")
        asked.execute("SET enable_external_access = false")
        found = [table for table in all_tables() if any(folder.glob(parquet.glob_of(table)))]
        if not found and not (folder / parquet.MANIFEST).exists():
            raise BadQuestion(msg("%(folder)s 里没有导出的事实表。请核对文件夹。"), folder=folder)
        for table in found:
            asked.execute(
                f"CREATE VIEW {table.name} AS SELECT {_shown(table)}"  # noqa: S608 - names of our own
                f" FROM read_parquet('{quoted}/{parquet.glob_of(table)}', hive_partitioning = false)"
            )
        asked.execute("SET lock_configuration = true")
        yield asked


def _shown(table: Table) -> str:
    names = (
        f"timezone('{_CITY_ZONE}', {column.name}) AS {column.name}" if column.of is Of.TIME else column.name
        for column in table.columns
    )
    return ", ".join(names)


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
