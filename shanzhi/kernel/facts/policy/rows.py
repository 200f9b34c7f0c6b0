"""Rows of facts as the tables take them and as they are hashed.

The canonical form of a matter's facts, `shanzhi-facts-1`, is one JSON array in UTF-8, written as the journal's is (", " between
parts, only `"`, `\\` and control characters escaped):

    ["shanzhi-facts-1", matter_id, steps, [[table, [row, ...]], ...]]

Tables stand in the order in which they are offered (`fact_matter` first), rows in the order of their keys, values in the
order of the columns: whole numbers, texts, null, days as `2026-11-22`, times in UTC without offset as
`2026-11-22T01:20:00.5` (trailing zeros of the fraction left out). Tables without a row of the matter are there with an empty
list. `steps` is the number of the last entry that went into it, so that the same rows can be made again when more have
followed.

Regions and units, which no matter's entries make, have a form of their own, written the same way:

    ["shanzhi-dimensions-1", [["fact_region", [row, ...]], ["fact_unit", [row, ...]]]]
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from shanzhi.kernel.facts.policy.columns import Of, Table

FORM = "shanzhi-facts-1"
DIMENSIONS_FORM = "shanzhi-dimensions-1"
Value = int | str | date | datetime | None
Row = tuple[Any, ...]
"""The values of a row in the order of its table's columns."""


def plain(value: Value) -> int | str | None:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
        return text.rstrip("0") if "." in text else text
    return value.isoformat() if isinstance(value, date) else value


def canonical(matter_id: int, steps: int, tables: Mapping[str, str]) -> bytes:
    """The canonical form of a matter's facts; `tables` has the text of its rows by table (`rows_text`)."""
    told = ", ".join(f"[{json.dumps(name)}, [{rows}]]" for name, rows in tables.items())
    return f"[{json.dumps(FORM)}, {matter_id}, {steps}, [{told}]]".encode()


def rows_text(rows: Iterable[Row]) -> str:
    """Rows of a table, in the order of their keys, as they stand in the canonical form; the same text as `row_sql` gives."""
    return ", ".join(json.dumps([plain(value) for value in row], ensure_ascii=False) for row in rows)


def digest(matter_id: int, steps: int, tables: Mapping[str, str]) -> bytes:
    """The SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(matter_id, steps, tables)).digest()


def dimensions_text(tables: Mapping[str, Iterable[Row]]) -> str:
    """The canonical form of regions and units; rows by table, in the order of their keys."""
    told = ", ".join(f"[{json.dumps(name)}, [{rows_text(rows)}]]" for name, rows in tables.items())
    return f"[{json.dumps(DIMENSIONS_FORM)}, [{told}]]"


def dimensions_rows(text: str) -> dict[str, list[list[int | str | None]]]:
    """The rows of such a text by table, days as texts; ValueError where it isn't one."""
    said = json.loads(text)
    if not isinstance(said, list) or len(said) != 2 or said[0] != DIMENSIONS_FORM:
        raise ValueError("not the canonical form of regions and units")
    return dict(said[1])


def dimensions_digest(text: str) -> bytes:
    """The SHA-256 of regions and units in canonical form."""
    return hashlib.sha256(text.encode()).digest()


def row_sql(table: Table) -> str:
    """A row `t` of a table as `rows_text` writes it, in SQL."""
    parts = (f"t.{each.name} AT TIME ZONE 'UTC'" if each.of is Of.TIME else f"t.{each.name}" for each in table.columns)
    return f"json_build_array({', '.join(parts)})::text"


COPY_FORM = "(FORMAT csv, NULL 'null', ESCAPE '\\')"
"""How PostgreSQL's COPY is told to read `copy_text`."""


def copy_text(rows: Iterable[Row]) -> bytes:
    """Rows for PostgreSQL's COPY: each as JSON writes it, which is CSV but for its brackets."""
    given = list(rows)
    text = b"".join([orjson.dumps(row)[1:-1] + b"\n" for row in given])
    # JSON and CSV escape control characters differently; codes have none.
    return text if b"\\" not in text else b"".join(_escaped(row) for row in given)


def _escaped(row: Row) -> bytes:
    parts = (
        '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if type(value) is str
        else orjson.dumps(value).decode()
        for value in row
    )
    return (",".join(parts) + "\n").encode()
