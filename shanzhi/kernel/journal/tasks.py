"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.journal import operations


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="journal.make_months", name="journal.make_months")
def make_months(timestamp: int) -> None:
    """Every night: make the journal's partitions ahead."""
    operations.make_months(now=timezone.now())
