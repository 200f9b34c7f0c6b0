"""Verification of the journal: everything is computed anew from the rows and compared with what was sealed and signed.

Runs as a role that sees every entry (the worker), in one read-only snapshot. What it can't find is told by heads that are
kept elsewhere only: a tail that was cut off together with its heads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.text import msg
from shanzhi.kernel.journal.models import Head, Key
from shanzhi.kernel.journal.policy import damage
from shanzhi.kernel.journal.policy.check import Saying
from shanzhi.kernel.journal.policy.damage import Damage
from shanzhi.kernel.journal.policy.heads import SignedHead, read_head, read_statement
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey
from shanzhi.kernel.journal.queries.audit import Audit
from shanzhi.kernel.journal.trees import EpochRow, epoch_rows, last_leaf, tree_size


@dataclass(frozen=True, slots=True)
class Span:
    """Leaves of one epoch, from `start` up to, not including, `end`."""

    epoch: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification saw: how many leaves and heads it checked, how many entries wait for their leaf, each damage,
    and what stays open."""

    leaves: int
    heads: int
    unsealed: int
    damages: tuple[Damage, ...]
    open: tuple[Saying, ...]

    @property
    def is_whole(self) -> bool:
        """Is everything as it was sealed?"""
        return not self.damages


@dataclass(slots=True)
class _Found:
    leaves: int = 0
    heads: int = 0
    unsealed: int = 0
    damages: list[Damage] = field(default_factory=list)
    open: list[Saying] = field(default_factory=list)


def sizes() -> dict[int, int]:
    """How many leaves each epoch's tree has, by leaves or tiles, whichever say more."""
    return {epoch.number: max(last_leaf(epoch).size, tree_size(epoch.number)) for epoch in epoch_rows()}


def span_of_last(count: int) -> list[Span]:
    """The last leaves of the epoch that grows."""
    known = sizes()
    newest = max(known, default=0)
    return [Span(newest, max(known[newest] - count, 0), known[newest])] if newest else []


def spans_of_time(start: datetime, end: datetime) -> list[Span]:
    """The leaves of entries recorded from `start` until before `end`, in each epoch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT epoch, min(number), max(number) + 1 FROM journal_leaf"
            " WHERE recorded_at >= %s AND recorded_at < %s GROUP BY epoch ORDER BY epoch",
            [start, end],
        )
        return [Span(*row) for row in cursor.fetchall()]


def verify(
    spans: Sequence[Span] | None = None,
    *,
    kept: Sequence[SignedHead] = (),
    tick: Callable[[int], None] = lambda count: None,
) -> Verified:
    """Verify the whole journal, or some leaves with everything that stands over them.

    `kept` are heads kept elsewhere. `tick` is told how many leaves were done. Must not run inside a transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = _Found()
        keys = _keys(found)
        known = sizes()
        audits: dict[int, Audit] = {}
        for epoch in epoch_rows():
            size = known[epoch.number]
            heads, rows = _heads(epoch, keys, found)
            audit = audits[epoch.number] = Audit(epoch, size, heads, tick)
            for span in [Span(epoch.number, 0, size)] if spans is None else spans:
                if span.epoch == epoch.number:
                    audit.run(span.start, min(span.end, size))
            found.damages += audit.damages
            _roots(audit, rows, spans, found)
            _link(audit, audits.get(epoch.number - 1), found)
            found.leaves += audit.checked
        for head in kept:
            _kept(head, audits, keys, found)
        _inserted(list(audits.values()), spans, found)
    return Verified(found.leaves, found.heads, found.unsealed, tuple(found.damages), tuple(found.open))


# -- keys and heads ------------------------------------------------------------------------------------------------------


def _keys(found: _Found) -> list[PublicKey]:
    """The public keys, each named by the one before it."""
    keys: list[PublicKey] = []
    for row in Key.objects.order_by("position"):
        try:
            key = PublicKey.read(row.text)
            named = read_statement(row.statement) if row.statement else None
        except NoteError:
            found.damages.append(damage.of_key(row.id))
            continue
        if key.id != row.id or (named and (named[1] != key or named[0] not in keys)):
            found.damages.append(damage.of_key(row.id))
            continue
        if keys and not named:
            words = msg("公钥 %(id)s 没有前一把密钥的声明：当时密钥丢失，开始了新的纪元。")
            found.open.append(Saying(words, {"id": key.id}))
        keys.append(key)
    return keys


_Row = tuple[Head, SignedHead]


def _heads(epoch: EpochRow, keys: list[PublicKey], found: _Found) -> tuple[list[SignedHead], list[_Row]]:
    """The heads whose signature fits, smallest first, and those with their rows; what is wrong with others is named."""
    good: list[_Row] = []
    for row in Head.objects.filter(epoch=epoch.number).order_by("size", "id").iterator(2000):
        found.heads += 1
        head = _read(row)
        if head is None or not head.signers(keys):
            # A head that says what its row says has lost its signature; else its content was changed.
            is_content = head is None or not _is_row(head, row)
            found.damages.append(_of_head("head-content" if is_content else "head-signature", row))
        elif not _is_row(head, row):
            found.damages.append(_of_head("head-content", row))
        elif (head.head.name, head.head.hash, head.head.previous, head.head.shown) != (
            epoch.name, epoch.hash, epoch.previous, epoch.shown,
        ):  # fmt: skip
            found.damages.append(damage.of_epoch(epoch.number))
        else:
            good.append((row, head))
    return [head for _, head in good], good


