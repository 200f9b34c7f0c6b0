"""Sealed entries in the order of their leaves, for whoever makes something else out of them: nothing is skipped, since a leaf
only comes after all that could come before it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection


class Leaf(NamedTuple):
    """A place in the order of sealing: the epoch, and the leaf's number in its tree."""

    epoch: int
    number: int


class SealedEntry(NamedTuple):
    """A sealed entry by its leaf; `payload` is the JSON text, empty for subjects of other kinds than were asked for."""

    leaf: Leaf
    subject_kind: str
    subject_id: int
    step: int
    action: str
    version: int
    happened_at: datetime
    author_kind: str
    author_unit_id: int | None
    payload: str


_COLUMNS = (
    "l.epoch, l.number, e.subject_kind, e.subject_id, e.subject_step, e.action, e.version,"
    " (e.happened_at AT TIME ZONE 'UTC')::text || '+00:00', e.author_kind, e.author_unit_id"
)
# One entry at a time by its key: a join on all partitions would read them whole.
_ENTRY = (
    "CROSS JOIN LATERAL (SELECT * FROM journal_entry j WHERE j.recorded_at = l.recorded_at AND j.id = l.id LIMIT 1) e"
)
_AFTER = f"""
SELECT {_COLUMNS}, CASE WHEN e.subject_kind = %s THEN e.payload::text ELSE '' END
FROM journal_leaf l {_ENTRY}
WHERE l.epoch = %s AND l.number >= %s AND l.number < %s ORDER BY l.number
"""  # noqa: S608 - fixed texts
_OF = f"""
SELECT {_COLUMNS}, e.payload::text
FROM journal_entry e CROSS JOIN LATERAL
    (SELECT * FROM journal_leaf j WHERE j.recorded_at = e.recorded_at AND j.id = e.id LIMIT 1) l
WHERE e.subject_kind = %s AND @which@ AND (l.epoch, l.number) < (%s, %s)
ORDER BY e.subject_id, e.subject_step
"""  # noqa: S608 - fixed texts


def sealed_after(place: Leaf, *, kind: str, limit: int) -> list[SealedEntry]:
    """Up to `limit` sealed entries from a place on, all kinds, with the payloads of one kind of subject; 1 query, 2 at the end
    of an epoch. Worker's role."""
    rows = _rows(_AFTER, [kind, place.epoch, place.number, place.number + limit])
    if not rows and _is_over(place.epoch):
        return sealed_after(Leaf(place.epoch + 1, 0), kind=kind, limit=limit)
    return rows


def sealed_within(kind: str, first: int, last: int, *, before: Leaf) -> list[SealedEntry]:
    """The entries of subjects of a kind with ids from `first` to `last`, sealed before a place: by subject, in the order of
    their steps; 1 query. Worker's role."""
    return _rows(_OF.replace("@which@", "e.subject_id BETWEEN %s AND %s"), [kind, first, last, *before])


def sealed_of(kind: str, ids: Collection[int], *, before: Leaf) -> list[SealedEntry]:
    """As `sealed_within`, of these subjects; 1 query."""
    return _rows(_OF.replace("@which@", "e.subject_id = ANY(%s)"), [kind, list(ids), *before])


def sealed_end() -> Leaf:
    """The place after the last leaf; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch, number + 1 FROM journal_leaf ORDER BY epoch DESC, number DESC LIMIT 1")
        row = cursor.fetchone()
    return Leaf(*row) if row else Leaf(1, 0)


def waiting_since(place: Leaf) -> datetime | None:
    """When the first entry from a place on was recorded; None where there is none; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recorded_at FROM journal_leaf WHERE (epoch, number) >= (%s, %s) ORDER BY epoch, number LIMIT 1",
            [*place],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def sealed_between(start: Leaf, end: Leaf) -> int:
    """How many leaves there are from one place up to another; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(upto - since), 0) FROM (SELECT epoch, min(number) AS since, max(number) + 1 AS upto"
            " FROM journal_leaf WHERE (epoch, number) >= (%s, %s) AND (epoch, number) < (%s, %s) GROUP BY epoch) found",
            [*start, *end],
        )
        return int(cursor.fetchone()[0])


def payloads_within(kind: str, first: int, last: int) -> list[tuple[int, dict[str, Any]]]:
    """The payloads of subjects of a kind with ids from `first` to `last`, sealed or not, in the order in which they were
    written; 1 query. Worker's role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, payload::text FROM journal_entry WHERE subject_kind = %s AND subject_id BETWEEN %s AND %s"
            " ORDER BY subject_id, id",
            [kind, first, last],
        )
        return [(int(pk), orjson.loads(text)) for pk, text in cursor.fetchall()]


def _rows(statement: str, params: list[Any]) -> list[SealedEntry]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        # Times come as text: reading a hundred thousand of them that way takes a tenth of the time.
        return [
            SealedEntry(
                Leaf(epoch, number), kind, pk, step, action, version, datetime.fromisoformat(at), author, unit, payload
            )
            for epoch, number, kind, pk, step, action, version, at, author, unit, payload in cursor.fetchall()
        ]


def _is_over(epoch: int) -> bool:
    """Has a later epoch begun? Then no leaf is added to this one any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM journal_epoch WHERE number > %s)", [epoch])
        return bool(cursor.fetchone()[0])
