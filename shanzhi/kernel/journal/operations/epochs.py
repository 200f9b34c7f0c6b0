"""Beginning a new epoch: a new tree that states how the one before ended."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.journal.models import Key
from shanzhi.kernel.journal.operations.entries import record
from shanzhi.kernel.journal.operations.heads import active_key, head_sign
from shanzhi.kernel.journal.operations.leaves import BATCH, Row, append, lock_sealing, there
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL
from shanzhi.kernel.journal.policy.heads import SignedHead, TreeState
from shanzhi.kernel.journal.policy.notes import PublicKey
from shanzhi.kernel.journal.policy.payloads import Author, Payload, Subject, payload
from shanzhi.kernel.journal.trees import EpochRow, current_epoch, last_leaf, tree_state


@payload("journal.epoch")
@dataclass(frozen=True, slots=True)
class EpochBegun(Payload):
    """A new epoch began; the tree before had this size and root."""

    epoch: int
    hash: str
    previous_size: int
    previous_root: bytes
    shown_size: int | None


def epoch_begin(*, reason: str, now: datetime, shown: SignedHead | None = None) -> int:
    """Begin a new epoch, linked to the one before; returns its number.

    Called after every restore (transaction ids may have started again, and what was lost must not be replaced in a tree
    that has been shown), and where the hash function changes. What is committed and unsealed goes into the new tree first.
    `shown` is the last head of the old epoch that is known elsewhere (published, printed), where there is one.

    Raises:
        Conflict: nothing has been sealed yet, or `shown` isn't a head of the old epoch, or the tree doesn't fit it.
        BadSigningKeys: the installation's keys can't sign.
        TreeDamaged: tiles of the old epoch are missing.
    """
    with transaction.atomic():
        lock_sealing()
        return begin(there(current_epoch()), reason=reason, now=now, shown=shown).number


def begin(old: EpochRow, *, reason: str, now: datetime, shown: SignedHead | None) -> EpochRow:
    """As `epoch_begin`, under the sealer's lock."""
    previous = tree_state(old, last_leaf(old).size)
    lost = _checked(old, previous, shown) if shown else None
    active_key(old.name, now=now, may_be_alone=True)
    fresh = EpochRow(old.number + 1, old.name, settings.TREE_HASH, 0, _oldest_running(), previous, lost)
    epoch = replace(fresh, carried=_carry(fresh))
    _write(epoch, reason, now)
    record(
        payload=EpochBegun(epoch.number, epoch.hash, previous.size, previous.root, lost.size if lost else None),
        subject=Subject("journal", epoch.number),
        author=Author("system"),
        happened_at=now,
    )
    head_sign(epoch, now=now, every=timedelta(0))
    return epoch


def _checked(old: EpochRow, previous: TreeState, shown: SignedHead) -> TreeState | None:
    """The tree that was shown, where more of it was shown than there is now."""
    tree = shown.head.tree
    keys = [PublicKey.read(text) for text in Key.objects.values_list("text", flat=True)]
    if (shown.head.name, tree.epoch) != (old.name, old.number) or not shown.signers(keys):
        raise Conflict(msg("给出的树头不属于现在的纪元，或签名对不上。请核对是不是这座城市最后公布的那一份。"))
    if tree.size > previous.size:
        return tree
    if tree_state(old, tree.size) != tree:
        raise Conflict(msg("现在的台账和给出的树头对不上：历史被改写过。请先运行 shanzhi journal verify 查明。"))
    return None


def _oldest_running() -> int:
    """What a later statement's snapshot doesn't show belongs to transactions from here on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        row = cursor.fetchone()
    return int(row[0])


_UNSEALED = f"""
SELECT e.id, e.transaction_id::text, e.recorded_at, {CANONICAL_SQL}, NULL
FROM journal_entry e
WHERE NOT EXISTS (SELECT FROM journal_leaf l WHERE l.recorded_at = e.recorded_at AND l.id = e.id)
ORDER BY e.transaction_id, e.id
"""  # noqa: S608 - fixed texts


def _carry(epoch: EpochRow) -> int:
    """Seal all that is committed and unsealed, whatever its transaction id, in one snapshot; returns how many."""
    carried = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(_UNSEALED)
        while rows := cursor.fetchmany(BATCH):
            taken: list[Row] = list(rows)
            append(epoch, carried, taken)
            carried += len(taken)
    return carried


def _write(epoch: EpochRow, reason: str, now: datetime) -> None:
    previous, shown = epoch.previous, epoch.shown
    before = (previous.size, previous.root) if previous else (None, None)
    lost = (shown.size, shown.root) if shown else (None, None)
    given = (epoch.number, epoch.name, epoch.hash, reason, now, str(epoch.from_transaction), epoch.carried)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_epoch (number, name, hash, reason, begun_at, from_transaction, carried,"
            " previous_size, previous_root, shown_size, shown_root)"
            " VALUES (%s, %s, %s, %s, %s, %s::xid8, %s, %s, %s, %s, %s)",
            [*given, *before, *lost],
        )
