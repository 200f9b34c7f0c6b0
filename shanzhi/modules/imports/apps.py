"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, offer_page
from shanzhi.kernel.access.policy.cards import Card, offer_card
from shanzhi.kernel.organisation.policy import on_holding_ended
from shanzhi.kernel.vault.policy.sealed import SealedTable, offer_sealed
from shanzhi.modules.imports.policy import FEATURE


class ImportsConfig(AppConfig):
    """Imports."""

    name = "shanzhi.modules.imports"
    label = "imports"

    def ready(self) -> None:
        """Register what the journal says and what can be imported; offer the page; hear of ended holdings."""
        # Imported here: the reader needs Django's models.
        from shanzhi.modules.imports import payloads, reading, regions, running, sealing  # noqa: F401, PLC0415

        offer_page(NavEntry("imports:list", msg("导入"), 84, feature=FEATURE))
        offer_card(
            Card("imports:list", msg("导入"), msg("从表格导入事项、区划、单位、岗位、场所和分类。"), 80, FEATURE)
        )
        offer_sealed(
            SealedTable("imports_piece", "id", "bigint", "0", ("upload_id", "part", "number"), sealing.context_of)
        )
        on_holding_ended(running.after_holding)
