"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.packs.policy import FEATURE


class LettersConfig(AppConfig):
    """The post that carries letters."""

    name = "shanzhi.modules.letters"
    label = "letters"

    def ready(self) -> None:
        """Offer the page."""
        offer_page(NavEntry("letters:list", msg("函件"), 84, feature=FEATURE))
