"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.access import attempts, operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.signoff_run_due", name="access.signoff_run_due")
def signoff_run_due(timestamp: int) -> None:
    """Every minute: carry out what two people agreed to, let run out what nobody decided."""
    operations.signoff_run_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.end_what_ended", name="access.end_what_ended")
def end_what_ended(timestamp: int) -> None:
    """Every minute: end tokens, sessions and undecided requests that stood on a holding which has ended."""
    operations.end_what_ended(now=timezone.now())
    operations.signoffs_withdraw_left(now=timezone.now())


@app.periodic(cron=daily("03:30"))
@app.task(queueing_lock="access.sessions_forget", name="access.sessions_forget")
def sessions_forget(timestamp: int) -> None:
    """Every night: remove sessions whose time is over."""
    operations.sessions_forget(now=timezone.now())


@app.periodic(cron=daily("03:40"))
@app.task(queueing_lock="access.attempts_forget", name="access.attempts_forget")
def attempts_forget(timestamp: int) -> None:
    """Every night: forget tries to sign in that are older than thirty days."""
    attempts.attempts_forget(now=timezone.now())
