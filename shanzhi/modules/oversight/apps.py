"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class OversightConfig(AppConfig):
    """The supervisor's pages."""

    name = "shanzhi.modules.oversight"
    label = "oversight"

    def ready(self) -> None:
        """Offer the page to the navigation."""
        offer_page(NavEntry("oversight:start", msg("督办"), 15, "oversight"))
