"""Django's handle on the slice."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """The vault."""

    name = "shanzhi.kernel.vault"
    label = "vault"
