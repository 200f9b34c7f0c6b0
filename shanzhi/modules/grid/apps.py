"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class GridConfig(AppConfig):
    """The grid worker's phone page."""

    name = "shanzhi.modules.grid"
    label = "grid"

    def ready(self) -> None:
        """Offer the page to the navigation."""
        offer_page(NavEntry("grid:today", msg("我的网格"), 10, "grid"))
