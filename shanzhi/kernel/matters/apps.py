"""Django's handle on the slice."""

from django.apps import AppConfig

from shanzhi.core import importing
from shanzhi.core.text import msg


class MattersConfig(AppConfig):
    """The closed loop."""

    name = "shanzhi.kernel.matters"
    label = "matters"

    def ready(self) -> None:
        """Offer rule-book sections, notice texts, event readers, the page for finding matters, and answers to the vault."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.access.policy import NavEntry, offer_page  # noqa: PLC0415
        from shanzhi.kernel.matters import rulebook, tasks  # noqa: F401, PLC0415
        from shanzhi.kernel.matters.operations.retention import SUBJECT  # noqa: PLC0415
        from shanzhi.kernel.matters.operations.succeeding import before_unit_closes  # noqa: PLC0415
        from shanzhi.kernel.matters.queries.placed import open_at_place  # noqa: PLC0415
        from shanzhi.kernel.matters.queries.redraws import open_matters_of  # noqa: PLC0415
        from shanzhi.kernel.matters.subjects import CATEGORIES_SUBJECT  # noqa: PLC0415
        from shanzhi.kernel.organisation.policy.offices import on_unit_closing  # noqa: PLC0415
        from shanzhi.kernel.organisation.policy.places import on_place_used  # noqa: PLC0415
        from shanzhi.kernel.organisation.policy.plan import Redraw, count_left_open  # noqa: PLC0415
        from shanzhi.kernel.vault.policy.subjects import offer_subject  # noqa: PLC0415

        offer_page(NavEntry("matters:list", msg("查找事项"), 80, feature="find"))
        offer_page(NavEntry("matters:taken", msg("导出的清单"), 96, feature="audit"))
        offer_subject(SUBJECT)
        on_place_used(open_at_place)

        def left_open(drawn: Redraw) -> int:
            closed = {pair.old_id: pair.old_code for pair in drawn.pairs if pair.old_id in drawn.abolished}
            return sum(open_matters_of(closed).values())

        count_left_open(left_open)
        on_unit_closing(before_unit_closes)
        importing.offer_subject(CATEGORIES_SUBJECT)
