"""Django's handle on the slice."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Outbox and notices."""

    name = "shanzhi.kernel.notices"
    label = "notices"
