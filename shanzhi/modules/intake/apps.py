"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg


class IntakeConfig(AppConfig):
    """The resident's doors."""

    name = "shanzhi.modules.intake"
    label = "intake"

    def ready(self) -> None:
        """Offer the residents' pages for the navigation, and read events for the public list."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.access.policy import NavEntry, offer_page  # noqa: PLC0415
        from shanzhi.modules.intake import tasks  # noqa: F401, PLC0415

        offer_page(NavEntry("intake:report", msg("反映问题"), 10, public_only=True))
        offer_page(NavEntry("intake:follow", msg("查进度"), 20, public_only=True))
        offer_page(NavEntry("intake:public", msg("公开事项"), 900))
