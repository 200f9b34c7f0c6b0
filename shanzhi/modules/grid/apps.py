"""Django's handle on the module."""

from pathlib import Path

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.modules.grid.policy import parse_office_phones


class GridConfig(AppConfig):
    """The grid worker's phone page."""

    name = "shanzhi.modules.grid"
    label = "grid"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the page to the navigation and the section of the rule book."""
        offer_page(NavEntry("grid:today", msg("我的网格"), 10, "grid"))
        # Shown to who supervises; whoever finds matters may open it.
        offer_page(NavEntry("grid:overview", msg("巡查情况"), 84, "export"))
        phones = Path(__file__).parent / "catalogue" / "office_phones.toml"
        catalogue.register("office_phones", phones, parse_office_phones)
