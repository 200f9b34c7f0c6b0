"""Rows of facts as the tables take them and as they are hashed.

The canonical form of a matter's facts, `shanzhi-facts-1`, is one JSON array in UTF-8, written as the journal's is (", " between
parts, only `"`, `\\` and control characters escaped):

    ["shanzhi-facts-1", matter_id, steps, [[table, [row, ...]], ...]]

Tables stand in the order in which they are offered (`fact_matter` first), rows in the order of their keys, values in the
order of the columns: whole numbers, texts, null, days as `2026-11-22`, times in UTC without offset as
`2026-11-22T01:20:00.5` (trailing zeros of the fraction left out). Tables without a row of the matter are there with an empty
list. `steps` is the number of the last entry that went into it, so that the same rows can be made again when more have
followed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

FORM = "shanzhi-facts-1"
Value = int | str | date | datetime | None
Row = tuple[Any, ...]
"""The values of a row in the order of its table's columns."""


def plain(value: Value) -> int | str | None:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
        return text.rstrip("0") if "." in text else text
    return value.isoformat() if isinstance(value, date) else value


def canonical(matter_id: int, steps: int, tables: Mapping[str, Sequence[Row]]) -> bytes:
    """The canonical form of a matter's rows by table; each table's rows in the order of their keys."""
    told = [[name, [[plain(value) for value in row] for row in rows]] for name, rows in tables.items()]
    return json.dumps([FORM, matter_id, steps, told], ensure_ascii=False).encode()


def digest(matter_id: int, steps: int, tables: Mapping[str, Sequence[Row]]) -> bytes:
    """The SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(matter_id, steps, tables)).digest()


_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_text(rows: Iterable[Row]) -> str:
    """Rows as PostgreSQL's COPY reads them."""
    return "".join("\t".join(map(_copied, row)) + "\n" for row in rows)


def _copied(value: Value) -> str:
    if value is None:
        return "\\N"
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return value.translate(_ESCAPED) if "\\" in value or "\t" in value or "\n" in value or "\r" in value else value
    return value.isoformat()  # type: ignore[union-attr]
