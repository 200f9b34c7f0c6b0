"""Telling posts that supervise a county or more that the report of their region's week, month or quarter is there."""

from collections.abc import Iterator
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.indicators.policy.entering import READ
from shanzhi.kernel.indicators.policy.reports import Period
from shanzhi.kernel.indicators.policy.reports.telling import reports_told
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import offer_places, register_text
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level

TEXTS = {
    "indicators.report_week": msg("周报已出：%(region)s %(period)s"),
    "indicators.report_month": msg("月报已出：%(region)s %(period)s"),
    "indicators.report_quarter": msg("季报已出：%(region)s %(period)s"),
}
"""Notice texts, by how long the period is; each leads to the paper itself."""
FEATURES = frozenset({"oversight", READ})
"""What a role may that is told: supervise, and read figures."""
LEVELS = frozenset({Level.PROVINCE, Level.CITY, Level.COUNTY})

for code, text in TEXTS.items():
    register_text(code, text)
offer_places("unit", "indicators.report_", {"region": "张店区", "period": "2026-W47"})


def reports_tell(*, now: datetime) -> int:
    """Tell of the reports whose time has come, each unit's posts of a role once for each region and period, however often
    this runs. Returns how many lines were asked for. Worker's role."""
    lines = [line for period in reports_told(now) for line in _lines(period, now)]
    notices.notices_write(lines, now=now)
    return len(lines)


def _lines(period: Period, now: datetime) -> Iterator[NewNotice]:
    told = [role.code for role in roles().values() if role.may >= FEATURES]
    seen: set[tuple[int, str, int]] = set()
    for card in organisation.posts_of_roles(told, local_date(now)):
        # A region that wasn't there yet has no report of that period.
        region = organisation.region_by_id(card.region_id, period.last)
        whose = (card.unit_id, card.role, card.region_id)
        if region is None or region.level not in LEVELS or whose in seen:
            continue
        seen.add(whose)
        facts = {"region": region.name, "period": period.key}
        params = {**facts, "report": region.id}
        # Which period it is stands in the kind of subject, so that each is told of once.
        about, step = f"report:{period.key}", f"indicators.report_{period.span.value}"
        yield NewNotice(card.unit_id, card.role, about, region.id, 1, step, params, facts=facts)
