"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.modules.drives.policy.words import READ, TOPIC


class DrivesConfig(AppConfig):
    """Creation drives."""

    name = "shanzhi.modules.drives"
    label = "drives"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the pages to the navigation, register payloads and texts, read events."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.notices.policy import on_event  # noqa: PLC0415
        from shanzhi.modules.drives import payloads, telling  # noqa: F401, PLC0415 - registered as they are read

        offer_page(NavEntry("drives:list", msg("平安创建"), 65, READ, also=("drives:titles",)))
        on_event(TOPIC, telling.of_drives)
