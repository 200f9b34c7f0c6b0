"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.evidence.policy.objects import READ


class ArchiveConfig(AppConfig):
    """The archive of evidence."""

    name = "shanzhi.modules.archive"
    label = "archive"

    def ready(self) -> None:
        """Offer the pages to the navigation."""
        offer_page(NavEntry("archive:list", msg("档案"), 64, READ, also=("archive:completeness", "archive:new")))
