"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class KeeperConfig(AppConfig):
    """What a city keeps up to date by itself."""

    name = "shanzhi.modules.keeper"
    label = "keeper"

    def ready(self) -> None:
        """Offer the pages to the navigation."""
        offer_page(NavEntry("keeper:processes", msg("流程"), 70, "keep"))
        offer_page(NavEntry("keeper:categories", msg("分类"), 71, "keep"))
        offer_page(NavEntry("keeper:calendar", msg("工作日历"), 72, "keep"))
        offer_page(NavEntry("keeper:regions", msg("区划"), 83, "keep"))
        offer_page(NavEntry("keeper:places", msg("场所"), 86, "keep"))
