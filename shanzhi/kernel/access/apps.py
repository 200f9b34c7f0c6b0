"""Django's handle on the slice."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access import payloads


class AccessConfig(AppConfig):
    """Access."""

    # Named here so that every process knows the payloads that it may read in the journal.
    payloads = payloads

    name = "shanzhi.kernel.access"
    label = "access"

    def ready(self) -> None:
        """Offer the rule-book section of roles; hear of ended holdings and of sign-ins."""
        # Imported here: the registry is filled once Django's apps are ready.
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from shanzhi.kernel.access import payloads, roles  # noqa: F401, PLC0415
        from shanzhi.kernel.access.operations.upkeep import after_holding  # noqa: PLC0415
        from shanzhi.kernel.access.policy import NavEntry, offer_page  # noqa: PLC0415
        from shanzhi.kernel.access.policy.pages import SIGNOFFS  # noqa: PLC0415
        from shanzhi.kernel.access.policy.unfinished import UnfinishedKind, offer_unfinished  # noqa: PLC0415
        from shanzhi.kernel.access.queries.unfinished import KIND, signoffs_of_posts  # noqa: PLC0415
        from shanzhi.kernel.access.web.signed_in import note_browser  # noqa: PLC0415
        from shanzhi.kernel.organisation.policy import on_holding_ended  # noqa: PLC0415

        offer_page(NavEntry("access:signoffs", msg("双人复核"), 85, feature=SIGNOFFS))
        offer_page(NavEntry("access:tokens", msg("接口令牌"), 86, feature="tokens"))
        offer_page(NavEntry("access:staff_sessions", msg("收回会话"), 87, feature="sessions"))
        offer_page(NavEntry("access:audit", msg("审计"), 88, feature="audit"))
        on_holding_ended(after_holding)
        offer_unfinished(UnfinishedKind(KIND, signoffs_of_posts))
        user_logged_in.connect(note_browser, dispatch_uid="access.note_browser")
