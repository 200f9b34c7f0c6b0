"""Django's handle on the slice."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """Rounds of an assessment."""

    name = "shanzhi.kernel.rounds"
    label = "rounds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer what the slice offers to those below it."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.rounds import offers  # noqa: PLC0415

        offers.offer()
