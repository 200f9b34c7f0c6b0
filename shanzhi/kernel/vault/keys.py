"""The city's key ring, loaded once a process from the installation's secrets."""

from functools import cache

from django.conf import settings

from shanzhi.kernel.vault.policy.envelope import KeyRing


@cache
def keyring() -> KeyRing:
    """The key ring of this installation."""
    return KeyRing.load(settings.INSTALLATION.secrets.keyring)
