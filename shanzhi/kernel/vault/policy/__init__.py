"""The vault's rules: what is personal in a text and how it is masked, phone numbers, sealed envelopes. No Django."""

from shanzhi.kernel.vault.policy.envelope import (
    BadKeyRing,
    KeyRing,
    Tampered,
    UnknownEnvelope,
    UnknownKey,
    VaultError,
    commit,
    new_keyring_text,
    new_salt,
)
from shanzhi.kernel.vault.policy.masking import Kind, Masked, Span, is_id_card, mask, mask_name, mask_phone
from shanzhi.kernel.vault.policy.phones import InvalidPhone, normalise_phone

__all__ = [
    "BadKeyRing",
    "InvalidPhone",
    "KeyRing",
    "Kind",
    "Masked",
    "Span",
    "Tampered",
    "UnknownEnvelope",
    "UnknownKey",
    "VaultError",
    "commit",
    "is_id_card",
    "mask",
    "mask_name",
    "mask_phone",
    "new_keyring_text",
    "new_salt",
    "normalise_phone",
]
