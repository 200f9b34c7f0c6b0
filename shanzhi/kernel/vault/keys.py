"""The city's key ring, kept in memory by each process and read again as soon as its file has changed."""

import logging
from dataclasses import dataclass

from django.conf import settings

from shanzhi.kernel.vault.policy.envelope import BadKeyRing, KeyRing, UnknownKey

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    stamp: tuple[object, ...]
    ring: KeyRing


_held: _Held | None = None


def keyring() -> KeyRing:
    """The key ring of this installation, as its file has it now (one look at the file's time, no reading).

    A key that was added or activated a moment ago is therefore known to every process with its next call; a file that
    can't be read for now leaves the ring that was read before.

    Raises:
        BadKeyRing: the file holds no ring, and none was read before.
    """
    global _held  # noqa: PLW0603 - one ring a process; a thread that reads it twice reads the same
    installation = settings.INSTALLATION
    stamp = (*installation.secrets_stamp(), settings.VAULT_CIPHER)
    if _held is not None and _held.stamp == stamp:
        return _held.ring
    try:
        ring = KeyRing.load(installation.keyring_text(), cipher=settings.VAULT_CIPHER)
    except (BadKeyRing, OSError, ValueError, KeyError):
        if _held is None or _held.stamp[0] != stamp[0]:
            raise
        log.exception("the key ring's file can't be read; going on with the ring of before")
        return _held.ring
    _held = _Held(stamp, ring)
    return ring


def keyring_again() -> KeyRing:
    """The key ring read from its file anew, whatever the file's time says."""
    global _held  # noqa: PLW0603 - as above
    _held = None
    return keyring()


def open_sealed(blob: bytes | memoryview, *, context: bytes) -> bytes:
    """Open an envelope by the key ring; one whose key this process doesn't know yet is tried once more by the file.

    Raises:
        VaultError: as `KeyRing.open_sealed`.
    """
    try:
        return keyring().open_sealed(blob, context=context)
    except UnknownKey:
        return keyring_again().open_sealed(blob, context=context)
