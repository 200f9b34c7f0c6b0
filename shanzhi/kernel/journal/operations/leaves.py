"""Putting entries at the end of a tree, by one sealer at a time."""

import os
from datetime import datetime

from django.db import connection

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy.canonical import SALT_BYTES
from shanzhi.kernel.journal.policy.tiles import grow
from shanzhi.kernel.journal.policy.tree import leaf_hash
from shanzhi.kernel.journal.trees import EpochRow, read_edge

BATCH = 5000
_LOCK = 370301
Row = tuple[int, str, datetime, bytes, bool | None]
"""An entry to be sealed: id, transaction id, when it was recorded, its canonical form, whether an earlier epoch has it."""


def lock_sealing() -> None:
    """Wait until no sealer is at work, and keep others out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])


def try_lock() -> bool:
    """Keep other sealers out until the transaction ends; False where one is at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
        row = cursor.fetchone()
    return bool(row[0])


def there(epoch: EpochRow | None) -> EpochRow:
    """The epoch.

    Raises:
        Conflict: nothing has been sealed yet.
    """
    if epoch is None:
        raise Conflict(msg("台账还没有开始封存。请先启动 shanzhi worker，或运行 shanzhi journal seal。"))
    return epoch


_LEAVES = """
INSERT INTO journal_leaf (epoch, number, recorded_at, id, transaction_id, salt)
SELECT %s, %s + place - 1, recorded_at, id, transaction_id, salt
FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[]::xid8[], %s::bytea[])
     WITH ORDINALITY AS r (recorded_at, id, transaction_id, salt, place)
"""
_TILES = """
INSERT INTO journal_tile (epoch, level, place, hashes)
SELECT %s, level, place, hashes FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[]) AS r (level, place, hashes)
ON CONFLICT (epoch, level, place) DO UPDATE SET hashes = EXCLUDED.hashes
"""


def append(epoch: EpochRow, size: int, rows: list[Row]) -> None:
    """Put entries at the end of an epoch's tree of this size: leaves, and the tiles that they go into."""
    if not rows:
        return
    h = epoch.hasher
    random = os.urandom(SALT_BYTES * len(rows))
    salts = [random[at : at + SALT_BYTES] for at in range(0, len(random), SALT_BYTES)]
    hashes = [leaf_hash(h, salt + bytes(row[3])) for salt, row in zip(salts, rows, strict=True)]
    tiles = sorted(grow(h, size, read_edge(epoch.number, size), hashes).items())
    with connection.cursor() as cursor:
        cursor.execute(
            _LEAVES,
            [epoch.number, size, [row[2] for row in rows], [row[0] for row in rows], [row[1] for row in rows], salts],
        )
        cursor.execute(
            _TILES,
            [
                epoch.number,
                [level for (level, _), _ in tiles],
                [place for (_, place), _ in tiles],
                [data for _, data in tiles],
            ],
        )
