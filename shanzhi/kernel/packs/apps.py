"""Django's handle on the slice."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Letters and packs."""

    name = "shanzhi.kernel.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer what takes two people, and read letters that come in."""
        # Imported here: it needs Django's models.
        from shanzhi.kernel.packs import offers  # noqa: PLC0415

        offers.offer()
