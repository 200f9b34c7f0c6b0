"""Sealing: entries become leaves in the order of their transactions, tiles grow, a head is signed.

Taken are entries whose transaction lies below the oldest one that still runs (the snapshot's xmin). All of those are over:
whatever commits later has a higher transaction id, so nothing can come in between, and the last leaf's (transaction, id) is
a high-water mark that skips nothing. Within an epoch leaves are therefore in the order (transaction, id).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from shanzhi.kernel.journal.keys import log_name
from shanzhi.kernel.journal.operations.epochs import begin
from shanzhi.kernel.journal.operations.heads import head_sign
from shanzhi.kernel.journal.operations.leaves import BATCH, Row, append, there, try_lock
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL
from shanzhi.kernel.journal.trees import EpochRow, current_epoch, last_leaf

HEAD_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one sealing did: `count` new leaves, whether more wait, whether a head was signed; `busy`: another one is at it."""

    count: int = 0
    more: bool = False
    signed: bool = False
    busy: bool = False


def seal(*, now: datetime, limit: int = BATCH, head_every: timedelta = HEAD_EVERY) -> Sealed:
    """Seal one batch, all of it or nothing, and sign a head where the last one is older than `head_every`.

    One sealer works at a time; another one is told `busy` and has done nothing. Safe to call at any time, again and again.

    Raises:
        BadSigningKeys: a head is due, and the installation's keys can't sign it.
        TreeDamaged: the tiles aren't those that were signed; nothing is built on them.
    """
    with transaction.atomic():
        if not try_lock():
            return Sealed(busy=True)
        epoch = current_epoch() or _first_epoch(now)
        if epoch.hash != settings.TREE_HASH:
            epoch = begin(epoch, reason=f"{epoch.hash} → {settings.TREE_HASH}", now=now, shown=None)
        count, taken = _seal_next(epoch, limit)
        signed = head_sign(epoch, now=now, every=head_every)
        return Sealed(count, taken == limit, signed)


def _first_epoch(now: datetime) -> EpochRow:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_epoch (number, name, hash, reason, begun_at, from_transaction, carried)"
            " VALUES (1, %s, %s, 'first', %s, '0', 0)",
            [log_name(), settings.TREE_HASH, now],
        )
    return there(current_epoch())


# An epoch after the first may meet entries that an earlier one has sealed: transaction ids start again after a restore.
_NEXT = f"""
SELECT e.id, e.transaction_id::text, e.recorded_at, {CANONICAL_SQL}, l.taken
FROM journal_entry e
LEFT JOIN LATERAL (SELECT true AS taken FROM journal_leaf l
                   WHERE %s AND l.recorded_at = e.recorded_at AND l.id = e.id LIMIT 1) l ON true
WHERE (e.transaction_id, e.id) > (%s::xid8, %s::bigint)
  AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.transaction_id, e.id LIMIT %s
"""  # noqa: S608 - fixed texts


def _seal_next(epoch: EpochRow, limit: int) -> tuple[int, int]:
    """Seal the next entries in order; returns how many were sealed and how many were looked at."""
    last = last_leaf(epoch)
    after = (str(last.transaction_id), last.id)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [epoch.number > 1, *after, limit])
            rows: list[Row] = cursor.fetchall()
        fresh = [row for row in rows if not row[4]]
        if fresh or len(rows) < limit:
            append(epoch, last.size, fresh)
            return len(fresh), len(rows)
        after = (rows[-1][1], rows[-1][0])
