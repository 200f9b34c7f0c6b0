"""The vault's operations: one file a matter of its own."""

from shanzhi.kernel.vault.keys import keyring
from shanzhi.kernel.vault.operations.erasing import VaultErased, check_not_on_hold, erase
from shanzhi.kernel.vault.operations.own import VaultCopied, VaultCorrected, copy_own, correct_own
from shanzhi.kernel.vault.operations.parked import PARKED_BYTES, PARKED_FOR, form_park, form_take_back
from shanzhi.kernel.vault.operations.sealing import READ_REASONS, Keep, VaultRead, keep, reveal

__all__ = [
    "PARKED_BYTES",
    "PARKED_FOR",
    "READ_REASONS",
    "Keep",
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
    "keep",
    "keyring",
    "reveal",
]
