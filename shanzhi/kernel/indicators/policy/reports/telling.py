"""When it is told that a report is there: a week's on Monday, a month's and a quarter's on the 2nd, from seven o'clock on."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.indicators.policy.reports.period import Period, Span

FROM = time(7)
"""Not earlier in the city's day: figures of the night are there, the first digest is yet to go out."""
AFTER = {Span.WEEK: timedelta(days=1), Span.MONTH: timedelta(days=2), Span.QUARTER: timedelta(days=2)}
"""How long after a period's last day."""
LATE = timedelta(days=6)
"""How many days later it is still told, where the background stood still; well within what mailboxes remember."""


def reports_told(now: datetime) -> Iterator[Period]:
    """The past week, month and quarter, each if it is told of at this moment or was to be told within the last six days."""
    local = now.astimezone(CITY_ZONE)
    if local.time() < FROM:
        return
    for span, after in AFTER.items():
        period = Period.of(span, local.date()).before
        if timedelta(0) <= local.date() - (period.last + after) <= LATE:
            yield period
