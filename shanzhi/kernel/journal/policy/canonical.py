"""The bytes of an entry that its leaf is made of: the canonical form, version 1. It is defined once and never changes.

An entry's canonical form is one JSON array in UTF-8, written as PostgreSQL writes `jsonb`: ", " and ": " between parts, no
other blanks; the keys of an object by their length in bytes, then by their bytes; numbers without exponent, with the
digits that they were written with; in strings only `"`, `\\` and control characters escaped. Its parts, in this order:

    "shanzhi-entry-1"       the name of this form
    id                      number
    transaction_id          string of digits (xid8)
    recorded_at             string, UTC without offset: 2026-11-22T01:20:00.5 (trailing zeros of the fraction left out)
    happened_at             the same
    action, version         string, number
    subject_kind, subject_id, subject_step, scope_code
    author_kind, author_post_id, author_unit_id        (null where there is none)
    payload                 the object as stored

It depends on the row alone: on no session's time zone, date style or locale. A leaf is a random salt of 16 bytes, followed by
these bytes. The salt keeps the hashes of neighbours, which stand in every proof, from telling anything about them; it is
kept with the leaf and handed out with the entry itself only.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

FORM = "shanzhi-entry-1"
SALT_BYTES = 16

CANONICAL_TEXT_SQL = (
    f"json_build_array('{FORM}', e.id, e.transaction_id::text,"
    " e.recorded_at AT TIME ZONE 'UTC', e.happened_at AT TIME ZONE 'UTC', e.action, e.version,"
    " e.subject_kind, e.subject_id, e.subject_step, e.scope_code,"
    " e.author_kind, e.author_post_id, e.author_unit_id, e.payload)::text"
)
"""The canonical form of the row `e` of `journal_entry` as text, in SQL."""
CANONICAL_SQL = f"convert_to({CANONICAL_TEXT_SQL}, 'UTF8')"
"""The canonical bytes of the row `e` of `journal_entry`, in SQL."""


@dataclass(frozen=True, slots=True)
class EntryFields:
    """Every column of an entry that is sealed; `payload` holds JSON values, fractions as Decimal."""

    id: int
    transaction_id: int
    recorded_at: datetime
    happened_at: datetime
    action: str
    version: int
    subject_kind: str
    subject_id: int
    subject_step: int
    scope_code: str
    author_kind: str
    author_post_id: int | None
    author_unit_id: int | None
    payload: Any


def canonical(fields: EntryFields) -> bytes:
    """The canonical form of an entry, the same bytes as `CANONICAL_SQL` gives.

    Raises:
        TypeError: the payload holds something that is no JSON value, or a float (it has lost its digits).
    """
    f = fields
    parts = (
        FORM, f.id, str(f.transaction_id), _time(f.recorded_at), _time(f.happened_at), f.action, f.version,
        f.subject_kind, f.subject_id, f.subject_step, f.scope_code,
        f.author_kind, f.author_post_id, f.author_unit_id, f.payload,
    )  # fmt: skip
    return _write(list(parts)).encode()


def read(data: bytes) -> EntryFields:
    """The entry that canonical bytes tell of.

    Raises:
        ValueError: they aren't in canonical form.
    """
    parts = json.loads(data, parse_float=Decimal)
    if not isinstance(parts, list) or len(parts) != 15 or parts[0] != FORM:
        raise ValueError("not an entry in canonical form 1")
    return EntryFields(parts[1], int(parts[2]), _read_time(parts[3]), _read_time(parts[4]), *parts[5:])


def _time(at: datetime) -> str:
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _write(value: object) -> str:
    if isinstance(value, dict):
        ordered = sorted((str(key).encode(), item) for key, item in value.items())
        ordered.sort(key=lambda pair: len(pair[0]))
        return "{" + ", ".join(f"{_write(key.decode())}: {_write(item)}" for key, item in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_write(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return format(abs(value) if value == 0 else value, "f")
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    raise TypeError(f"{type(value).__name__} has no canonical form")
