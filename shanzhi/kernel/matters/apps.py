"""Django's handle on the slice."""

from django.apps import AppConfig


class MattersConfig(AppConfig):
    """The closed loop."""

    name = "shanzhi.kernel.matters"
    label = "matters"

    def ready(self) -> None:
        """Offer rule-book sections, notice texts and event readers."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.matters import rulebook, tasks  # noqa: F401, PLC0415
