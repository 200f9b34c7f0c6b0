"""Django's handle on the slice."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The rule book."""

    name = "shanzhi.kernel.catalogue"
    label = "catalogue"
