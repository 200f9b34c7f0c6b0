"""The Django application of the interface kit."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Design tokens, components and base templates; owns no tables."""

    name = "shanzhi.ui"
    label = "ui"
