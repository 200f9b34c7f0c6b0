"""Django's handle on the slice."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    """Indicators and indices."""

    name = "shanzhi.kernel.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the section of the rule book, and what the values offer."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.indicators import offers  # noqa: PLC0415
        from shanzhi.kernel.indicators.queries import book  # noqa: PLC0415

        book.register()
        offers.offer()
