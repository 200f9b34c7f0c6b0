"""Secrets of the second step are sealed in the database: AES-256-GCM under a key that config hands over.

The vault's key ring stands a storey above and turns with time; these secrets must open at every sign-in, so they have a
key of their own, derived from the installation's secrets (`settings.MFA_SEAL_KEYS`: the first seals, each may open).
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_FORM = "s1."
_NONCE = 12
_MEANT_FOR = b"shanzhi.access.mfa"


class Unsealable(Exception):
    """A stored secret doesn't open: another installation's, or changed. The person has to enrol again."""


def seal(text: str) -> str:
    """A secret as it is stored."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(settings.MFA_SEAL_KEYS[0]).encrypt(nonce, text.encode(), _MEANT_FOR)
    return _FORM + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(stored: str) -> str:
    """The secret again.

    Raises:
        Unsealable: no key opens it; one that was stored unsealed isn't taken either.
    """
    try:
        raw = base64.b64decode(stored.removeprefix(_FORM), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unsealable from error
    if stored.startswith(_FORM):
        for key in settings.MFA_SEAL_KEYS:
            try:
                return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], _MEANT_FOR).decode()
            except (InvalidTag, ValueError):
                continue
    raise Unsealable
