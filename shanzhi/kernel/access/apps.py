"""Django's handle on the slice."""

from django.apps import AppConfig

from shanzhi.kernel.access import payloads


class AccessConfig(AppConfig):
    """Access."""

    # Named here so that every process knows the payloads that it may read in the journal.
    payloads = payloads

    name = "shanzhi.kernel.access"
    label = "access"

    def ready(self) -> None:
        """Offer the rule-book section of roles."""
        # Imported here: the registry is filled once Django's apps are ready.
        from shanzhi.kernel.access import roles  # noqa: F401, PLC0415
