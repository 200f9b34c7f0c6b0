"""Django's handle on the module."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Imports."""

    name = "shanzhi.modules.imports"
    label = "imports"
