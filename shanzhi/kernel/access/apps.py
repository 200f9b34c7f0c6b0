"""Django's handle on the slice."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Access."""

    name = "shanzhi.kernel.access"
    label = "access"

    def ready(self) -> None:
        """Offer the rule-book section of roles."""
        # Imported here: the registry is filled once Django's apps are ready.
        from shanzhi.kernel.access import payloads, roles  # noqa: F401, PLC0415
