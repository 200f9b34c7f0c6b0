"""The words by which matters are found: written with each matter, cut anew when the way of cutting changes."""

from collections.abc import Iterable

import orjson
from django.db import connection, transaction

from shanzhi.kernel.matters.policy.search import TOKENISER, words_of

FILL_BATCH = 500

_GIVEN = (
    " FROM (SELECT id, array_to_tsvector(string_to_array(words, ' ')) AS words, %s::smallint AS tokeniser"
    " FROM json_to_recordset(%s::json) AS given (id bigint, words text)) AS g"
)
_RENEW = f"UPDATE matters_words w SET words = g.words, tokeniser = g.tokeniser{_GIVEN} WHERE w.matter_id = g.id"  # noqa: S608 - fixed texts
_INSERT = "INSERT INTO matters_words (matter_id, words, tokeniser) SELECT g.id, g.words, g.tokeniser" + _GIVEN
# The worker may not read words, which "ON CONFLICT DO UPDATE" would.
_INSERT_MISSING = _INSERT + " WHERE NOT EXISTS (SELECT 1 FROM matters_words w WHERE w.matter_id = g.id)"  # noqa: S608
_OLD = (
    "SELECT m.id, m.title, m.body, m.place_text FROM matters_matter m"
    " LEFT JOIN matters_words w ON w.matter_id = m.id"
    " WHERE m.id > %s AND w.tokeniser IS DISTINCT FROM %s ORDER BY m.id LIMIT %s"
)


def keep_words(texts: Iterable[tuple[int, tuple[str, ...]]]) -> None:
    """Write the words of new matters: id and masked texts of each. 1 statement, in the caller's transaction."""
    _write(texts, _INSERT)


def keep_prepared_words(rows: bytes) -> None:
    """Write the words of new matters: id and `words_of` with blanks between, as one JSON text. 1 statement."""
    _put(rows, _INSERT)


def _write(texts: Iterable[tuple[int, tuple[str, ...]]], *statements: str) -> None:
    rows = [{"id": matter_id, "words": " ".join(words_of(*parts))} for matter_id, parts in texts]
    if rows:
        _put(orjson.dumps(rows), *statements)


def _put(rows: bytes, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, [TOKENISER, rows.decode()])


def renew_words(matter_id: int, *texts: str) -> None:
    """Write a matter's words anew, because its texts changed. 1 statement, in the caller's transaction. Worker's role."""
    _write([(matter_id, texts)], _RENEW)


def words_fill(*, batch: int = FILL_BATCH) -> int:
    """Cut the texts of matters whose words are missing or older than the present way of cutting; returns how many.

    Each batch commits by itself, so it can be stopped and run again. Worker's role.
    """
    done, last = 0, 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_OLD, [last, TOKENISER, batch])
                rows = cursor.fetchall()
            _write(((row[0], tuple(row[1:])) for row in rows), _RENEW, _INSERT_MISSING)
        done += len(rows)
        if len(rows) < batch:
            return done
        last = rows[-1][0]
