"""Django's handle on the slice."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Outbox and notices."""

    name = "shanzhi.kernel.notices"
    label = "notices"

    def ready(self) -> None:
        """Listen to sign-offs."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.access.policy import on_signoff  # noqa: PLC0415
        from shanzhi.kernel.notices import signoffs  # noqa: PLC0415

        on_signoff(signoffs.tell)
