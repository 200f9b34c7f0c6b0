"""The key ring's steps: a key is added, later activated, and retired when nothing is sealed under it any more.

Adding and activating are two steps, so that on several machines the file can be brought everywhere before the first
envelope is sealed under the new key. On one machine they may follow at once: each process looks at the file's time at
every use. The index key isn't changed: follow codes and blind indexes are keyed hashes that nobody can compute anew
without every phone number and every code in plain text, and residents hold the codes.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.vault.keys import keyring, keyring_again
from shanzhi.kernel.vault.models import Key, Rotation
from shanzhi.kernel.vault.policy.envelope import commit, new_salt
from shanzhi.kernel.vault.policy.masking import mask
from shanzhi.kernel.vault.policy.ring_text import KeyStep, with_active, with_key, without_key
from shanzhi.kernel.vault.sealed import count_stale, count_under

SYSTEM = Author("system")
LEAST_REASON = 8
SEALING_LOCK = 370301
"""The advisory lock that the trigger `vault_refuse_retired` shares."""


@payload("vault.key_added")
@dataclass(frozen=True, slots=True)
class VaultKeyAdded(Payload):
    """A data key was added to the ring; it seals nothing yet."""

    key_id: str


@payload("vault.key_activated")
@dataclass(frozen=True, slots=True)
class VaultKeyActivated(Payload):
    """What is sealed from now on is sealed under this key and algorithm; `rows` are to be sealed anew.

    `signoff` names the approval of a second person; without one, `sole_keeper` is true. `reason_sealed` commits to the
    reason that was given.
    """

    key_id: str
    algorithm: int
    rows: int
    signoff: str = ""
    sole_keeper: bool = False
    reason_sealed: str = ""


@payload("vault.key_retired")
@dataclass(frozen=True, slots=True)
class VaultKeyRetired(Payload):
    """A data key left the ring; nothing was sealed under it any more."""

    key_id: str


@transaction.atomic
def key_add(*, key_id: str, now: datetime, author: Author = SYSTEM) -> None:
    """Add a fresh data key to the ring, and its id to the ledger; it opens, and doesn't seal before `key_activate`.

    Raises:
        KeyStep: the id was used before, even by a key that has been retired.
        BadKeyRing: an impossible id.
    """
    with_key(settings.INSTALLATION.keyring_text(), key_id)  # A rehearsal: it is written last.
    if Key.objects.filter(code=key_id).exists():
        raise KeyStep(msg("编号“%(id)s”用过了。请换一个编号。"), id=key_id)
    key = Key.objects.create(code=key_id, added_at=now)
    _journal(key, VaultKeyAdded(key_id), now, author)
    # It can't be rolled back: a key that is in the file and not in the ledger does no harm.
    settings.INSTALLATION.keyring_change(lambda text: with_key(text, key_id))


@transaction.atomic
def key_activate(*, key_id: str, now: datetime, signoff: str = "", reason: str = "", author: Author = SYSTEM) -> int:
    """Let a key of the ring seal from now on, and begin to seal everything anew; returns how many rows that will be.

    Takes either the number of a second person's approval or the reason of an installation's only keeper.

    Raises:
        InputError: neither an approval nor a reason of at least 8 characters.
        KeyStep: the ring has no such key, or it has been retired.
    """
    reason = clean_text(reason)
    if not signoff and len(reason) < LEAST_REASON:
        raise InputError(
            msg("更换密钥要有另一人的批准。只有一位管理员的，请写明理由（至少%(least)s个字）。"), least=LEAST_REASON
        )
    if key_id not in keyring_again().ids:
        raise KeyStep(msg("密钥环里没有“%(id)s”。请核对编号，或先增加这把密钥。"), id=key_id)
    key = _ledger(key_id, now)
    if key.retired_at is not None:
        raise KeyStep(msg("“%(id)s”已经退役，不能再用。请增加一把新的密钥。"), id=key_id)
    key.activated_at = now
    key.save(update_fields=["activated_at"])
    settings.INSTALLATION.keyring_change(lambda text: with_active(text, key_id))
    rotation = _begin(key, now, signoff, reason)
    sealed = commit(reason, bytes(rotation.salt)).hex() if reason else ""
    told = VaultKeyActivated(key_id, rotation.algorithm, rotation.total, signoff, not signoff, sealed)
    _journal(key, told, now, author)
    return rotation.total


@transaction.atomic
def reencrypt_begin(*, now: datetime) -> int:
    """Begin to seal anew what isn't sealed under the key and cipher in force (say, after a change of SHANZHI_CIPHER);
    returns how many rows that will be. Begun already, it goes on from where it is."""
    running = Rotation.objects.filter(done_at=None).select_related("key").first()
    ring = keyring_again()
    if running is not None and (running.key.code, running.algorithm) == (ring.active_id, ring.algorithm):
        return running.total
    return _begin(_ledger(ring.active_id, now), now, "", "").total


def key_retire(*, key_id: str, now: datetime, author: Author = SYSTEM) -> None:
    """Take a data key out of the ring for good; its id stays in the ledger. Not inside a transaction of the caller's.

    First the ledger forbids the id (the database then refuses every envelope under it, and nobody's row is still on its
    way), then everything is counted, and only then the key goes. A crash in between leaves the key in the ring; called
    again, it goes on. Backups of before that moment need the key: `secrets.json.previous` has it until the next change.

    Raises:
        KeyStep: no such key, it seals at present, or rows are still sealed under it (it stays in use).
    """
    without_key(settings.INSTALLATION.keyring_text(), key_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALING_LOCK])
        key = _ledger(key_id, now)
        key.retired_at = key.retired_at or now
        key.save(update_fields=["retired_at"])
    left = count_under(key_id)
    if left:
        Key.objects.filter(code=key_id).update(retired_at=None)
        raise KeyStep(
            msg("还有 %(left)s 条内容由“%(id)s”加密，不能退役。请先运行 shanzhi vault reencrypt。"),
            left=left,
            id=key_id,
        )
    with transaction.atomic():
        _journal(_ledger(key_id, now), VaultKeyRetired(key_id), now, author)
        settings.INSTALLATION.keyring_change(lambda text: without_key(text, key_id))


def _ledger(key_id: str, now: datetime) -> Key:
    """The key's line in the ledger, locked; made where the key came with the installation."""
    Key.objects.get_or_create(code=key_id, defaults={"added_at": now})
    return Key.objects.select_for_update().get(code=key_id)


def _begin(key: Key, now: datetime, signoff: str, reason: str) -> Rotation:
    Rotation.objects.filter(done_at=None).update(done_at=now)
    ring = keyring()
    return Rotation.objects.create(
        key=key,
        algorithm=ring.algorithm,
        started_at=now,
        total=count_stale(ring.head),
        signoff=signoff,
        reason=mask(reason).text,
        salt=new_salt(),
    )


def _journal(key: Key, told: Payload, now: datetime, author: Author) -> None:
    key.steps += 1
    key.save(update_fields=["steps"])
    journal.record(payload=told, subject=Subject("vault", key.pk, key.steps), author=author, happened_at=now)
