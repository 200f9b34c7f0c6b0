"""Django's handle on the module."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Imports."""

    name = "shanzhi.modules.imports"
    label = "imports"

    def ready(self) -> None:
        """Register what the journal says, and what can be imported."""
        # Imported here: the reader needs Django's models.
        from shanzhi.modules.imports import payloads, places, reading, regions  # noqa: F401, PLC0415
