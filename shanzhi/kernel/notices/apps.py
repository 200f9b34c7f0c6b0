"""Django's handle on the slice."""

from pathlib import Path

from django.apps import AppConfig

from shanzhi.core.text import msg

CATALOGUE = Path(__file__).parent / "catalogue"


class NoticesConfig(AppConfig):
    """Outbox and notices."""

    name = "shanzhi.kernel.notices"
    label = "notices"

    def ready(self) -> None:
        """Listen to sign-offs; register the rule book's section, the keeper's card, and the pages."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.access.policy import on_signoff  # noqa: PLC0415
        from shanzhi.kernel.access.policy.cards import Card, offer_card  # noqa: PLC0415
        from shanzhi.kernel.catalogue.queries import register  # noqa: PLC0415
        from shanzhi.kernel.notices import queries, signoffs  # noqa: PLC0415
        from shanzhi.kernel.notices.policy.templates import parse_notices  # noqa: PLC0415

        register("notices", CATALOGUE / "notices.toml", parse_notices)
        offer_card(
            Card(
                "notices:channels",
                msg("通知渠道"),
                msg("邮件、短信和系统推送：通不通、等多少、失败从何时起；值班邮箱和模板。"),
                70,
                "keep",
                queries.count_failing,
                msg("个渠道发不出去"),
            )
        )
        on_signoff(signoffs.tell)
