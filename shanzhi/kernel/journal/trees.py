"""What operations and queries share: an epoch's state, and its tiles, in as few rows as can be."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy.heads import TreeState
from shanzhi.kernel.journal.policy.tiles import WIDTH, Place, edge_places, places, root, root_ranges
from shanzhi.kernel.journal.policy.tree import HASH_BYTES, Hasher, hasher


class TreeDamaged(DomainError):
    """Tiles are missing or don't fit what was signed: nothing is built on them."""

    status = 500
    code = "tree-damaged"

    def __init__(self) -> None:
        super().__init__(
            msg("封存的树瓦不完整，或和签过名的树头不符，没有继续封存。请运行 shanzhi journal verify 查明。")
        )


@dataclass(frozen=True, slots=True)
class EpochRow:
    """An epoch; its first `carried` leaves were written before it, those after have transactions from `from_transaction` on."""

    number: int
    name: str
    hash: str
    carried: int
    from_transaction: int
    previous: TreeState | None
    shown: TreeState | None

    @property
    def hasher(self) -> Hasher:
        """The epoch's hash function."""
        return hasher(self.hash)


@dataclass(frozen=True, slots=True)
class LastLeaf:
    """Where sealing stands: how many leaves, and the last one's place in the order of entries."""

    size: int
    transaction_id: int
    id: int


_EPOCHS = """
SELECT number, name, hash, carried, from_transaction::text::bigint, previous_size, previous_root, shown_size, shown_root
FROM journal_epoch
"""


def epoch_rows() -> list[EpochRow]:
    """All epochs, the first one first; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_EPOCHS + "ORDER BY number")
        return [_epoch(row) for row in cursor.fetchall()]


def current_epoch() -> EpochRow | None:
    """The epoch that grows; none before the first sealing. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_EPOCHS + "ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    return _epoch(row) if row else None


def _epoch(row: tuple[int, str, str, int, int, int | None, bytes | None, int | None, bytes | None]) -> EpochRow:
    number, name, hash_name, carried, start, size, root_, shown_size, shown_root = row
    return EpochRow(
        number,
        name,
        hash_name,
        carried,
        start,
        None if size is None or root_ is None else TreeState(number - 1, size, bytes(root_)),
        None if shown_size is None or shown_root is None else TreeState(number - 1, shown_size, bytes(shown_root)),
    )


def last_leaf(epoch: EpochRow) -> LastLeaf:
    """Where sealing goes on in this epoch; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number + 1, transaction_id::text::bigint, id FROM journal_leaf WHERE epoch = %s"
            " ORDER BY number DESC LIMIT 1",
            [epoch.number],
        )
        row = cursor.fetchone()
    size, transaction_id, entry_id = row or (0, 0, 0)
    if size <= epoch.carried:
        # Nothing was sealed since the epoch began: go on from its first transaction.
        return LastLeaf(size, epoch.from_transaction, 0)
    return LastLeaf(size, transaction_id, entry_id)


def tree_size(epoch: int) -> int:
    """How many leaves an epoch's tree has, as its tiles say (anybody may read those); 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place * 256 + octet_length(hashes) / 32 FROM journal_tile WHERE epoch = %s AND level = 0"
            " ORDER BY place DESC LIMIT 1",
            [epoch],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def read_tiles(epoch: int, wanted: Iterable[Place]) -> dict[Place, bytes]:
    """Tiles by level and place; 1 query, one row a tile, and what is missing is missing."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.level, t.place, t.hashes FROM unnest(%s::smallint[], %s::bigint[]) AS w (level, place)"
            " JOIN journal_tile t ON t.epoch = %s AND t.level = w.level AND t.place = w.place",
            [[level for level, _ in pairs], [place for _, place in pairs], epoch],
        )
        return {(level, place): bytes(hashes) for level, place, hashes in cursor.fetchall()}


def read_edge(epoch: int, size: int) -> dict[Place, bytes]:
    """The tiles that the next leaves go into; 1 query.

    Raises:
        TreeDamaged: one of them isn't as long as the tree is.
    """
    edge = read_tiles(epoch, edge_places(size))
    for level, place in edge_places(size):
        if len(edge.get((level, place), b"")) != (size >> (8 * level)) % WIDTH * HASH_BYTES:
            raise TreeDamaged
    return edge


def tree_state(epoch: EpochRow, size: int) -> TreeState:
    """The tree of this size, its root computed from tiles; 1 query.

    Raises:
        TreeDamaged: a tile is missing, or the tree hasn't grown as far.
    """
    tiles = read_tiles(epoch.number, places(root_ranges(size)))
    try:
        return TreeState(epoch.number, size, root(epoch.hasher, size, tiles))
    except KeyError as error:
        raise TreeDamaged from error
