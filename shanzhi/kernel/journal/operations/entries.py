"""Writing the journal: one entry for each thing done, in the transaction that does it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection

from shanzhi.kernel.journal.policy import Author, Payload, Subject, encode

_COLUMNS = (
    "happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
    " author_kind, author_post_id, author_unit_id, payload"
)
_ONE = f"INSERT INTO journal_entry ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)"  # noqa: S608 - fixed texts
_TYPES = (
    "happened_at timestamptz, action text, version smallint, subject_kind text, subject_id bigint,"
    " subject_step integer, scope_code text, author_kind text, author_post_id bigint, author_unit_id bigint,"
    " payload jsonb"
)
_MANY = (
    f"INSERT INTO journal_entry ({_COLUMNS})"  # noqa: S608 - fixed texts
    f" SELECT {_COLUMNS} FROM json_to_recordset(%s::json) AS r ({_TYPES})"
)
_NAMES = tuple(_COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is about to be written; `happened_at` is when it was done, which an import may give."""

    payload: Payload
    subject: Subject
    author: Author
    happened_at: datetime

    def row(self) -> tuple[datetime | str | int | None, ...]:
        """The values of the table's columns, in the order of the insert."""
        subject, author, entry = self.subject, self.author, self.payload
        return (
            self.happened_at,
            entry.action,
            entry.version,
            subject.kind,
            subject.id,
            subject.step,
            subject.scope_code,
            author.kind,
            author.post_id,
            author.unit_id,
            orjson.dumps(encode(entry)).decode(),
        )


def record(*, payload: Payload, subject: Subject, author: Author, happened_at: datetime) -> None:
    """Append one entry. Call it inside the transaction of the change that it tells of."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, Draft(payload, subject, author, happened_at).row())


def record_many(drafts: Iterable[Draft]) -> int:
    """Append many entries in one statement, in their order; returns how many.

    They go over as one JSON text, which is built and read several times faster than arrays of parameters. (COPY would
    be the usual way; PostgreSQL refuses it on a table with row-level security.)
    """
    rows: list[dict[str, object]] = [dict(zip(_NAMES, draft.row(), strict=True)) for draft in drafts]
    for row in rows:
        row["payload"] = orjson.Fragment(str(row["payload"]))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_MANY, [orjson.dumps(rows).decode()])
    return len(rows)


def make_months(*, now: datetime, ahead: int = 3) -> int:
    """Make the journal's partitions from this month on; returns how many were new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_make_months(%s::date, %s::integer)", [now.date(), ahead])
        row = cursor.fetchone()
    return int(row[0])
