"""A pack laid open in a folder: its letter, its texts, its tables as views of a DuckDB that reads that folder alone."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from typing import Any

import duckdb

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import REGION, UNIT
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.packs.policy import contents, faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.letter import Letter, LetterError

TEXT_MOST = 64_000_000
"""Bytes of a text (round.json, the guideline, the lists) that are read."""

TEXT_OF_SMALL_MOST = 10_000
"""Bytes of a text in a table that is taken whole into memory."""
ROWS_OF_SMALL_MOST = 1_000_000
"""Regions or units."""
FOOTER_MOST = 64_000_000
"""Bytes of a Parquet file's own description: about one for every thousand rows."""
_ROWS_AT_ONCE = 1000
_NAMED = 100
TOOK_TOO_LONG = msg("核对超过了时间上限，已停下。请在命令行里用 shanzhi pack verify 核对。")
TOO_MUCH = msg("内存超过了核对的上限。")


class TookTooLong(DomainError):
    """The check ran longer than it may."""

    status = 503
    code = "pack-check-time"


class TooMuch(DomainError):
    """What a statement gives takes more memory than a check has."""

    status = 422
    code = "pack-check-memory"

    def __init__(self, message: str = TOO_MUCH, **params: object) -> None:
        super().__init__(message, fields=None, **params)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a check may take: processors, memory of DuckDB in megabytes, seconds (None: as long as it takes), rows a table."""

    threads: int = 2
    memory_mb: int = 1400
    seconds: float | None = None
    rows_most: int = 2_000_000_000


ORDINARY = Limits()


@dataclass(slots=True)
class Opened:
    """A pack with what could be read of it: what is missing here has its fault already. `tables`: DuckDB's view by member."""

    letter: Letter
    folder: Path
    limits: Limits
    db: duckdb.DuckDBPyConnection
    told: contents.Told | None = None
    heads: contents.Heads | None = None
    catalogue: Catalogue | None = None
    evidence: tuple[contents.Evidence, ...] | None = None
    tables: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    def has(self, *members: str) -> bool:
        """Can these tables be read?"""
        return all(member in self.tables for member in members)

    @property
    def most(self) -> int:
        """How many bytes of a statement's rows may stand in memory at once, beside DuckDB's own."""
        return self.limits.memory_mb * 1_000_000

    def rows(self, statement: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement over the pack's tables. Where a text of any length is among them, the statement is ordered:
        then DuckDB's memory bounds it.

        Raises:
            TooMuch: they take more than `most`.
        """
        return list(fetched(self.db.execute(statement, values), self.most))

    def each(self, statement: str, values: Sequence[object] | None = None) -> Iterator[tuple[Any, ...]]:
        """The same one by one, for rows that are forgotten, however many; no other statement may come in between."""
        return fetched(self.db.execute(statement, values))


def fetched(cursor: duckdb.DuckDBPyConnection, most: int | None = None) -> Iterator[tuple[Any, ...]]:
    """Rows of a statement as Python's values, not more than `most` bytes of them: `fetchall` ends the process where there is no
    memory for what a hostile file makes of it.

    Raises:
        TooMuch: they are more.
    """
    texts = [nth for nth, column in enumerate(cursor.description or ()) if str(column[1]) in {"VARCHAR", "BLOB"}]
    size = 0
    while some := cursor.fetchmany(_ROWS_AT_ONCE):
        if most is not None:
            size += len(some) * row_bytes(len(some[0])) + 2 * sum(len(row[nth] or "") for nth in texts for row in some)
            if size > most:
                raise TooMuch
        yield from some


def row_bytes(columns: int) -> int:
    """About what a row of so many values takes in Python, beside its texts."""
    return 56 + 48 * columns


def connect(folder: Path, *, threads: int, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory, locked down: a hostile file finds no other file, no extension, and no more memory than is given."""
    db = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "temp_directory": "",
        },
    )
    db.execute("SET TimeZone = 'UTC'")
    db.execute(f"SET allowed_directories = [{quoted(folder.resolve().as_posix())}]")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    return db


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def in_time(db: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Interrupt what runs on a connection when the time is over.

    Raises:
        TookTooLong: it was.
    """
    is_over = Event()

    def stop() -> None:
        is_over.set()
        db.interrupt()

    timer = Timer(seconds, stop) if seconds is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    except duckdb.Error as error:
        if not is_over.is_set():
            raise
        raise TookTooLong(TOOK_TOO_LONG) from error
    finally:
        if timer is not None:
            timer.cancel()


def lay_open(
    letter: Letter, folder: Path, limits: Limits, found: Checked, *, only: Collection[str] | None = None
) -> Opened:
    """Read a letter's texts and tables (`only`: these tables' members); what can't be read is noted."""
    excluded.offer()
    opened = Opened(letter, folder, limits, connect(folder, threads=limits.threads, memory_mb=limits.memory_mb))
    opened.told = _text(opened, found, contents.ROUND, contents.read_told)
    opened.heads = _text(opened, found, contents.HEADS, contents.read_heads)
    opened.evidence = _text(opened, found, contents.EVIDENCE, contents.read_evidence)
    opened.catalogue = _catalogue(opened, found)
    for member, name, columns in _members(opened):
        if only is None or member in only:
            _table(opened, found, member, name, columns)
    return opened


