"""Django's handle on the module."""

from django.apps import AppConfig


class KeeperConfig(AppConfig):
    """The keeper's pages."""

    name = "shanzhi.modules.keeper"
    label = "keeper"
