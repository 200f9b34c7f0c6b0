"""Django's handle on the module."""

from django.apps import AppConfig


class DrawnConfig(AppConfig):
    """Draws for everybody."""

    name = "shanzhi.modules.drawn"
    label = "drawn"
