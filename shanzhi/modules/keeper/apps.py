"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.modules.keeper.policy import FEATURE


class KeeperConfig(AppConfig):
    """What a city keeps up to date by itself."""

    name = "shanzhi.modules.keeper"
    label = "keeper"

    def ready(self) -> None:
        """Offer the start page, its cards and what takes two people."""
        # Imported here: it needs Django's models.
        from shanzhi.modules.keeper.offers import offer_cards, offer_offices  # noqa: PLC0415

        offer_page(NavEntry("keeper:home", msg("管理"), 70, feature=FEATURE))
        offer_cards()
        offer_offices()
