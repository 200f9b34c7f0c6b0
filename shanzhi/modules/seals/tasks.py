"""Background work of the module."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.modules.seals import operations


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="seals.deliver", name="seals.deliver")
def deliver(timestamp: int) -> None:
    """Every five minutes: send the heads that are due to those who keep them."""
    operations.heads_deliver(now=timezone.now())
