"""The vault's operations: one file a matter of its own."""

from shanzhi.kernel.vault.keys import keyring, open_sealed
from shanzhi.kernel.vault.operations.erasing import VaultErased, check_not_on_hold, erase
from shanzhi.kernel.vault.operations.keys import key_activate, key_add, key_retire, reencrypt_begin
from shanzhi.kernel.vault.operations.own import VaultCopied, VaultCorrected, copy_own, correct_own
from shanzhi.kernel.vault.operations.parked import PARKED_BYTES, PARKED_FOR, form_park, form_take_back
from shanzhi.kernel.vault.operations.reencryption import Progress, reencrypt, reencrypt_batch
from shanzhi.kernel.vault.operations.retention import Purged, hold_lift, hold_place, purge
from shanzhi.kernel.vault.operations.sealing import (
    READ_BY_SYSTEM,
    READ_REASONS,
    Keep,
    VaultRead,
    keep,
    read_for_notice,
    reveal,
)
from shanzhi.kernel.vault.operations.signed import fresh_key_id, hold, rotate, rotate_by_signoff

__all__ = [
    "PARKED_BYTES",
    "PARKED_FOR",
    "READ_BY_SYSTEM",
    "READ_REASONS",
    "Keep",
    "Progress",
    "Purged",
    "VaultCopied",
    "VaultCorrected",
    "VaultErased",
    "VaultRead",
    "check_not_on_hold",
    "copy_own",
    "correct_own",
    "erase",
    "form_park",
    "form_take_back",
    "fresh_key_id",
    "hold",
    "hold_lift",
    "hold_place",
    "keep",
    "key_activate",
    "key_add",
    "key_retire",
    "keyring",
    "open_sealed",
    "purge",
    "read_for_notice",
    "reencrypt",
    "reencrypt_batch",
    "reencrypt_begin",
    "reveal",
    "rotate",
    "rotate_by_signoff",
]
