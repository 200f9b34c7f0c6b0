"""Background work of the module."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.modules.hotline import operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="hotline.forget", name="hotline.forget")
def forget(timestamp: int) -> None:
    """Every minute: delete rings that nobody opened, drafts of calls that were never ended, and the names of old rings."""
    operations.rings_forget(now=timezone.now())
    operations.calls_forget(now=timezone.now())
