"""Facts as Parquet files: the same rows in the same order give the same bytes (with the same DuckDB)."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from django.db import connection, transaction

from shanzhi.core.errors import Conflict, DomainError, InputError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy import parquet
from shanzhi.kernel.facts.policy.columns import Table
from shanzhi.kernel.facts.policy.parquet import File, Manifest
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.organisation import queries as organisation

_PIECE = 1 << 20
_ERRNO = re.compile(r'"errno":"(\d+)"')
_NO_ROOM = msg(
    "事实表写不进 %(folder)s（%(reason)s），导出没有做完，什么都没有留下。磁盘多半满了：请清理或换一个文件夹，再导出一次。"
)


class FolderInUse(Conflict):
    """An export is never written over another one, nor over anything else."""

    code = "facts-folder"


class NoRoom(DomainError):
    """The disk is full, or can't be written."""

    status = 503
    code = "facts-no-room"


def export(
    folder: Path,
    *,
    on: date,
    city: str = "",
    since: int | None = None,
    until: int | None = None,
    tables: Sequence[Table] | None = None,
    tick: Callable[[str], None] = lambda path: None,
) -> Manifest:
    """Write the facts of one moment into a folder that isn't there yet (or is empty), all of them or nothing.

    `since`, `until`: months `yyyymm`, with both; a row belongs to the month of its table's `month` column. `tables`: these
    alone. `tick` is told each file as it is done. Takes about one file's rows of disk beside what it writes, and little memory.
    Worker's role; not inside a transaction: it reads one snapshot.

    Raises:
        FolderInUse: there is something in the folder already.
        NoRoom: the disk is full, or the folder can't be written; nothing of it stays.
        InputError: the city isn't this one.
    """
    code = _city(city, on)
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(msg("%(folder)s 里已经有东西。请换一个空的或还没有的文件夹。"), folder=folder)
    with _draft(folder) as made:
        manifest = _write(made, code, since, until, all_tables() if tables is None else tables, tick)
        (made / parquet.MANIFEST).write_text(manifest.text(), encoding="utf-8")
        made.chmod(0o755)
        made.rename(folder)
    return manifest


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is asked for; nothing stays of one that didn't become whole."""
    made = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        yield made
    except BaseException as error:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        if isinstance(error, OSError | duckdb.IOException):
            raise NoRoom(_NO_ROOM, folder=folder.parent, reason=_reason(error)) from error
        raise


def _reason(error: BaseException) -> str:
    """What the machine says, in its few words: DuckDB has the number of its error within a long text."""
    number = error.errno if isinstance(error, OSError) else int((_ERRNO.search(str(error)) or [0, 0])[1])
    return os.strerror(number) if number else str(error)


def _city(asked: str, on: date) -> str:
    """This city's six digits."""
    tops = [parquet.city_code(region.code) for region in organisation.top_regions(on)]
    if len(tops) != 1 and not asked:
        raise InputError(msg("还没有区划，无从知道是哪座城市。请先运行 shanzhi regions load。"))
    if asked and parquet.city_code(asked) not in tops:
        raise InputError(msg("这里没有代码为“%(code)s”的城市。请核对，或省略 --city。"), code=asked)
    return parquet.city_code(asked) if asked else tops[0]


def _write(
    made: Path,
    city: str,
    since: int | None,
    until: int | None,
    tables: Sequence[Table],
    tick: Callable[[str], None],
) -> Manifest:
    names = ", ".join(table.name for table in all_tables())
    with transaction.atomic(), connection.cursor() as cursor, _writer() as writer:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # A rebuild that is done would put other tables in the place of these.
        cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        cursor.execute("SET LOCAL TIME ZONE 'UTC'; SET LOCAL DATESTYLE = 'ISO, YMD'")
        cursor.execute("SELECT coalesce(sum(entries), 0)::bigint FROM fact_cursor")
        entries = int(cursor.fetchone()[0])
        files = []
        months = _months(tables, since, until)
        for month in [None, *months]:
            for table in tables:
                if (table.month is None) is (month is None):
                    files.append(_file(writer, made, table, city, month))
                    tick(files[-1].path)
    return Manifest(city, since, until, entries, tuple(sorted(files, key=lambda file: file.path)))


def _writer() -> duckdb.DuckDBPyConnection:
    """One thread: rows go into groups in their order, so the same rows give the same bytes."""
    writer = duckdb.connect(config={"threads": "1", "memory_limit": "1GB", "autoload_known_extensions": "false"})
    writer.execute("SET TimeZone = 'UTC'")
    return writer


def _months(tables: Sequence[Table], since: int | None, until: int | None) -> list[int]:
    found: set[int] = set()
    with connection.cursor() as cursor:
        for table in tables:
            if table.month:
                cursor.execute(f"SELECT DISTINCT {table.month} FROM {table.name}")  # noqa: S608 - names of our own
                found |= {row[0] for row in cursor.fetchall()}
    return parquet.within(found, since, until)


def _file(writer: duckdb.DuckDBPyConnection, made: Path, table: Table, city: str, month: int | None) -> File:
    """One file: rows by COPY into a text file beside it, which DuckDB reads in its order."""
    path = made / parquet.path_of(table, city, month)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.with_suffix(".csv")
    names = ", ".join(column.name for column in table.columns)
    where = f"WHERE {table.month} = {month}" if table.month else ""
    statement = f"SELECT {names} FROM {table.name} {where} ORDER BY {', '.join(table.key)}"  # noqa: S608 - names of our own
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as rows,
        text.open("wb") as out,
    ):
        for piece in rows:
            out.write(piece)
    count = 0
    if text.stat().st_size:
        count = _convert(writer, _reading(text, table), path)
    else:
        _convert(writer, f"SELECT {_cast('NULL', table)} LIMIT 0", path)
    text.unlink()
    return File(path.relative_to(made).as_posix(), table.name, month, count, path.stat().st_size, _sha256(path))


def _convert(writer: duckdb.DuckDBPyConnection, rows: str, path: Path) -> int:
    (count,) = writer.execute(
        f"COPY ({rows}) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {parquet.ROWS_OF_GROUP})"
    ).fetchone() or (0,)
    return int(count)


def _reading(text: Path, table: Table) -> str:
    # PostgreSQL writes NULL as nothing and the empty text as "".
    columns = ", ".join(f"'{column.name}': '{parquet.TYPES[column.of]}'" for column in table.columns)
    return (
        f"SELECT * FROM read_csv('{_quoted(text)}', header = false, auto_detect = false, delim = ',', quote = '\"',"  # noqa: S608 - our own file
        f" escape = '\"', nullstr = '', allow_quoted_nulls = false, parallel = false, columns = {{{columns}}})"
    )


def _cast(value: str, table: Table) -> str:
    return ", ".join(f"{value}::{parquet.TYPES[column.of]} AS {column.name}" for column in table.columns)


def _quoted(path: Path) -> str:
    return path.as_posix().replace("'", "''")


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()