def _read(row: Head) -> SignedHead | None:
    try:
        return read_head(row.note)
    except NoteError:
        return None


def _is_row(head: SignedHead, row: Head) -> bool:
    tree = head.head.tree
    said = (tree.epoch, tree.size, tree.root, head.head.at, head.key_ids)
    return said == (row.epoch, row.size, bytes(row.root), row.signed_at, (row.key_id,))


def _of_head(what: damage.What, row: Head, *, have: int = 0, first: int = 0) -> Damage:
    return damage.of_head(what, number=row.id, epoch=row.epoch, size=row.size, at=row.signed_at, have=have, first=first)


def _roots(audit: Audit, rows: list[_Row], spans: Sequence[Span] | None, found: _Found) -> None:
    """Each head's root is the tree's at its size, so all heads are consistent with each other."""
    fits = 0
    for row, head in rows:
        tree = head.head.tree
        if tree.size > audit.size:
            found.damages.append(_of_head("tail", row, have=audit.size))
            return
        if spans is not None and not _is_over(tree.size, audit, spans, is_last=head is rows[-1][1]):
            continue
        if audit.root(tree.size) != tree.root:
            # Later heads stand on the same leaves: they can't fit either.
            found.damages.append(_of_head("head-root", row, first=fits))
            return
        fits = tree.size


def _is_over(size: int, audit: Audit, spans: Sequence[Span], *, is_last: bool) -> bool:
    """Does this head say something of the leaves that are verified? Its end lies among them, or it is the last one."""
    mine = [span for span in spans if span.epoch == audit.epoch.number]
    return bool(mine) and (is_last or any(span.start < size <= span.end for span in mine))


def _link(audit: Audit, before: Audit | None, found: _Found) -> None:
    """An epoch says how the one before ended."""
    previous = audit.epoch.previous
    number = audit.epoch.number
    if number == 1 and previous is None:
        return
    if before is None or previous is None:
        found.damages.append(damage.of_epoch(number))
    elif before.size < previous.size:
        found.damages.append(damage.kept_tail(epoch=previous.epoch, size=previous.size, have=before.size))
    elif before.size > previous.size or before.root(previous.size) != previous.root:
        found.damages.append(damage.of_epoch(number))
    shown = audit.epoch.shown
    if shown is not None and previous is not None:
        words = msg("第 %(epoch)d 纪元曾公布到 %(shown)d 条，恢复后只有 %(size)d 条。")
        found.open.append(Saying(words, {"epoch": shown.epoch, "shown": shown.size, "size": previous.size}))


def _kept(head: SignedHead, audits: dict[int, Audit], keys: list[PublicKey], found: _Found) -> None:
    """A head that was kept elsewhere: is the tree at its size the one that it shows?"""
    tree = head.head.tree
    audit = audits.get(tree.epoch)
    if audit is None or head.head.name != audit.epoch.name or not head.signers(keys):
        found.damages.append(damage.kept_foreign(epoch=tree.epoch, size=tree.size))
        return
    after = audits.get(tree.epoch + 1)
    if tree.size > audit.size:
        # A loss that the next epoch states is known, and told by `_link`.
        shown = after.epoch.shown if after else None
        if shown is None or shown.size < tree.size or (shown.size == tree.size and shown != tree):
            found.damages.append(damage.kept_tail(epoch=tree.epoch, size=tree.size, have=audit.size))
    elif audit.root(tree.size) != tree.root:
        found.damages.append(damage.kept_differs(epoch=tree.epoch, size=tree.size))


# -- entries without a leaf ----------------------------------------------------------------------------------------------

# An entry without leaf lies behind the last leaf in the order of transactions, and its transaction has begun.
_WITHOUT = """
SELECT e.id, e.recorded_at, e.transaction_id::text::bigint,
       (e.transaction_id, e.id) <= (%s::xid8, %s::bigint),
       e.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
FROM journal_entry e
WHERE e.recorded_at >= COALESCE(%s::timestamptz, '-infinity') AND e.recorded_at <= COALESCE(%s::timestamptz, 'infinity')
  AND NOT EXISTS (SELECT FROM journal_leaf l WHERE l.recorded_at = e.recorded_at AND l.id = e.id)
ORDER BY e.id
"""


def _inserted(audits: list[Audit], spans: Sequence[Span] | None, found: _Found) -> None:
    """Entries that have no leaf and can't be waiting for one."""
    if not audits:
        return
    newest = audits[-1]
    last = last_leaf(newest.epoch)
    start, end = _times(spans)
    if spans is not None and start is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WITHOUT, [str(last.transaction_id), last.id, start, end])
        for entry, at, number, is_past, is_future in cursor:
            if is_past or is_future:
                found.damages.append(damage.entry_inserted(entry=entry, at=at, transaction=number, is_past=is_past))
            else:
                found.unsealed += 1


def _times(spans: Sequence[Span] | None) -> tuple[datetime | None, datetime | None]:
    """When the leaves of the spans were recorded, the first and the last of them."""
    times: list[datetime] = []
    for span in spans or ():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(recorded_at), max(recorded_at) FROM journal_leaf"
                " WHERE epoch = %s AND number >= %s AND number < %s",
                [span.epoch, span.start, span.end],
            )
            times += [at for at in cursor.fetchone() if at is not None]
    return (min(times), max(times)) if times else (None, None)
