"""Heads, keys, epochs and proofs: what a city shows. Everybody may read them; entries stay under row-level security."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.journal.models import Epoch, Head, Key
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL
from shanzhi.kernel.journal.policy.heads import SignedHead, TreeState
from shanzhi.kernel.journal.policy.proof import Grown, Proof, ProofError, ProvedEntry, ProvedTree
from shanzhi.kernel.journal.policy.tiles import consistency, consistency_places, inclusion, inclusion_places
from shanzhi.kernel.journal.trees import (
    EpochRow,
    TreeDamaged,
    current_epoch,
    epoch_rows,
    last_leaf,
    read_tiles,
    tree_state,
)

NUMBER_MOST = 2**62
"""No size and no number is larger: PostgreSQL's bigint holds it."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A signed head as it was stored: `note` is the signed text, `root` 32 bytes."""

    id: int
    epoch: int
    size: int
    root: bytes
    signed_at: datetime
    key_id: str
    note: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A public key (`text` is its line for others to keep), and the note by which the key before names it, or nothing."""

    id: str
    text: str
    statement: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class EpochLine:
    """An epoch for people: from when, why, by which hash, and the tree that the epoch before ended with."""

    number: int
    name: str
    hash: str
    reason: str
    begun_at: datetime
    previous_size: int | None
    shown_size: int | None


@dataclass(frozen=True, slots=True)
class SealState:
    """How sealing stands, for those who see all entries: unsealed ones, the oldest of them, the last head."""

    unsealed: int
    oldest_at: datetime | None
    head: HeadRow | None


def _head_row(row: Head) -> HeadRow:
    return HeadRow(row.id, row.epoch, row.size, bytes(row.root), row.signed_at, row.key_id, row.note)


def head_now() -> HeadRow | None:
    """The last signed head; none before the first sealing. 1 query."""
    row = Head.objects.order_by("-id").first()
    return _head_row(row) if row else None


def heads_page(*, before: int | None = None, limit: int = 25) -> list[HeadRow]:
    """Heads, the newest first; `before` is the id of the last one of the page before. 1 query."""
    rows = Head.objects.order_by("-id")
    return [_head_row(row) for row in (rows.filter(id__lt=before) if before else rows)[:limit]]


def head_covering(epoch: int, size: int) -> HeadRow | None:
    """The first head of an epoch with at least this size. 1 query."""
    row = Head.objects.filter(epoch=epoch, size__gte=size).order_by("size", "id").first()
    return _head_row(row) if row else None


def head_of(number: int) -> HeadRow:
    """The head with this number. 1 query.

    Raises:
        NotFound: there is none.
    """
    row = Head.objects.filter(pk=number).first() if 0 < number <= NUMBER_MOST else None
    if row is None:
        raise NotFound(msg("没有第 %(number)s 号树头。请从树头列表里选。"), number=str(number)[:20])
    return _head_row(row)


def head_last_in(start: datetime, end: datetime) -> HeadRow | None:
    """The last head signed from `start` on and before `end`. 1 query."""
    row = Head.objects.filter(signed_at__gte=start, signed_at__lt=end).order_by("-signed_at", "-id").first()
    return _head_row(row) if row else None


def head_first_of(epoch: int) -> HeadRow | None:
    """The first head of an epoch. 1 query."""
    row = Head.objects.filter(epoch=epoch).order_by("size", "id").first()
    return _head_row(row) if row else None


def keys() -> list[KeyRow]:
    """All public keys, the first one first. 1 query."""
    return [KeyRow(row.id, row.text, row.statement, row.added_at) for row in Key.objects.order_by("position")]


def epochs() -> list[EpochLine]:
    """All epochs, the first one first. 1 query."""
    return [
        EpochLine(row.number, row.name, row.hash, row.reason, row.begun_at, row.previous_size, row.shown_size)
        for row in Epoch.objects.order_by("number")
    ]


def epoch_of(number: int) -> EpochRow:
    """An epoch by its number. 1 query.

    Raises:
        NotFound: there is none.
    """
    for row in epoch_rows():
        if row.number == number:
            return row
    raise NotFound(msg("没有第 %(number)d 纪元。"), number=number)


def inclusion_proof(*, epoch: int, leaf: int, size: int) -> tuple[bytes, ...]:
    """The hashes that prove a leaf in the tree of this size; 2 queries, two rows a level of tiles.

    Raises:
        NotFound: no such epoch, or the tree has no such leaf or hasn't grown as far.
    """
    row = epoch_of(epoch)
    try:
        return inclusion(row.hasher, leaf, size, read_tiles(epoch, inclusion_places(leaf, size)))
    except (KeyError, ValueError) as error:
        raise NotFound(msg("树里没有这个叶，或树还没有长到这么大。")) from error


def consistency_proof(*, epoch: int, old: int, new: int) -> tuple[bytes, ...]:
    """The hashes that prove that the tree of one size grew into another; 2 queries.

    Raises:
        NotFound: no such epoch, or its tree hasn't grown as far.
    """
    row = epoch_of(epoch)
    _check_size(new)
    try:
        return consistency(row.hasher, old, new, read_tiles(epoch, consistency_places(old, new)))
    except (KeyError, ValueError) as error:
        raise NotFound(msg("树里没有这个叶，或树还没有长到这么大。")) from error


def tree_at(*, epoch: int, size: int) -> TreeState:
    """The tree as it was at this size, its root computed from tiles; 2 queries.

    Raises:
        NotFound: no such epoch, or its tree hasn't grown as far.
    """
    _check_size(size)
    try:
        return tree_state(epoch_of(epoch), size)
    except TreeDamaged as error:
        raise NotFound(msg("树里没有这个叶，或树还没有长到这么大。")) from error


def _check_size(size: int) -> None:
    if size > NUMBER_MOST:
        raise NotFound(msg("树里没有这个叶，或树还没有长到这么大。"))


def is_sealed(entry_id: int, recorded_at: datetime) -> bool:
    """Has this entry got its leaf? False also where the caller doesn't see the entry. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM journal_leaf WHERE recorded_at = %s AND id = %s)", [recorded_at, entry_id]
        )
        row = cursor.fetchone()
    return bool(row[0])


