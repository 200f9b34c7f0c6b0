"""Signing heads, and the keys that do it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from shanzhi.core.text import msg
from shanzhi.kernel.journal.keys import log_name, signing_keys
from shanzhi.kernel.journal.models import Head as HeadRow
from shanzhi.kernel.journal.models import Key
from shanzhi.kernel.journal.policy.heads import Head, key_statement
from shanzhi.kernel.journal.policy.notes import BadSigningKeys, SigningKey, sign_note
from shanzhi.kernel.journal.trees import EpochRow, TreeDamaged, current_epoch, last_leaf, tree_state

_KEYS_LOCK = 370302


def head_sign(epoch: EpochRow, *, now: datetime, every: timedelta) -> bool:
    """Sign the epoch's tree where it has grown since the last head and that is older than `every`; was it signed?

    Raises:
        BadSigningKeys: the installation's keys can't be used.
        TreeDamaged: the tree isn't one that the last head has grown into.
    """
    last = HeadRow.objects.filter(epoch=epoch.number).order_by("-id").first()
    if last is not None and now - last.signed_at < every:
        return False
    size = last_leaf(epoch).size
    if last is not None and last.size == size:
        return False
    if last is not None and tree_state(epoch, last.size).root != bytes(last.root):
        raise TreeDamaged
    key = active_key(epoch.name, now=now)
    tree = tree_state(epoch, size)
    at = now.astimezone(UTC).replace(microsecond=0)
    head = Head(epoch.name, tree, epoch.hash, at, epoch.previous, epoch.shown)
    HeadRow.objects.create(
        epoch=epoch.number,
        size=size,
        root=tree.root,
        signed_at=at,
        key_id=key.public.id,
        note=head.signed([key]),
    )
    return True


def active_key(name: str, *, now: datetime, may_be_alone: bool = False) -> SigningKey:
    """The key that signs now; where it is new, the one before it names it in a statement, and it joins the public keys.

    Raises:
        BadSigningKeys: the keys that signed before are lost (`may_be_alone` lets a new epoch begin with an unnamed key).
    """
    keys = signing_keys(name)
    active = keys[0]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_KEYS_LOCK])
        known = list(Key.objects.order_by("position"))
        if any(row.id == active.public.id and row.text == active.public.text() for row in known):
            return active
        by_id = {key.public.id: key for key in keys}
        before = by_id.get(known[-1].id) if known else None
        if known and before is None and not may_be_alone:
            raise BadSigningKeys(
                msg(
                    "签名密钥和台账里登记的不是一套。请用备份恢复 secrets.json；确实丢失的，运行 shanzhi journal epoch。"
                )
            )
        Key.objects.create(
            id=active.public.id,
            position=len(known) + 1,
            text=active.public.text(),
            statement=key_statement(old=before, new=active, at=now) if before else "",
            added_at=now,
        )
    return active


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """What signs texts for others to read: its public keys, the active one first, and the notes by which one names the next."""

    keys: tuple[str, ...]
    statements: tuple[str, ...]
    _key: SigningKey

    def sign(self, text: str) -> str:
        """The text as a signed note, by the active key."""
        return sign_note(text, (self._key,))


def note_signer(*, now: datetime) -> NoteSigner:
    """The installation's own signer, under the name of its journal; its key is made known as `key_introduce` does (worker).

    Raises:
        BadSigningKeys: the keys that signed before are lost.
    """
    epoch = current_epoch()
    key = active_key(epoch.name if epoch else log_name(), now=now)
    rows = list(Key.objects.order_by("position"))
    texts = [key.public.text(), *(row.text for row in reversed(rows) if row.id != key.public.id)]
    return NoteSigner(tuple(texts), tuple(row.statement for row in rows if row.statement), key)


def key_introduce(*, now: datetime) -> str:
    """Let the active key of the installation's secrets be known, named by the one before it; returns its id.

    Called after a rotation; `head_sign` does the same when it is next due, so a rotation that broke off heals itself.

    Raises:
        BadSigningKeys: the keys that signed before are lost.
    """
    epoch = current_epoch()
    name = epoch.name if epoch else settings.JOURNAL_NAME
    return active_key(name, now=now).public.id if name else ""
