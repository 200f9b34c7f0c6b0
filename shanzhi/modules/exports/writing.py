"""A file as it is written: piece by piece, whatever its size, with its hash and length."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from django.core.files.base import File

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.sheets import BOM, csv_line
from shanzhi.kernel.matters.queries import BulkRow
from shanzhi.modules.exports.policy import COLUMNS, Wanted, definitions
from shanzhi.ui.invented import invented_lines

Cell = str | int | None


class Streamed(File):  # type: ignore[type-arg]
    """What Django's file stores take, over an iterator: hash and length are known when it was read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(None)
        self._pieces = pieces
        self._hash = sha256()
        self.length = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The pieces, once."""
        for piece in self._pieces:
            self._hash.update(piece)
            self.length += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        """In hexadecimal, of what was read so far."""
        return self._hash.hexdigest()


def pieces(wanted: Wanted, batches: Iterable[Sequence[BulkRow]]) -> Iterator[bytes]:
    """The file: definitions, head, rows, and how many there were."""
    return _csv(wanted, batches) if wanted.file_format == "csv" else _jsonl(wanted, batches)


def _heads(wanted: Wanted) -> list[str]:
    return [f"{COLUMNS[code].label}: {COLUMNS[code].meaning}" for code in wanted.columns]


def _invented() -> list[str]:
    return [words for _, words in invented_lines()]


def _csv(wanted: Wanted, batches: Iterable[Sequence[BulkRow]]) -> Iterator[bytes]:
    lines = [f"# {line}" for line in [*_invented(), *definitions(wanted, _heads(wanted))]]
    yield (BOM + "".join(csv_line([line]) for line in lines)).encode()
    yield csv_line([COLUMNS[code].label for code in wanted.columns]).encode()
    count = 0
    for batch in batches:
        count += len(batch)
        yield "".join(csv_line([cell_of(row, code) for code in wanted.columns]) for row in batch).encode()
    yield csv_line([f"# 共 {count} 行"]).encode()


def _jsonl(wanted: Wanted, batches: Iterable[Sequence[BulkRow]]) -> Iterator[bytes]:
    first, *heads = definitions(wanted, _heads(wanted))
    meanings = dict(zip(wanted.columns, heads, strict=True))
    said = dict(zip(("invented",), _invented(), strict=False))
    yield orjson.dumps({"export": first, "columns": meanings, **said}, option=orjson.OPT_APPEND_NEWLINE)
    count = 0
    for batch in batches:
        count += len(batch)
        yield b"".join(
            orjson.dumps({code: cell_of(row, code) for code in wanted.columns}, option=orjson.OPT_APPEND_NEWLINE)
            for row in batch
        )
    yield orjson.dumps({"rows": count}, option=orjson.OPT_APPEND_NEWLINE)


def cell_of(row: BulkRow, code: str) -> Cell:
    """One value: times in the city's zone, yes and no as 1 and 0."""
    value: Any = getattr(row, code)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(CITY_ZONE).isoformat(timespec="seconds")
    cell: Cell = value
    return cell