# -- the proof of a subject ----------------------------------------------------------------------------------------------

_ENTRIES = f"""
SELECT l.epoch, l.number, l.salt, {CANONICAL_SQL}
FROM journal_entry e LEFT JOIN journal_leaf l ON l.recorded_at = e.recorded_at AND l.id = e.id
WHERE e.subject_kind = %s AND e.subject_id = %s AND e.subject_step = ANY (coalesce(%s::int[], ARRAY[e.subject_step]))
ORDER BY e.id
"""  # noqa: S608 - fixed texts


def proof_of(
    subject_kind: str,
    subject_id: int,
    *,
    number: str = "",
    kept: SignedHead | None = None,
    steps: Collection[int] | None = None,
    first: bool = False,
) -> Proof:
    """The proof of a subject's entries, those that the caller sees; `kept` is a head known elsewhere that it is joined to.

    An entry is proved whole, each by a path of its own: with `steps` of those steps alone, and nothing tells of the others.
    With `first` under the first head that was signed over them, and not the last.

    Raises:
        NotFound: the caller sees no entry of this subject.
        ProofError: an entry isn't sealed yet, or a tree is damaged.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [subject_kind, subject_id, None if steps is None else list(steps)])
        rows = cursor.fetchall()
    if not rows:
        raise NotFound(msg("没有这件事项的留痕，或者您看不到它。请核对编号。"))
    leaves: dict[int, list[tuple[int, bytes, bytes]]] = {}
    for epoch, leaf, salt, entry in rows:
        if leaf is None:
            raise ProofError(msg("最近的一步还没有封存。请过几秒再取；一直这样，请检查后台 shanzhi worker。"))
        leaves.setdefault(epoch, []).append((leaf, bytes(salt), bytes(entry)))
    named = keys()
    return Proof(
        subject_kind,
        subject_id,
        number,
        tuple(key.text for key in named),
        tuple(key.statement for key in named if key.statement),
        tuple(_tree(epoch_of(epoch), found, kept, first=first) for epoch, found in sorted(leaves.items())),
        _links(min(leaves), max(leaves), set(leaves)),
    )


def _last_head(epoch: int) -> HeadRow | None:
    row = Head.objects.filter(epoch=epoch).order_by("-size", "-id").first()
    return _head_row(row) if row else None


def _tree(
    epoch: EpochRow, leaves: list[tuple[int, bytes, bytes]], kept: SignedHead | None, *, first: bool
) -> ProvedTree:
    last = max(leaf for leaf, _, _ in leaves)
    head = head_covering(epoch.number, last + 1) if first else _last_head(epoch.number)
    if head is None or head.size <= last:
        raise ProofError(msg("最近的一步已经封存，树头还没有签。请过几秒再取；一直这样，请检查后台 shanzhi worker。"))
    old = kept.head.tree if kept and kept.head.tree.epoch == epoch.number else None
    wanted = set().union(*(inclusion_places(leaf, head.size) for leaf, _, _ in leaves))
    joined = old is not None and old.size <= head.size
    if old is not None and joined:
        wanted |= consistency_places(old.size, head.size)
    tiles = read_tiles(epoch.number, wanted)
    h = epoch.hasher
    try:
        return ProvedTree(
            head.note,
            tuple(ProvedEntry(leaf, salt, entry, inclusion(h, leaf, head.size, tiles)) for leaf, salt, entry in leaves),
            (Grown(old.size, consistency(h, old.size, head.size, tiles)),) if old is not None and joined else (),
        )
    except KeyError as error:
        raise ProofError(msg("树瓦不完整，出不了证明。请运行 shanzhi journal verify 查明。")) from error


def _links(first: int, last: int, inside: set[int]) -> tuple[str, ...]:
    """The last head of each later epoch, up to the one that grows now."""
    newest = current_epoch()
    found = []
    for epoch in range(first + 1, (newest.number if newest else last) + 1):
        head = _last_head(epoch)
        if head is not None and epoch not in inside:
            found.append(head.note)
    return tuple(found)


# -- how it stands -------------------------------------------------------------------------------------------------------


def seal_state() -> SealState:
    """How sealing stands; the worker's role sees all. 4 queries."""
    epoch = current_epoch()
    last = last_leaf(epoch) if epoch else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(e.recorded_at) FROM (SELECT e.recorded_at FROM journal_entry e"
            " WHERE (e.transaction_id, e.id) > (%s::xid8, %s::bigint) AND NOT EXISTS (SELECT FROM journal_leaf l"
            " WHERE l.recorded_at = e.recorded_at AND l.id = e.id) LIMIT 100000) e",
            [str(last.transaction_id) if last else "0", last.id if last else 0],
        )
        count, oldest = cursor.fetchone()
    return SealState(int(count), oldest, head_now())
