"""Background work of the slice: figures are computed, units are told what concerns them."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.indicators import operations, telling, telling_reports
from shanzhi.kernel.indicators.models import Exclusion
from shanzhi.kernel.indicators.operations import AlreadyComputing, due
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.policy import Happened

SOON = "indicators.compute_due"


@app.periodic(cron="* * * * *")
@app.task(queueing_lock=SOON, name=SOON)
def compute_due(timestamp: int) -> None:
    """Every minute: compute what was decided, typed in or corrected."""
    operations.compute_due(now=timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="indicators.compute_current", name="indicators.compute_current")
def compute_current(timestamp: int) -> None:
    """Every hour: the running month."""
    try:
        due.compute_current(now=timezone.now())
    except AlreadyComputing:
        return


@app.periodic(cron=daily("03:20"))
@app.task(queueing_lock="indicators.compute_night", name="indicators.compute_night")
def compute_night(timestamp: int) -> None:
    """At night: past months that aren't cut, and those that late events have changed; what is restated under other trees."""
    operations.compute_night(now=timezone.now())
    operations.figures_restate(now=timezone.now())
    operations.submissions_forget(now=timezone.now())


@app.periodic(cron=daily("08:30"))
@app.task(queueing_lock="indicators.remind", name="indicators.remind")
def remind(timestamp: int) -> None:
    """Each morning: units that owe a figure whose time is nearly over, or is, are told once each."""
    telling.remind(now=timezone.now())


@app.periodic(cron="10 * * * *")
@app.task(queueing_lock="indicators.reports_tell", name="indicators.reports_tell")
def reports_tell(timestamp: int) -> None:
    """Every hour: from seven in the morning of the city's day on, whoever supervises hears of the reports that are there."""
    telling_reports.reports_tell(now=timezone.now())


def figures_due(events: Sequence[Happened], now: datetime) -> None:
    """Typed-in values are added up."""
    for event in events:
        reason = "correction" if int(event.body["number"]) > 1 else "late"
        operations.due_add(key=event.body["key"], month=int(event.body["first"]), reason=reason, about=0, now=now)
    notices.job_soon(SOON)


def exclusions_due(events: Sequence[Happened], now: datetime) -> None:
    """Months of which something was left out, or counts again, are computed anew."""
    for event in events:
        body = event.body
        if body["state"] not in ("granted", "declined"):
            continue
        revised = Exclusion.objects.filter(pk=body["exclusion"], revised_at__isnull=False).exists()
        reason = "exclusion" if body["state"] == "granted" else "included" if revised else ""
        if reason:
            operations.due_add(
                key=body["key"], month=int(body["month"]), reason=reason, about=int(body["exclusion"]), now=now
            )
    notices.job_soon(SOON)
