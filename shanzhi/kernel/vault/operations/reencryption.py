"""Sealing everything anew under the key and cipher in force: in batches, each a transaction, from wherever it stands.

A process that is killed loses one batch that was never committed; the next one goes on behind the last. Rows that are
read meanwhile open, because the ring keeps both keys. Rows that somebody holds are left for the next pass, and only a
look at everything that finds nothing left ends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Payload, Subject, payload
from shanzhi.kernel.vault.keys import keyring
from shanzhi.kernel.vault.models import Key, Rotation
from shanzhi.kernel.vault.operations.keys import SYSTEM
from shanzhi.kernel.vault.policy.envelope import KeyRing, VaultError
from shanzhi.kernel.vault.policy.ring_text import KeyStep
from shanzhi.kernel.vault.policy.sealed import SealedTable, sealed_tables
from shanzhi.kernel.vault.sealed import count_stale, put_sealed, take_stale

BATCH = 1000
PASSED = "-"
"""What `reached` says of a table that this pass has gone through."""


@payload("vault.reencrypted")
@dataclass(frozen=True, slots=True)
class VaultReencrypted(Payload):
    """Everything that could be opened is sealed under this key and algorithm; `unreadable` rows stay as they are."""

    key_id: str
    algorithm: int
    moved: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Where sealing anew stands: rows to do at the beginning, done so far, that couldn't be opened; `is_done`; `waits`
    where a pass moved nothing because somebody else holds what is left."""

    key_id: str
    total: int
    moved: int
    unreadable: int
    is_done: bool
    waits: bool = False


def reencrypt(*, now: datetime, size: int = BATCH) -> Iterator[Progress]:
    """Go on with sealing anew, yielding after each committed batch, until it is done or what is left is held by others.

    Nothing where nothing was begun. Worker's role.

    Raises:
        KeyStep: this process seals under another key or cipher than the one that was begun with.
    """
    while (progress := reencrypt_batch(now=now, size=size)) is not None:
        yield progress
        if progress.is_done or progress.waits:
            return


@transaction.atomic
def reencrypt_batch(*, now: datetime, size: int = BATCH) -> Progress | None:
    """Seal the next `size` rows anew; None where nothing was begun. Two processes take turns.

    Raises:
        KeyStep: this process seals under another key or cipher than the one that was begun with.
    """
    rotation = Rotation.objects.select_for_update(of=("self",)).select_related("key").filter(done_at=None).first()
    if rotation is None:
        return None
    ring = keyring()
    if (ring.active_id, ring.algorithm) != (rotation.key.code, rotation.algorithm):
        raise KeyStep(
            msg("这个进程用的密钥或算法与“%(id)s”的更换不一致。请核对 secrets.json 和 SHANZHI_CIPHER，再重新运行。"),
            id=rotation.key.code,
        )
    for table in sealed_tables():
        reached = rotation.reached.get(table.table, table.below_all)
        if reached != PASSED and _next(rotation, ring, table, reached, size):
            rotation.save(update_fields=["reached", "moved", "in_pass", "unreadable"])
            return _progress(rotation)
    return _end_pass(rotation, ring, now)


def _next(rotation: Rotation, ring: KeyRing, table: SealedTable, reached: str, size: int) -> int:
    """Seal a table's next rows anew; returns how many were looked at."""
    rows = take_stale(table, ring.head, reached, size)
    fresh: list[tuple[object, bytes]] = []
    for pk, sealed, *bound in rows:
        context = table.context(*bound)
        try:
            fresh.append((pk, ring.seal(ring.open_sealed(sealed, context=context), context=context)))
        except VaultError:
            # Nobody can open it, before or after: it is counted, kept as it is, and its key can't be retired.
            rotation.unreadable += 1
    moved = put_sealed(table, fresh)
    rotation.moved += moved
    rotation.in_pass += moved
    rotation.reached[table.table] = str(rows[-1][0]) if len(rows) == size else PASSED
    return len(rows)


def _end_pass(rotation: Rotation, ring: KeyRing, now: datetime) -> Progress:
    left, idle = count_stale(ring.head), rotation.in_pass == 0
    if left <= rotation.unreadable:
        rotation.done_at = now
        key = Key.objects.select_for_update().get(pk=rotation.key_id)
        key.steps += 1
        key.save(update_fields=["steps"])
        told = VaultReencrypted(key.code, rotation.algorithm, rotation.moved, rotation.unreadable)
        journal.record(payload=told, subject=Subject("vault", key.pk, key.steps), author=SYSTEM, happened_at=now)
    else:
        rotation.reached, rotation.in_pass, rotation.unreadable = {}, 0, 0
    rotation.save(update_fields=["done_at", "reached", "in_pass", "unreadable"])
    return _progress(rotation, waits=idle)


def _progress(rotation: Rotation, *, waits: bool = False) -> Progress:
    return Progress(
        rotation.key.code,
        rotation.total,
        rotation.moved,
        rotation.unreadable,
        rotation.done_at is not None,
        waits and rotation.done_at is None,
    )
