"""Django's handle on the slice."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The journal."""

    name = "shanzhi.kernel.journal"
    label = "journal"
