"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.access import operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.signoff_run_due", name="access.signoff_run_due")
def signoff_run_due(timestamp: int) -> None:
    """Every minute: carry out what two people agreed to, let run out what nobody decided."""
    operations.signoff_run_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.end_what_ended", name="access.end_what_ended")
def end_what_ended(timestamp: int) -> None:
    """Every minute: end tokens and sessions that stood on a holding which has ended."""
    operations.end_what_ended(now=timezone.now())


@app.periodic(cron="30 3 * * *")
@app.task(queueing_lock="access.sessions_forget", name="access.sessions_forget")
def sessions_forget(timestamp: int) -> None:
    """Every night: remove sessions whose time is over."""
    operations.sessions_forget(now=timezone.now())
