"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.rounds.policy.words import READ, UPPER


class AssessmentConfig(AppConfig):
    """Assessments for people."""

    name = "shanzhi.modules.assessment"
    label = "assessment"

    def ready(self) -> None:
        """Offer the pages to the navigation."""
        offer_page(NavEntry("assessment:rounds", msg("验收"), 63, READ, unless=UPPER))
        offer_page(NavEntry("assessment:upper", msg("组织验收"), 63, UPPER))
        offer_page(NavEntry("assessment:upper_visits", msg("现场核查"), 64, UPPER))
