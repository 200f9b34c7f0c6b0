"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class KeeperConfig(AppConfig):
    """The keeper's desk."""

    name = "shanzhi.modules.keeper"
    label = "keeper"

    def ready(self) -> None:
        """Offer the pages for processes, categories and calendars."""
        offer_page(NavEntry("keeper:processes", msg("流程"), 70, feature="keep"))
        offer_page(NavEntry("keeper:categories", msg("分类"), 71, feature="keep"))
        offer_page(NavEntry("keeper:calendar", msg("工作日历"), 72, feature="keep"))
