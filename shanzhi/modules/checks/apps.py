"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class ChecksConfig(AppConfig):
    """The checker's desk."""

    name = "shanzhi.modules.checks"
    label = "checks"

    def ready(self) -> None:
        """Offer the page to the navigation."""
        offer_page(NavEntry("checks:desk", msg("核查"), 30, "checks"))
