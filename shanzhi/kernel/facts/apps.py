"""Django's handle on the slice."""

from django.apps import AppConfig


class FactsConfig(AppConfig):
    """The read model without persons."""

    name = "shanzhi.kernel.facts"
    label = "facts"
