"""Django's handle on the slice."""

from django.apps import AppConfig

from shanzhi.kernel.draws.policy.announcement import secret_context
from shanzhi.kernel.vault.policy.sealed import SealedTable, offer_sealed


class DrawsConfig(AppConfig):
    """Draws."""

    name = "shanzhi.kernel.draws"
    label = "draws"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the table of sealed nonces, so that they are sealed anew with the rest."""
        offer_sealed(SealedTable("draws_secret", "draw_id", "bigint", "0", ("draw_id",), secret_context))
