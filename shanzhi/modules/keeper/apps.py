"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class KeeperConfig(AppConfig):
    """The keeper's pages."""

    name = "shanzhi.modules.keeper"
    label = "keeper"

    def ready(self) -> None:
        """Offer the pages to the navigation."""
        offer_page(NavEntry("keeper:places", msg("场所"), 86, "keep"))
