"""Rows on their way from the database into Parquet: COPY into a pipe that DuckDB reads, so that nothing stands in memory
whole."""

import fcntl
import os
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import duckdb
import psycopg
from django.db import connection, transaction
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from shanzhi.kernel.facts.policy.columns import Table
from shanzhi.kernel.facts.policy.rows import plain
from shanzhi.kernel.packs.policy.contents import Columns

MARK, QUOTE, NULL = "\x1f", "\x01", "\x02"
"""Characters that no value has: between columns, around a value that has one of them after all, for nothing."""
_COPY = f"(FORMAT csv, DELIMITER E'\\x{ord(MARK):02x}', QUOTE E'\\x{ord(QUOTE):02x}', NULL E'\\x{ord(NULL):02x}')"
_BUFFER = 1 << 20
_PATIENCE = 0.01
Feed = Callable[[IO[bytes]], None]


@contextmanager
def one_moment(tables: Iterable[Table]) -> Iterator[str]:
    """A read-only transaction of this thread's connection whose snapshot others can take (its name). No rebuild of the facts
    can put other tables in the place of these meanwhile."""
    names = ", ".join(table.name for table in tables)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        yield str(name)


@contextmanager
def beside(snapshot: str) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of its own that sees the same moment."""
    opened: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
    try:
        opened.autocommit = True
        opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        opened.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        # Plans of one process each: the other core is busy.
        opened.execute("SET LOCAL TIME ZONE 'UTC'; SET LOCAL DATESTYLE = 'ISO, YMD'; SET LOCAL jit = off;")
        opened.execute("SET LOCAL work_mem = '128MB'; SET LOCAL max_parallel_workers_per_gather = 0")
        yield opened
    finally:
        opened.close()


def duck(folder: Path, *, memory: str = "900MB", threads: int = 1) -> duckdb.DuckDBPyConnection:
    """A DuckDB that keeps rows in the order in which they come: one thread, and joins as they are written."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": str(threads),
        "memory_limit": memory,
        "autoload_known_extensions": "false",
        "temp_directory": str(folder),
    }
    return _set(duckdb.connect(config=config))


def aside(work: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same DuckDB for another thread."""
    return _set(work.cursor())


def _set(made: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    made.execute("SET TimeZone = 'UTC'")
    made.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    return made


def copy_into(opened: "psycopg.Connection[Any]", statement: str, out: IO[bytes]) -> None:
    """Put the rows of a statement into a stream, as `stream_into` reads them.

    By libpq itself, row after row as they lie in its buffer: `Cursor.copy` would begin to wait anew for each of millions.
    """
    server = opened.pgconn
    begun = server.exec_(f"COPY ({statement}) TO STDOUT {_COPY}".encode())
    if begun.status != ExecStatus.COPY_OUT:
        raise error_from_result(begun)
    while (taken := server.get_copy_data(1))[0] >= 0:
        if taken[0]:
            out.write(taken[1])
        else:
            select.select([server.socket], [], [])
            server.consume_input()
    while ended := server.get_result():
        if ended.status != ExecStatus.COMMAND_OK:
            raise error_from_result(ended)


def lines_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as `copy_into` writes them; texts have no control characters."""
    return b"".join((MARK.join(_cell(value) for value in row) + "\n").encode() for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return NULL
    # Nearly all of millions are these two.
    if type(value) is int or type(value) is str:
        return str(value)
    return value.hex() if isinstance(value, bytes) else str(plain(value))


def parquet(
    writer: duckdb.DuckDBPyConnection,
    folder: Path,
    path: Path,
    columns: Columns,
    feed: Feed,
    *,
    select: str = "SELECT * FROM {rows} r",
    options: str = "ROW_GROUP_SIZE 122880",
) -> int:
    """A Parquet file of what is fed, in its order: `select` over `{rows}`, which has `columns`; how many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Higher levels take longer and make these rows hardly smaller.
    statement = (
        f"COPY ({select}) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, {options})"
    )
    return stream_into(writer, folder, statement, columns, feed)


def stream_into(writer: duckdb.DuckDBPyConnection, folder: Path, statement: str, columns: Columns, feed: Feed) -> int:
    """Run a statement over `{rows}`, which are fed into it meanwhile by another thread; how many rows it says it took."""
    pipe = folder / f"pipe-{threading.get_ident()}-{time.monotonic_ns()}"
    os.mkfifo(pipe)
    feeder = _Feeder(pipe, feed)
    feeder.start()
    try:
        (count,) = writer.execute(statement.replace("{rows}", _reading(pipe, columns))).fetchone() or (0,)
    finally:
        feeder.over.set()
        feeder.join()
        pipe.unlink()
        if feeder.error is not None:
            raise feeder.error
    return int(count)


class _Feeder(threading.Thread):
    """Feeds a pipe; `error` is what went wrong there, unless the reader had enough first."""

    def __init__(self, pipe: Path, feed: Feed) -> None:
        super().__init__(daemon=True)
        self.pipe, self.feed, self.over = pipe, feed, threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            at = self._opened()
            if at is not None:
                with open(at, "wb", buffering=_BUFFER) as out:
                    self.feed(out)
        except BrokenPipeError:
            pass
        except BaseException as error:
            self.error = error

    def _opened(self) -> int | None:
        """The pipe once somebody reads it; None where nobody will."""
        while not self.over.is_set():
            try:
                at = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(_PATIENCE)
                continue
            os.set_blocking(at, True)
            fcntl.fcntl(at, fcntl.F_SETPIPE_SZ, _BUFFER)
            return at
        return None


def _reading(path: Path, columns: Columns) -> str:
    listed = ", ".join(f"'{name}': '{of}'" for name, of in columns)
    return (
        f"read_csv('{_quoted(path)}', header = false, auto_detect = false, delim = '{MARK}', quote = '{QUOTE}',"
        f" escape = '{QUOTE}', nullstr = '{NULL}', parallel = false, max_line_size = 16000000,"
        f" buffer_size = 32000000, columns = {{{listed}}})"
    )


def _quoted(path: Path) -> str:
    return path.as_posix().replace("'", "''")
