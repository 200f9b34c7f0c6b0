"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.indicators.policy.entering import ENTER, READ


class FiguresConfig(AppConfig):
    """Indicators and indices for people."""

    name = "shanzhi.modules.figures"
    label = "figures"

    def ready(self) -> None:
        """Offer the pages to the navigation."""
        offer_page(NavEntry("figures:index", msg("指数"), 60, READ, also=("figures:regions",)))
        offer_page(NavEntry("figures:list", msg("指标"), 61, READ))
        offer_page(NavEntry("figures:entries", msg("填报"), 62, ENTER))
