"""Background work of the module."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.modules.hotline import operations


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="hotline.forget", name="hotline.forget")
def forget(timestamp: int) -> None:
    """Every ten minutes: delete drafts of calls that were never ended, and the names of old rings."""
    operations.rings_forget(now=timezone.now())
    operations.calls_forget(now=timezone.now())
