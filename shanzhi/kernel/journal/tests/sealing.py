"""What the tests of the sealing share: entries in bulk, and somebody who may do anything to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.journal import queries
from shanzhi.kernel.journal.policy import TreeState, read_head
from shanzhi.kernel.journal.queries import HeadRow

NOW = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)

_FILL = """
INSERT INTO journal_entry (recorded_at, happened_at, action, version, subject_kind, subject_id, subject_step,
    scope_code, author_kind, author_post_id, author_unit_id, payload)
SELECT '2025-09-01 00:00:00.25+08'::timestamptz + n * %(every)s::interval, '2025-09-01 00:00+08'::timestamptz,
    'test.step', 1, 'probe', n / 9, n %% 9 + 1, '37030300' || n %% 10, 'post', n %% 500, n %% 90,
    jsonb_build_object('kind', 'request', 'category', 'housing.property-service', 'region_id', n %% 3000, 'stage',
        'handle', 'due_at', '2025-11-25T02:30:00+00:00', 'limit', '5wd', 'calendar', 3, 'lead', n %% 90,
        'words_sealed', encode(sha256(n::text::bytea), 'hex'), 'ground', NULL, 'share', 0.50)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""


def fill(
    installation: Installation, count: int, *, first: int = 1, every: str = "1 second", piece: int = 10_000
) -> None:
    """Write entries as a city does, a transaction for each piece of them."""
    with psycopg.connect(database.admin_url(installation), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        for start in range(first, first + count, piece):
            last = min(start + piece, first + count) - 1
            admin.execute(_FILL, {"first": start, "last": last, "every": every})


@contextmanager
def keeper(installation: Installation) -> Iterator[psycopg.Connection]:
    """Somebody who holds the whole server and has put every guard aside; what they do stays."""
    with psycopg.connect(database.admin_url(installation), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        admin.execute("SET session_replication_role = replica")
        yield admin


def last_head() -> HeadRow:
    """The newest head, which is there."""
    row = queries.head_now()
    assert row is not None
    return row


def last_previous() -> TreeState:
    """The tree that the newest head says the epoch before ended with."""
    previous = read_head(last_head().note).head.previous
    assert previous is not None
    return previous
