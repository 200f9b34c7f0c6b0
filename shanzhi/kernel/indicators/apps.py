"""Django's handle on the slice."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    """Indicators and indices."""

    name = "shanzhi.kernel.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"
