"""Background work of the module."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.modules.exports import operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="exports.write", name="exports.write")
def write(timestamp: int) -> None:
    """Every minute: write the files that two people agreed to."""
    operations.exports_write(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="exports.expire", name="exports.expire")
def expire(timestamp: int) -> None:
    """Every ten minutes: remove files that are over their time, or whose asker has left."""
    operations.exports_expire(now=timezone.now())
