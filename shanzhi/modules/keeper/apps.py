"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class KeeperConfig(AppConfig):
    """What a city keeps up to date by itself: regions."""

    name = "shanzhi.modules.keeper"
    label = "keeper"

    def ready(self) -> None:
        """Offer the page of regions."""
        offer_page(NavEntry("keeper:regions", msg("区划"), 83, feature="keep"))
