"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.journal import operations


@app.periodic(cron=daily("03:10"))
@app.task(queueing_lock="journal.make_months", name="journal.make_months")
def make_months(timestamp: int) -> None:
    """Every night: make the journal's partitions ahead."""
    operations.make_months(now=timezone.now())
