"""Django's handle on the slice."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Letters and packs."""

    name = "shanzhi.kernel.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"
