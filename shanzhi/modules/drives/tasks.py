"""Background work of drives: titles end by themselves, holders are told before."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.modules.drives.operations.expiring import holders_remind, titles_expire


@app.periodic(cron=daily("03:40"))
@app.task(queueing_lock="drives.expire", name="drives.expire")
def expire(timestamp: int) -> None:
    """Each night: titles whose last day is over end, holders of those that end soon are told."""
    now = timezone.now()
    titles_expire(now=now)
    holders_remind(now=now)
