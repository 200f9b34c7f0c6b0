"""Background work of the slice on a schedule; what goes out is sent by threads of the worker's own."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.notices import operations


@app.periodic(cron=daily("03:50"))
@app.task(queueing_lock="notices.forget", name="notices.forget")
def forget(timestamp: int) -> None:
    """Every night: throw away messages that are long done."""
    operations.deliveries_forget(now=timezone.now())
