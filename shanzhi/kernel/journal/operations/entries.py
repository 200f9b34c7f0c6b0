"""Writing the journal: one entry for each thing done, in the transaction that does it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.journal.policy.drafts import COLUMNS, Draft, Drafted, drafted

_COLUMNS = ", ".join(COLUMNS)
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


def record(*, payload: Payload, subject: Subject, author: Author, happened_at: datetime) -> None:
    """Append one entry. Call it inside the transaction of the change that it tells of."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, Draft(payload, subject, author, happened_at).row())


def record_many(drafts: Iterable[Draft]) -> int:
    """Append many entries in one statement, in their order; returns how many."""
    return record_drafted(drafted(drafts))


def record_drafted(entries: Drafted) -> int:
    """Append entries that a process without a database has made ready, in one statement; returns how many.

    (COPY would be the usual way: PostgreSQL refuses it on a table with row-level security, and by way of a staging table
    it takes as long as JSON does.)
    """
    if entries.count:
        with connection.cursor() as cursor:
            cursor.execute(_MANY, [entries.text.decode()])
    return entries.count


def make_months(*, now: datetime, ahead: int = 3) -> int:
    """Make the journal's partitions from this month on; returns how many were new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_make_months(%s::date, %s::integer)", [now.date(), ahead])
        row = cursor.fetchone()
    return int(row[0])
