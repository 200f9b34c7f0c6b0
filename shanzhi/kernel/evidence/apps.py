"""Django's handle on the slice."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Evidence and its archive."""

    name = "shanzhi.kernel.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the section of the rule book, and what is written into the journal."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.evidence import payloads, rules, tasks  # noqa: F401, PLC0415