def _members(opened: Opened) -> Iterator[tuple[str, str, contents.Columns]]:
    """The tables of a pack: member, name of its view, columns."""
    for table in all_tables():
        yield contents.fact_file(table), table.name, contents.fact_columns(table)
    for month in (cut.month for cut in opened.told.cuts) if opened.told else ():
        yield contents.cut_file(month), f"cut_{month}", contents.CUT
    yield contents.ENTRIES_FILE, "entries", contents.ENTRIES
    yield contents.LEAVES_FILE, "leaves", contents.LEAVES
    yield contents.TILES_FILE, "tiles", contents.TILES
    yield contents.OBSERVATIONS_FILE, "observations", contents.OBSERVATIONS


def _text(opened: Opened, found: Checked, member: str, read: Any) -> Any:
    data = _bytes(opened, found, member)
    if data is None:
        return None
    try:
        return read(data.decode())
    except contents.PackNewer as error:
        found.add([faults.member_newer(member, str(error))])
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found.add([faults.member_unreadable(member, f"{type(error).__name__}: {error}"[:200])])
        return None


def _bytes(opened: Opened, found: Checked, member: str) -> bytes | None:
    size = {each.name: each.bytes for each in opened.letter.members}.get(member)
    if size is None:
        found.add([faults.member_missing(member)])
        return None
    if size > TEXT_MOST:
        found.add([faults.member_unreadable(member, f"{size:,} B")])
        return None
    try:
        return opened.letter.read(member)
    except LetterError:
        opened.damaged.append(member)
        return None


def _catalogue(opened: Opened, found: Checked) -> Catalogue | None:
    data = _bytes(opened, found, contents.GUIDELINE)
    if data is None:
        return None
    digested = hashlib.sha256(data).hexdigest()
    if opened.told is not None and opened.told.guideline_sha256 != digested:
        found.add([faults.guideline_differs(digested, opened.told.guideline_sha256)])
    try:
        return sound_catalogue(data.decode(), contents.GUIDELINE)
    except (DomainError, UnicodeDecodeError) as error:
        found.add([faults.member_unreadable(contents.GUIDELINE, str(error)[:400])])
        return None


_DIMENSIONS = (REGION.name, UNIT.name)
_SMALL = (*_DIMENSIONS, "tiles", "observations")
"""Views of tables of which much is taken into memory at once."""
_SHOWN = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}


def _table(opened: Opened, found: Checked, member: str, name: str, columns: contents.Columns) -> None:
    """Make a view of a table, if it is one with the columns that it should have."""
    if member not in {each.name for each in opened.letter.members}:
        found.add([faults.member_missing(member)])
        return
    try:
        path = opened.letter.extract(member, opened.folder)
    except LetterError:
        # Its fault is the letter's, and is told there with the byte.
        opened.damaged.append(member)
        return
    source = f"read_parquet({quoted(path.resolve().as_posix())}, hive_partitioning = false)"
    try:
        _check_footer(path)
        # One more than there should be says enough of a file with millions of them.
        described = opened.db.execute(f"DESCRIBE SELECT * FROM {source}").fetchmany(len(columns) + 1)  # noqa: S608 - our own file
        is_ = [(str(row[0])[:_NAMED], str(row[1])[:_NAMED]) for row in described]
        should = [(column, _SHOWN.get(kind, kind)) for column, kind in columns]
        if is_ != should:
            found.add([faults.wrong_columns(member, _columns(is_), _columns(should))])
            return
        opened.db.execute(f'CREATE VIEW "{name}" AS SELECT * FROM {source}')  # noqa: S608 - names of the code
        ((rows,),) = opened.rows(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - names of the code
        longest = _longest(opened, name, columns) if name in _SMALL else 0
    except (duckdb.Error, TooMuch) as error:
        found.add([faults.member_unreadable(member, reason_of(error))])
        return
    most = min(opened.limits.rows_most, ROWS_OF_SMALL_MOST if name in _DIMENSIONS else opened.limits.rows_most)
    if rows > most:
        found.add([faults.too_many_rows(member, rows, most)])
        return
    if longest > TEXT_OF_SMALL_MOST:
        found.add([faults.member_unreadable(member, f"{longest:,} B")])
        return
    opened.tables[member] = name
    opened.files[name] = path


def _check_footer(path: Path) -> None:
    """DuckDB takes a file's description into memory whole: so a long one isn't given to it.

    Raises:
        TooMuch: it is one.
    """
    with path.open("rb") as given:
        given.seek(max(0, path.stat().st_size - 8))
        if int.from_bytes(given.read(4), "little") > FOOTER_MOST:
            raise TooMuch


def _longest(opened: Opened, name: str, columns: contents.Columns) -> int:
    """How many bytes the longest text of a table has."""
    texts = [
        f'max({"strlen" if kind == "VARCHAR" else "octet_length"}("{column}"))'
        for column, kind in columns
        if kind in {"VARCHAR", "BLOB"}
    ]
    ((*lengths,),) = opened.rows(f'SELECT {", ".join(texts)} FROM "{name}"')  # noqa: S608 - names of the code
    return max((length or 0 for length in lengths), default=0)


def reason_of(error: Exception) -> str:
    """DuckDB's reason as a line, without the machine's folders."""
    return str(error).splitlines()[0].replace("\x00", "")[:200]


def _columns(listed: Sequence[tuple[str, str]]) -> str:
    return json.dumps([f"{name} {kind}" for name, kind in listed], ensure_ascii=False)


def names_of_regions(opened: Opened) -> Mapping[int, str]:
    """The last name of each region."""
    if not opened.has("facts/fact_region.parquet"):
        return {}
    return dict(opened.rows("SELECT region_id, arg_max(name, from_on) FROM fact_region GROUP BY region_id"))
