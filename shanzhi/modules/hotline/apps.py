"""Django's handle on the module."""

from datetime import datetime

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, NavEntry, offer_page
from shanzhi.kernel.access.policy.cards import Card, offer_card
from shanzhi.kernel.access.policy.unfinished import UnfinishedKind, offer_unfinished
from shanzhi.kernel.matters.policy.citing import offer_citations
from shanzhi.kernel.vault.policy.sealed import SealedTable, offer_sealed
from shanzhi.modules.hotline.policy import DISPATCH, DISPATCH_READ, FEATURE, KNOWLEDGE, KNOWLEDGE_READ


class HotlineConfig(AppConfig):
    """The operator's desk."""

    name = "shanzhi.modules.hotline"
    label = "hotline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the desk, the knowledge items that may be cited, and the table with sealed drafts."""
        # Imported here: they need Django's models.
        from shanzhi.modules.hotline import operations, payloads, queries  # noqa: F401, PLC0415

        def release(post_id: int, actor: Actor, now: datetime) -> int:
            return operations.calls_release(post_id=post_id, actor=actor, now=now)

        offer_page(NavEntry("hotline:desk", msg("接线台"), 9, feature=FEATURE))
        offer_page(NavEntry("hotline:knowledge", msg("知识库"), 10, feature=KNOWLEDGE_READ))
        offer_page(NavEntry("hotline:dispatch", msg("派单目录"), 11, feature=DISPATCH_READ))
        # Other roles read them too, so they stay in the navigation; a keeper finds them among all that is kept.
        offer_card(
            Card(
                "hotline:knowledge",
                msg("知识库"),
                msg("政策和答复口径：编写、审核、到期复核。"),
                70,
                KNOWLEDGE,
            )
        )
        offer_card(
            Card("hotline:dispatch", msg("派单目录"), msg("哪类事、在哪里、派给谁：改草稿，定日期生效。"), 55, DISPATCH)
        )
        offer_unfinished(UnfinishedKind(queries.CALLS, queries.left_calls, release, msg("结束这些来电，删除草稿")))
        offer_citations(queries.may_be_cited)
        offer_sealed(SealedTable("hotline_call", "id", "bigint", "0", ("ref",), lambda ref: ref.bytes))
