"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page


class TriageConfig(AppConfig):
    """The triage desk."""

    name = "shanzhi.modules.triage"
    label = "triage"

    def ready(self) -> None:
        """Offer the desk for the navigation."""
        offer_page(NavEntry("triage:desk", msg("受理派单"), 10, feature="triage"))
