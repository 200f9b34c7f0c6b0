"""Django's handle on the module."""

from django.apps import AppConfig


class SealsConfig(AppConfig):
    """Publishing of the sealed journal."""

    name = "shanzhi.modules.seals"
    label = "seals"
