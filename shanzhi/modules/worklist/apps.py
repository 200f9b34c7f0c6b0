"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class WorklistConfig(AppConfig):
    """The unit's worklist."""

    name = "shanzhi.modules.worklist"
    label = "worklist"

    def ready(self) -> None:
        """Offer the page to the navigation."""
        offer_page(NavEntry("worklist:list", msg("待办"), 20, "worklist"))
