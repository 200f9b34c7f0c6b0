"""Counting tries, whatever becomes of the request: on a connection of its own, since an answer with an error rolls the
request's transaction back. Subjects are kept as keyed hashes, for a day."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from django.utils.crypto import salted_hmac

from shanzhi.modules.intake.policy import GuessLimit, window_of

KEEP_GUESSES = timedelta(days=1)

_COUNT = (
    "INSERT INTO intake_guess (subject, window_at, failures) SELECT s, %s::timestamptz, 1 FROM unnest(%s::text[]) AS s"
    " ON CONFLICT (subject, window_at) DO UPDATE SET failures = intake_guess.failures + 1 RETURNING subject, failures"
)


@contextmanager
def own_connection() -> Iterator[CursorWrapper]:
    """A cursor that commits each statement by itself."""
    own = connections[DEFAULT_DB_ALIAS].copy()
    try:
        with own.cursor() as cursor:
            yield cursor
    finally:
        own.close()


def hashed(subject: str) -> str:
    """Addresses are personal data: only a keyed hash is kept, and that for a day."""
    return salted_hmac("intake.guess", subject, algorithm="sha256").hexdigest()


def count_up(limits: Sequence[GuessLimit], now: datetime) -> tuple[GuessLimit, ...]:
    """Count one try for each of these; returns those that have now had too many."""
    by_hash = {hashed(limit.subject): limit for limit in limits}
    with own_connection() as cursor:
        cursor.execute(_COUNT, [window_of(now), sorted(by_hash)])
        counts = dict(cursor.fetchall())
        cursor.execute("DELETE FROM intake_guess WHERE window_at < %s", [now - KEEP_GUESSES])
    return tuple(limit for key, limit in by_hash.items() if counts[key] > limit.most)


def count_of_day(subject: str, now: datetime) -> int:
    """How many tries of this subject were counted in the last day."""
    with own_connection() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(failures), 0) FROM intake_guess WHERE subject = %s AND window_at > %s",
            [hashed(subject), now - KEEP_GUESSES],
        )
        return int(cursor.fetchone()[0])
