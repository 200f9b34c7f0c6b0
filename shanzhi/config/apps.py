"""Django's handle on the composition root."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root."""

    name = "shanzhi.config"
    label = "config"
