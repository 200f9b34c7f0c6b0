"""What this slice offers to those below it: a fact, what a matter's history says of it, readers of events, an import."""

from shanzhi.core.importing import offer_subject
from shanzhi.core.text import msg
from shanzhi.kernel.indicators import payloads, rules, tasks, telling, telling_reports  # noqa: F401 - registered as they are read
from shanzhi.kernel.indicators.operations import EXCLUSION_TOPIC, FIGURE_TOPIC, PERMIT_TOPIC
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.indicators.subjects import VALUES
from shanzhi.kernel.matters.policy.entries import offer_entry
from shanzhi.kernel.notices.policy import on_event


def offer() -> None:
    """Fill the registries; once, when Django's apps are ready."""
    excluded.offer()
    offer_entry(excluded.EXCLUDE, msg("在一项指标里剔除"))
    offer_entry(excluded.INCLUDE, msg("取消在一项指标里的剔除"))
    on_event(FIGURE_TOPIC, tasks.figures_due)
    on_event(EXCLUSION_TOPIC, tasks.exclusions_due)
    on_event(PERMIT_TOPIC, telling.of_permits)
    on_event(EXCLUSION_TOPIC, telling.of_exclusions)
    offer_subject(VALUES)
