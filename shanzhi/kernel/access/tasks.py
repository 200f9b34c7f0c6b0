"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.access import attempts


@app.periodic(cron="40 3 * * *")
@app.task(queueing_lock="access.attempts_forget", name="access.attempts_forget")
def attempts_forget(timestamp: int) -> None:
    """Every night: forget tries to sign in that are older than thirty days."""
    attempts.attempts_forget(now=timezone.now())
